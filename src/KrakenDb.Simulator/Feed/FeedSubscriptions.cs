namespace KrakenDb.Simulator;

/// <summary>What one connection has subscribed: the requests in, the markets' events out, merged by time.</summary>
internal sealed class FeedSubscriptions : IDisposable
{
    private const int SlowSeconds = 3;

    private static readonly int[] Depths = [10, 25, 100, 500, 1000];

    private readonly ExchangeFeed _exchange;
    private readonly FeedWriter _writer;
    private readonly FeedAnswers _answers;
    private readonly FeedRecord _record;
    private readonly Action<FeedFault, string?, IdRange?> _strike;
    private readonly Dictionary<string, MarketFeed> _feeds = new(StringComparer.Ordinal);
    private readonly PriorityQueue<MarketFeed, long> _events = new();
    private readonly List<(long Due, Action<long> Start)> _starts = [];
    private string? _instrumentStatus;
    private int _instrumentPairs;
    private bool _isChanged;
    private long _position;

    public FeedSubscriptions(ExchangeFeed exchange, FeedWriter writer, FeedAnswers answers, FeedRecord record, Action<FeedFault, string?, IdRange?> strike, long now)
    {
        (_exchange, _writer, _answers, _record, _strike, _position) = (exchange, writer, answers, record, strike, now);
    }

    public bool HasAny => _feeds.Count > 0 || _instrumentStatus is not null || _starts.Count > 0;

    /// <summary>Something was subscribed once: heartbeats begin.</summary>
    public bool HadAny { get; private set; }

    public void Dispose()
    {
        foreach (var feed in _feeds.Values)
            feed.Dispose();
    }

    /// <summary>Writes what happened up to a time; false when it stopped before because enough is written.</summary>
    public bool Advance(long now, Func<bool> isEnough)
    {
        if (now < _position)
            return true;

        foreach (var feed in _feeds.Values)
        {
            var before = feed.NextTime;
            feed.Seek(_position);
            _isChanged |= feed.NextTime != before;
        }

        if (_isChanged)
            Reorder();
        while (_events.TryPeek(out var feed, out var time) && time <= now)
        {
            feed.Step(now);
            _events.DequeueEnqueue(feed, feed.NextTime);
            if (isEnough())
            {
                // Up to the event, not up to the clock: what is published anew between belongs to neither.
                return false;
            }
        }

        _position = now;
        return true;
    }

    /// <summary>What happens up to a time is not sent: there is maintenance.</summary>
    public void Pass(long now)
    {
        foreach (var feed in _feeds.Values)
            feed.Pass(now);
        _isChanged = true;
        _position = Math.Max(_position, now);
    }

    /// <summary>Begins what was asked before.</summary>
    public void Begin(long now)
    {
        var clientTime = _exchange.ClientTime();
        for (var i = 0; i < _starts.Count; i++)
        {
            if (_starts[i].Due > clientTime)
                continue;
            var start = _starts[i].Start;
            _starts.RemoveAt(i--);
            start(now);
        }

        TellInstruments();
    }

    public void Subscribe(FeedRequest request, long now)
    {
        if (_exchange.Status == "maintenance")
        {
            foreach (var symbol in request.Symbols.DefaultIfEmpty())
                _answers.Failure(request, "EService:Unavailable", symbol, now);
            return;
        }

        if (WrongParameter(request) is { } error)
        {
            _answers.Failure(request, error, symbol: null, now);
            return;
        }

        if (request.Channel == "instrument")
        {
            if (IsLost(request, symbol: null, out var fault))
                return;
            Start(request, symbol: null, fault, snapshot: request.Snapshot ?? true, _ => StartInstruments());
            return;
        }

        foreach (var symbol in request.Symbols)
            Subscribe(request, symbol, now);
    }

    public void Unsubscribe(FeedRequest request, long now)
    {
        if (WrongParameter(request) is { } error)
        {
            _answers.Failure(request, error, symbol: null, now);
            return;
        }

        if (request.Channel == "instrument")
        {
            _instrumentStatus = null;
            _answers.Success(request, symbol: null, snapshot: false, now);
            return;
        }

        foreach (var symbol in request.Symbols)
        {
            if (!_feeds.TryGetValue(symbol, out var feed) || !IsSubscribed(feed, request))
            {
                _answers.Failure(request, "Subscription Not Found", symbol, now);
                continue;
            }

            Stop(feed, request);
            _answers.Success(request, symbol, snapshot: false, now);
        }
    }

    /// <summary>What the exchange says to a request that no symbol could make right; null for a proper one.</summary>
    public static string? WrongParameter(FeedRequest request) => request.Channel switch
    {
        "trade" or "instrument" => null,
        "ohlc" => ListedMarket.Intervals.Contains(request.Interval) ? null : "Subscription ohlc interval not supported",
        "book" => Depths.Contains(request.Depth) ? null : "Subscription depth not supported",
        "ticker" => request.EventTrigger is "trades" or "bbo" ? null : "Event trigger not supported",
        _ => "Subscription channel not supported",
    };

