namespace KrakenDb.Simulator;

/// <summary>What one connection has subscribed of one symbol, and how far it has been told.</summary>
internal sealed class MarketFeed : IDisposable
{
    // Bursts: the next trades may join a message when they are this near and the minute is the same.
    private const long JoinNanoseconds = 20_000_000;
    private const int MessageTradesMax = 50;
    private const long MinuteNanoseconds = 60_000_000_000;
    private const int SnapshotTrades = 50;

    private readonly FeedWriter _writer;
    private readonly FeedFaultQueue _faults;
    private readonly FeedRecord _record;
    private readonly Func<long> _clientTime;
    private readonly Action<FeedFault, string?, IdRange?> _strike;
    private readonly List<SeededTrade> _group = [];
    private readonly List<CandleView> _candles = [];
    private IEnumerator<SeededTrade> _trades;
    private SeededTrade _next;
    private SeededTrade? _last;
    private int _version;
    private long _done;
    private long _silentUntil;
    private bool _hasTrades;
    private bool _isSwapping;
    private BookView? _book;
    private TickerView? _ticker;

    public MarketFeed(ListedMarket market, FeedWriter writer, FeedFaultQueue faults, FeedRecord record, Func<long> clientTime, Action<FeedFault, string?, IdRange?> strike)
    {
        Market = market;
        (_writer, _faults, _record, _clientTime, _strike) = (writer, faults, record, clientTime, strike);
        _trades = Enumerable.Empty<SeededTrade>().GetEnumerator();
        _version = -1;
    }

    public ListedMarket Market { get; }

    public bool HasSubscription => _hasTrades || _candles.Count > 0 || _book is not null || _ticker is not null;

    public int? BookDepth => _book?.Depth;

    public bool HasTrades => _hasTrades;

    public bool HasTicker => _ticker is not null;

    /// <summary>When something is to be sent next; nanoseconds since 1970.</summary>
    public long NextTime { get; private set; }

    private string Symbol => Market.Pair.Spec.Symbol;

    private bool NeedsTicks => _book is not null || _ticker is { OnBestPrices: true };

    public void Dispose() => _trades.Dispose();

    /// <summary>Everything up to a time has been sent: go on after it. Costs nothing while the published trades are the same.</summary>
    public void Seek(long position)
    {
        if (_version == Market.Tape.Version)
            return;

        _version = Market.Tape.Version;
        position = Math.Max(position, _done);
        _trades.Dispose();
        _trades = Market.Tape.Between(position + 1, long.MaxValue).GetEnumerator();
        _trades.MoveNext();
        _next = _trades.Current;
        _last = Market.Tape.LastAt(position);
        Schedule(position);
    }

    /// <summary>Sends what happens at <see cref="NextTime"/>.</summary>
    /// <param name="now">How far trades have happened.</param>
    public void Step(long now)
    {
        var time = NextTime;
        if (_next.UnixNanoseconds > time)
        {
            SendBook(time);
            SendTicker(time, ofTrade: false);
        }
        else
        {
            time = Gather(now);
            SendEvent(time);
        }

        _done = time;
        Schedule(time);
    }

    public void StartTrades(bool snapshot, long now)
    {
        _hasTrades = true;
        _silentUntil = 0;
        if (!snapshot)
            return;

        var trades = Market.Tape.Latest(SnapshotTrades, now).ToArray();
        _writer.Begin();
        FeedText.Trades(_writer.Buffer, Market.Pair, "snapshot"u8, trades);
        _writer.End();
    }

    public void StopTrades() => _hasTrades = false;

    public bool HasCandles(int interval) => _candles.Exists(view => view.IntervalMinutes == interval);

