namespace KrakenDb.Simulator;

/// <summary>What one connection has subscribed: the requests in, the markets' events out, merged by time.</summary>
internal sealed class ReplaySubscriptions(ReplayMarkets markets, FeedWriter writer, FeedAnswers answers) : IAsyncDisposable
{
    private readonly Dictionary<string, ReplayFeed> _feeds = new(StringComparer.Ordinal);
    private readonly PriorityQueue<ReplayFeed, long> _events = new();
    private bool _hasInstruments;

    /// <summary>When something is to be sent next; nanoseconds since 1970, the largest number where nothing is.</summary>
    public long NextTime => _events.TryPeek(out _, out var time) ? time : long.MaxValue;

    /// <summary>Something was subscribed once: heartbeats begin.</summary>
    public bool HadAny { get; private set; }

    public async ValueTask DisposeAsync()
    {
        foreach (var feed in _feeds.Values)
            await feed.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Writes what happened up to a time; false when it stopped before because enough is written.</summary>
    public async ValueTask<bool> AdvanceAsync(long now, Func<bool> isEnough, CancellationToken cancellationToken)
    {
        while (_events.TryPeek(out var feed, out var time) && time <= now)
        {
            await feed.StepAsync(cancellationToken).ConfigureAwait(false);
            _events.DequeueEnqueue(feed, feed.NextTime);
            if (isEnough())
                return false;
        }

        return true;
    }

    public async Task SubscribeAsync(FeedRequest request, long now, CancellationToken cancellationToken)
    {
        if (FeedSubscriptions.WrongParameter(request) is { } error)
        {
            answers.Failure(request, error, symbol: null, now);
            return;
        }

        if (request.Channel != "instrument")
        {
            foreach (var symbol in request.Symbols)
                await SubscribeAsync(request, symbol, now, cancellationToken).ConfigureAwait(false);
            return;
        }

        HadAny = _hasInstruments = true;
        answers.Success(request, symbol: null, snapshot: request.Snapshot ?? true, now);
        writer.Begin();
        InstrumentText.Snapshot(writer.Buffer, markets.Pairs, "online");
        writer.End();
    }

    public async Task UnsubscribeAsync(FeedRequest request, long now)
    {
        if (FeedSubscriptions.WrongParameter(request) is { } error)
        {
            answers.Failure(request, error, symbol: null, now);
            return;
        }

        if (request.Channel == "instrument")
        {
            if (_hasInstruments)
                answers.Success(request, symbol: null, snapshot: false, now);
            else
                answers.Failure(request, "Subscription Not Found", symbol: null, now);
            _hasInstruments = false;
            return;
        }

        foreach (var symbol in request.Symbols)
        {
            if (!_feeds.TryGetValue(symbol, out var feed) || !feed.IsSubscribed(request))
            {
                answers.Failure(request, "Subscription Not Found", symbol, now);
                continue;
            }

            await feed.StopAsync(request).ConfigureAwait(false);
            if (!feed.HasSubscription)
            {
                _feeds.Remove(symbol);
                await feed.DisposeAsync().ConfigureAwait(false);
            }

            Reorder();
            answers.Success(request, symbol, snapshot: false, now);
        }
    }

    private async Task SubscribeAsync(FeedRequest request, string symbol, long now, CancellationToken cancellationToken)
    {
        if (!symbol.Contains('/', StringComparison.Ordinal))
        {
            answers.Failure(request, $"Currency pair not in ISO 4217-A3 format {symbol}", symbol, now);
            return;
        }

        if (markets.Find(symbol) is not { } market)
        {
            answers.Failure(request, $"Currency pair not supported {symbol}", symbol, now);
            return;
        }

        if (NotRecorded(market, request) is { } error)
        {
            answers.Failure(request, error, symbol, now);
            return;
        }

        if (!_feeds.TryGetValue(symbol, out var feed))
            _feeds.Add(symbol, feed = new ReplayFeed(market, writer));
        if (feed.IsSubscribed(request))
        {
            answers.Failure(request, "Already subscribed", symbol, now);
            return;
        }

        HadAny = true;
        answers.Success(request, symbol, request.Snapshot ?? request.Channel != "trade", now);
        await feed.StartAsync(request, now, cancellationToken).ConfigureAwait(false);
        Reorder();
    }

    private static string? NotRecorded(ReplayMarket market, FeedRequest request) => request.Channel switch
    {
        "book" or "ticker" when market.BookDepths.Count == 0 => $"Subscription {request.Channel} not supported: no order book of {market.Symbol} is recorded",
        "book" when market.BookDepths[^1] < request.Depth => $"Subscription depth not supported: the order book of {market.Symbol} is recorded to {market.BookDepths[^1]}",
        _ => null,
    };

    private void Reorder()
    {
        _events.Clear();
        foreach (var feed in _feeds.Values)
            _events.Enqueue(feed, feed.NextTime);
    }
}