    private static bool IsSubscribed(MarketFeed feed, FeedRequest request) => request.Channel switch
    {
        "trade" => feed.HasTrades,
        "ohlc" => feed.HasCandles(request.Interval),
        "book" => feed.BookDepth is not null,
        _ => feed.HasTicker,
    };

    private void Subscribe(FeedRequest request, string symbol, long now)
    {
        if (!symbol.Contains('/', StringComparison.Ordinal))
        {
            _answers.Failure(request, $"Currency pair not in ISO 4217-A3 format {symbol}", symbol, now);
            return;
        }

        if (IsLost(request, symbol, out var fault))
            return;
        if (fault == FeedFault.RefusedSymbol || _exchange.Find(symbol) is not { } market)
        {
            _answers.Failure(request, $"Currency pair not supported {symbol}", symbol, now);
            return;
        }

        if (_feeds.TryGetValue(symbol, out var known) && IsSubscribed(known, request))
        {
            _answers.Failure(request, "Already subscribed", symbol, now);
            return;
        }

        Start(request, symbol, fault, request.Snapshot ?? request.Channel != "trade", time => Start(market, request, time));
    }

    private bool IsLost(FeedRequest request, string? symbol, out FeedFault? fault)
    {
        fault = _exchange.Faults.NextOfSubscription(symbol ?? request.Channel!);
        if (fault is { } met)
            _strike(met, symbol, null);
        return fault == FeedFault.LostRequest;
    }

    private void Start(FeedRequest request, string? symbol, FeedFault? fault, bool snapshot, Action<long> start)
    {
        HadAny = true;
        var due = _exchange.ClientTime() + (fault == FeedFault.SlowAck ? _exchange.ClientUnits(TimeSpan.FromSeconds(SlowSeconds)) : 0);
        _starts.Add((due, fault == FeedFault.MissingAck ? start : Answer));

        // The answer first, the snapshot a moment later.
        void Answer(long time)
        {
            _answers.Success(request, symbol, snapshot, time);
            _starts.Add((due, start));
        }
    }

    private void Start(ListedMarket market, FeedRequest request, long now)
    {
        var symbol = market.Pair.Spec.Symbol;
        if (!_feeds.TryGetValue(symbol, out var feed))
        {
            feed = new MarketFeed(market, _writer, _exchange.Faults, _record, _exchange.ClientTime, _strike)
            {
                SilentFor = _exchange.ClientUnits(_exchange.SilentFor),
                HeldFor = _exchange.ClientUnits(TimeSpan.FromMilliseconds(200)),
            };
            feed.Seek(now);
            _feeds.Add(symbol, feed);
        }

        _isChanged = true;
        if (IsSubscribed(feed, request))
            return;
        switch (request.Channel)
        {
            case "trade":
                feed.StartTrades(request.Snapshot ?? false, now);
                break;
            case "ohlc":
                feed.StartCandles(request.Interval, request.Snapshot ?? true, now);
                break;
            case "book":
                feed.StartBook(request.Depth, now);
                break;
            default:
                feed.StartTicker(request.EventTrigger == "bbo", request.Snapshot ?? true, now);
                break;
        }
    }

    private void Stop(MarketFeed feed, FeedRequest request)
    {
        switch (request.Channel)
        {
            case "trade":
                feed.StopTrades();
                break;
            case "ohlc":
                feed.StopCandles(request.Interval);
                break;
            case "book":
                feed.StopBook();
                break;
            default:
                feed.StopTicker();
                break;
        }

        if (feed.HasSubscription)
            return;
        _feeds.Remove(feed.Market.Pair.Spec.Symbol);
        feed.Dispose();
        _isChanged = true;
    }

    private void StartInstruments()
    {
        var markets = _exchange.Listed();
        (_instrumentStatus, _instrumentPairs) = (_exchange.Status, markets.Count);
        _writer.Begin();
        InstrumentText.Snapshot(_writer.Buffer, [.. markets.Select(market => market.Pair)], _exchange.Status);
        _writer.End();
    }

    private void TellInstruments()
    {
        if (_instrumentStatus is null)
            return;

        var markets = _exchange.Listed();
        if (_instrumentStatus == _exchange.Status && _instrumentPairs == markets.Count)
            return;
        (_instrumentStatus, _instrumentPairs) = (_exchange.Status, markets.Count);
        _writer.Begin();
        InstrumentText.Update(_writer.Buffer, [.. markets.Select(market => market.Pair)], _exchange.Status);
        _writer.End();
    }

    private void Reorder()
    {
        _isChanged = false;
        _events.Clear();
        foreach (var feed in _feeds.Values)
            _events.Enqueue(feed, feed.NextTime);
    }
}