    public void StartCandles(int interval, bool snapshot, long now)
    {
        var view = new CandleView(Market, interval);
        var rows = view.Start(now);
        _candles.Add(view);
        if (!snapshot)
            return;

        _writer.Begin();
        FeedText.Candles(_writer.Buffer, Market.Pair, interval, "snapshot"u8, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows), now);
        _writer.End();
    }

    public void StopCandles(int interval) => _candles.RemoveAll(view => view.IntervalMinutes == interval);

    /// <summary>A book always begins with a snapshot here; without one nobody could know it.</summary>
    public void StartBook(int depth, long now)
    {
        _book = new BookView(Market, depth);
        _writer.Begin();
        _book.WriteSnapshot(_writer.Buffer, _last, now);
        _writer.End();
        Schedule(now);
    }

    public void StopBook() => _book = null;

    public void StartTicker(bool onBestPrices, bool snapshot, long now)
    {
        _ticker = new TickerView(Market, onBestPrices);
        _ticker.Start(now);
        if (snapshot && _ticker.Refresh(_last, now, out _) && _last is { } last)
        {
            _writer.Begin();
            FeedText.Ticker(_writer.Buffer, Market.Pair, _ticker.Values(last), "snapshot"u8, now);
            _writer.End();
        }

        Schedule(now);
    }

    public void StopTicker() => _ticker = null;

    /// <summary>The trades up to a time happen without being sent.</summary>
    public void Pass(long now)
    {
        while (_next.UnixNanoseconds <= now)
        {
            Gather(now);
            if (_hasTrades)
                _record.AddOmitted(Symbol, Ids());
        }

        Schedule(now);
    }

    private void Schedule(long position)
    {
        var tick = NeedsTicks ? ((position / SeededBook.TickNanoseconds) + 1) * SeededBook.TickNanoseconds : long.MaxValue;
        NextTime = Math.Min(_next.UnixNanoseconds, tick);
    }

    /// <summary>The trades of one message: one time's, and sometimes a few more. Gives the time of the last.</summary>
    private long Gather(long now)
    {
        _group.Clear();
        var first = _next;
        // Decided by the trade, so that equal seeds have equal bursts.
        var joins = (Xoshiro256.Mix((ulong)first.Id) & 3) == 0;
        SeededTrade trade;
        do
        {
            trade = _next;
            _group.Add(trade);
            foreach (var candle in _candles)
                candle.Add(trade);
            _ticker?.Add(trade);
            _trades.MoveNext();
            _next = _trades.Current;
        }
        while (_group.Count < MessageTradesMax && _next.UnixNanoseconds <= now
            && (_next.UnixNanoseconds == trade.UnixNanoseconds
                || (joins && _next.UnixNanoseconds - first.UnixNanoseconds <= JoinNanoseconds && _next.UnixNanoseconds / MinuteNanoseconds == first.UnixNanoseconds / MinuteNanoseconds)));

        _last = trade;
        return trade.UnixNanoseconds;
    }

    private IdRange Ids() => new(_group[0].Id, _group[^1].Id);

    private void SendEvent(long time)
    {
        var fault = HasSubscription ? _faults.NextOfTrades(Symbol) : null;
        if (fault is { } met)
            _strike(met, Symbol, Ids());
        if (fault == FeedFault.WrongOrder)
        {
            SendDerived(time);
            SendTrades(fault);
            return;
        }

        SendTrades(fault);
        SendDerived(time);
    }

    private void SendDerived(long time)
    {
        foreach (var candle in _candles)
        {
            _writer.Begin();
            FeedText.Candles(_writer.Buffer, Market.Pair, candle.IntervalMinutes, "update"u8, [candle.Row], time);
            _writer.End();
        }

        SendBook(time);
        SendTicker(time, ofTrade: true);
    }

    private void SendTrades(FeedFault? fault)
    {
        if (!_hasTrades)
            return;

        var ids = Ids();
        if (fault == FeedFault.SilentTrades)
            _silentUntil = _clientTime() + SilentFor;
        if (fault == FeedFault.OmittedTrades || IsSilent())
        {
            _record.AddOmitted(Symbol, ids);
            return;
        }

        // Late ones are late for others, not for their own symbol.
        if (!_isSwapping)
            _writer.Release(Symbol, now: long.MinValue);
        _writer.Begin();
        FeedText.Trades(_writer.Buffer, Market.Pair, "update"u8, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_group), fault == FeedFault.UnknownField);
        if (fault is FeedFault.LateTrades or FeedFault.SwappedTrades && !_isSwapping)
        {
            _isSwapping = fault == FeedFault.SwappedTrades;
            _writer.HoldTrades(Symbol, ids, _clientTime() + HeldFor, _isSwapping ? int.MaxValue : 8);
            return;
        }

        _writer.EndTrades(Symbol, ids, twice: fault == FeedFault.DuplicateTrades);
        if (_isSwapping)
        {
            _isSwapping = false;
            _writer.Release(Symbol, now: long.MinValue);
        }

        if (fault == FeedFault.ImpossibleTrade)
        {
            _writer.Begin();
            FeedText.Impossible(_writer.Buffer, Market.Pair, _group[^1]);
            _writer.End();
        }
    }

    /// <summary>In units of the client's clock.</summary>
    public long SilentFor { get; init; }

    /// <summary>In units of the client's clock.</summary>
    public long HeldFor { get; init; }

    private bool IsSilent()
    {
        if (_silentUntil == 0)
            return false;
        if (_clientTime() < _silentUntil)
            return true;

        _silentUntil = 0;
        return false;
    }

    private void SendBook(long time)
    {
        if (_book is null)
            return;

        _writer.Begin();
        if (_book.TryWriteUpdate(_writer.Buffer, _last, time, _writer.WrongChecksum))
        {
            _writer.WrongChecksum = false;
            _writer.End();
        }
        else
        {
            _writer.Buffer.Discard();
        }
    }

    private void SendTicker(long time, bool ofTrade)
    {
        if (_ticker is null || _last is not { } last || !_ticker.Refresh(_last, time, out var newBest) || !(ofTrade && !_ticker.OnBestPrices || newBest && _ticker.OnBestPrices))
            return;

        _writer.Begin();
        FeedText.Ticker(_writer.Buffer, Market.Pair, _ticker.Values(last), "update"u8, time);
        _writer.End();
    }
}
