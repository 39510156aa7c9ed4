namespace KrakenDb.Simulator;

/// <summary>One interval's candle of a market while its trades come in, from closed stored minutes and the trades after them.</summary>
internal sealed class ReplayCandles(ReplayMarket market, Interval interval)
{
    private CandleRow? _closed;
    private MinuteBuilder _minute = new(long.MinValue);
    private long _bucket = long.MinValue;

    public int IntervalMinutes => interval.Minutes;

    public bool IsEmpty => _closed is null && _minute.IsEmpty;

    /// <summary>When the candle opened; microseconds since 1970.</summary>
    public long Start => _bucket;

    /// <summary>Not while it is empty.</summary>
    public CandleRow Candle => _minute.IsEmpty ? _closed!.Value : _closed is { } closed ? Sum(closed, _minute.Build(CandleSource.TimeAndSalesEdge)) : Sum(_minute.Build(CandleSource.TimeAndSalesEdge));

    public OhlcRow Row => market.Row(Candle);

    public async Task StartAsync(long now, CancellationToken cancellationToken)
    {
        var microseconds = HistoricalTrade.FloorDivide(now, 1000);
        _bucket = interval.Floor(microseconds);
        var from = _bucket;
        var minutes = market.Candles.Divides(interval)
            ? await market.MinutesAsync(market.Candles, _bucket, market.Candles.Floor(microseconds), cancellationToken).ConfigureAwait(false)
            : [];
        if (minutes.Count > 0)
        {
            _closed = CandleAggregation.ToBuckets(minutes, interval).Single();
            from = minutes[^1].Timestamp + market.Candles.Microseconds;
        }

        foreach (var trade in await market.TradesAsync(from * 1000, int.MaxValue - 64, now, cancellationToken).ConfigureAwait(false))
            Add(trade);
    }

    public void Add(in SeededTrade trade)
    {
        var minute = Math.Max(Interval.Minute.Floor(HistoricalTrade.FloorDivide(trade.UnixNanoseconds, 1000)), _minute.Timestamp);
        if (minute != _minute.Timestamp)
        {
            _closed = IsEmpty ? null : Candle;
            _minute = new MinuteBuilder(minute);
            if (interval.Floor(minute) != _bucket)
                (_bucket, _closed) = (interval.Floor(minute), null);
        }

        _minute.Add(trade.Price, trade.Volume);
    }

    /// <summary>A closed candle of the finest that are stored.</summary>
    public void Add(in CandleRow closed)
    {
        var bucket = interval.Floor(closed.Timestamp);
        _closed = bucket == _bucket && _closed is { } before ? Sum(before, closed) : Sum(closed);
        _bucket = bucket;
    }

    private CandleRow Sum(params CandleRow[] rows) => CandleAggregation.ToBuckets(rows, interval).Single();
}
