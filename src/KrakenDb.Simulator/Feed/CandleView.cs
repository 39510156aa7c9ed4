namespace KrakenDb.Simulator;

/// <summary>One interval's candles of a symbol as a connection is sent them: complete with every trade, never marked as closed.</summary>
internal sealed class CandleView(ListedMarket market, int intervalMinutes)
{
    /// <summary>How far a snapshot reaches back; both known ones do so.</summary>
    private const int SnapshotIntervals = 12;

    private readonly long _seconds = intervalMinutes * 60L;
    private readonly long _step = Scale.Step(market.Pair.Spec.PriceDecimals);
    private readonly long _lot = Scale.Step(market.Pair.Spec.VolumeDecimals);
    private OpenCandle? _open;

    public int IntervalMinutes => intervalMinutes;

    /// <summary>The candle after the last trade.</summary>
    public OhlcRow Row => _open!.Row(_step, _lot);

    /// <summary>Begins with what is there; gives the candles of a snapshot, oldest first, without empty ones.</summary>
    public List<OhlcRow> Start(long nowNanoseconds)
    {
        var rows = new List<OhlcRow>();
        var open = nowNanoseconds / 1_000_000_000 / _seconds * _seconds;
        foreach (var trade in market.Tape.Between(Math.Max(0, open - (SnapshotIntervals * _seconds)) * 1_000_000_000, nowNanoseconds))
        {
            if (Add(trade) is { } closed)
                rows.Add(closed);
        }

        if (_open is not null)
            rows.Add(Row);
        return rows;
    }

    /// <summary>Null, or the candle that the trade closed.</summary>
    public OhlcRow? Add(in SeededTrade trade)
    {
        var start = trade.UnixNanoseconds / 1_000_000_000 / _seconds * _seconds;
        OhlcRow? closed = null;
        if (_open is not { } open || open.Start != start)
        {
            closed = _open?.Row(_step, _lot);
            _open = open = new OpenCandle(start, trade.Price);
        }

        open.Add(trade, _step, _lot);
        return closed;
    }
}
