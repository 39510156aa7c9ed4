using System.Runtime.InteropServices;

namespace KrakenDb.Simulator;

/// <summary>What one connection has subscribed of one symbol, and how far it has been told. Trades come before what follows from them.</summary>
internal sealed class ReplayFeed(ReplayMarket market, FeedWriter writer) : IAsyncDisposable
{
    private const int SnapshotTrades = 50;
    private const int SnapshotIntervals = 12;

    private readonly List<SeededTrade> _group = [];
    private readonly List<ReplayCandles> _candles = [];
    private ReplayTrades? _trades;
    private ReplayMinutes? _minutes;
    private ReplayBook? _book;
    private ReplayBookView? _view;
    private ReplayTicker? _ticker;
    private bool _hasTrades;

    public ReplayMarket Market => market;

    public bool HasSubscription => _hasTrades || _candles.Count > 0 || _view is not null || _ticker is not null;

    /// <summary>When something is to be sent next; nanoseconds since 1970, the largest number where nothing is.</summary>
    public long NextTime => Math.Min(Math.Min(TradesNext, MinutesNext), Math.Min(_book?.NextTime ?? long.MaxValue, _ticker?.Book.NextTime ?? long.MaxValue));

    private long TradesNext => _trades?.NextTime ?? long.MaxValue;

    private long MinutesNext => _minutes?.NextTime ?? long.MaxValue;

    public async ValueTask DisposeAsync()
    {
        await StopReadingAsync().ConfigureAwait(false);
    }

    public bool IsSubscribed(FeedRequest request) => request.Channel switch
    {
        "trade" => _hasTrades,
        "ohlc" => _candles.Exists(view => view.IntervalMinutes == request.Interval),
        "book" => _view is not null,
        _ => _ticker is not null,
    };

    /// <summary>Begins with what there is; everything up to a time has been sent.</summary>
    public async Task StartAsync(FeedRequest request, long now, CancellationToken cancellationToken)
    {
        if (request.Channel != "book" && _trades is null)
        {
            _trades = market.TradesAfter(now);
            await _trades.PrepareAsync().ConfigureAwait(false);
        }

        if (request.Channel == "ohlc" && _minutes is null && !market.HasTrades)
        {
            _minutes = market.MinutesAfter(now);
            await _minutes.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }

        switch (request.Channel)
        {
            case "trade":
                await StartTradesAsync(request.Snapshot ?? false, now, cancellationToken).ConfigureAwait(false);
                break;
            case "ohlc":
                await StartCandlesAsync(request.Interval, request.Snapshot ?? true, now, cancellationToken).ConfigureAwait(false);
                break;
            case "book":
                _book = market.Book(request.Depth)!;
                await _book.StartAsync(now, cancellationToken).ConfigureAwait(false);
                _view = new ReplayBookView(_book, request.Depth);
                _view.Start(writer);
                break;
            default:
                _ticker = new ReplayTicker(market, market.Book(market.BookDepths[0])!, request.EventTrigger == "bbo");
                await _ticker.StartAsync(now, cancellationToken).ConfigureAwait(false);
                if (request.Snapshot ?? true)
                    await _ticker.SendAsync(writer, isSnapshot: true, onlyIfNewBest: false, now, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    public async ValueTask StopAsync(FeedRequest request)
    {
        switch (request.Channel)
        {
            case "trade":
                _hasTrades = false;
                break;
            case "ohlc":
                _candles.RemoveAll(view => view.IntervalMinutes == request.Interval);
                _minutes = _candles.Count == 0 ? null : _minutes;
                break;
            case "book":
                (_book, _view) = (null, null);
                break;
            default:
                _ticker = null;
                break;
        }

        if (!_hasTrades && _candles.Count == 0 && _ticker is null)
            await StopReadingAsync().ConfigureAwait(false);
    }

    /// <summary>Sends what happens at <see cref="NextTime"/>.</summary>
    public async ValueTask StepAsync(CancellationToken cancellationToken)
    {
        var time = NextTime;
        if (TradesNext == time)
        {
            await SendTradesAsync(time, cancellationToken).ConfigureAwait(false);
        }
        else if (MinutesNext == time)
        {
            SendMinute(time);
            await _minutes!.AdvanceAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (_book is { } book && book.NextTime == time)
        {
            _view!.Send(writer, book.Take());
            await book.AdvanceAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var best = _ticker!.Book;
            var happened = best.Take();
            if (_ticker.OnBestPrices && happened != ReplayBookEvent.Other)
                await _ticker.SendAsync(writer, isSnapshot: false, onlyIfNewBest: true, time, cancellationToken).ConfigureAwait(false);
            await best.AdvanceAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask StopReadingAsync()
    {
        if (_trades is { } trades)
            await trades.DisposeAsync().ConfigureAwait(false);
        _trades = null;
    }

    private async Task StartTradesAsync(bool snapshot, long now, CancellationToken cancellationToken)
    {
        _hasTrades = true;
        if (!snapshot)
            return;

        var trades = await market.LatestAsync(SnapshotTrades, now, cancellationToken).ConfigureAwait(false);
        writer.Begin();
        FeedText.Trades(writer.Buffer, market.Pair, "snapshot"u8, CollectionsMarshal.AsSpan(trades));
        writer.End();
    }

    private async Task StartCandlesAsync(int minutes, bool snapshot, long now, CancellationToken cancellationToken)
    {
        var candles = new ReplayCandles(market, minutes);
        await candles.StartAsync(now, cancellationToken).ConfigureAwait(false);
        _candles.Add(candles);
        if (!snapshot)
            return;

        // Those that closed, from the store; the open one as it goes on from here.
        var open = candles.Start / 1_000_000;
        var rows = (await market.OhlcAsync(minutes, DateTimeOffset.UnixEpoch.AddTicks(now / 100), cancellationToken).ConfigureAwait(false))
            .Where(row => row.UnixSeconds >= open - (SnapshotIntervals * minutes * 60L) && row.UnixSeconds < open && row.Volume > 0).ToList();
        if (!candles.IsEmpty)
            rows.Add(candles.Row);
        writer.Begin();
        FeedText.Candles(writer.Buffer, market.Pair, minutes, "snapshot"u8, CollectionsMarshal.AsSpan(rows), now);
        writer.End();
    }

    private void SendMinute(long time)
    {
        foreach (var candles in _candles.Where(candles => market.Candles.Divides(new Interval(candles.IntervalMinutes))))
        {
            candles.Add(_minutes!.Next);
            writer.Begin();
            FeedText.Candles(writer.Buffer, market.Pair, candles.IntervalMinutes, "update"u8, [candles.Row], time);
            writer.End();
        }
    }

    private async ValueTask SendTradesAsync(long time, CancellationToken cancellationToken)
    {
        await _trades!.GatherAsync(_group).ConfigureAwait(false);
        if (_hasTrades)
        {
            writer.Begin();
            FeedText.Trades(writer.Buffer, market.Pair, "update"u8, CollectionsMarshal.AsSpan(_group));
            writer.End();
        }

        foreach (var candles in _candles)
        {
            _group.ForEach(trade => candles.Add(trade));
            writer.Begin();
            FeedText.Candles(writer.Buffer, market.Pair, candles.IntervalMinutes, "update"u8, [candles.Row], time);
            writer.End();
        }

        if (_ticker is { } ticker)
        {
            _group.ForEach(trade => ticker.Add(trade));
            if (!ticker.OnBestPrices)
                await ticker.SendAsync(writer, isSnapshot: false, onlyIfNewBest: false, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
