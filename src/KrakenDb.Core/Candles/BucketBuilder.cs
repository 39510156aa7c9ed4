namespace KrakenDb;

/// <summary>
/// Larger candles from columns of smaller ones, by the rules of <see cref="CandleAggregation"/>: for engines whose own grouping is slower than handing out
/// the columns.
/// </summary>
/// <param name="bucket">A multiple of the rows' interval.</param>
/// <param name="target">Takes the candles, ascending.</param>
internal sealed class BucketBuilder(Interval bucket, CandleBatch target)
{
    private CandleRow _first;
    private CandleAggregation.Sums _sums;
    private long _high;
    private long _low;
    private long _close;
    private CandleSource _source;
    private long _last = long.MinValue;
    private long _end = long.MinValue;

    /// <summary>Adds rows that follow those before. False when they do not ascend in time: what was built is of no use then.</summary>
    public bool Add(in CandleColumns rows)
    {
        var timestamps = rows.Timestamp;
        for (var from = 0; from < timestamps.Length;)
        {
            if (timestamps[from] >= _end)
            {
                Finish();
                Begin(rows, from);
            }

            var to = from;
            while (to < timestamps.Length && timestamps[to] < _end)
            {
                if (timestamps[to] <= _last)
                {
                    return false;
                }

                _last = timestamps[to++];
            }

            AddRun(rows, from, to);
            from = to;
        }

        return true;
    }

    /// <summary>Ends the last candle.</summary>
    public void Finish()
    {
        if (_end == long.MinValue)
        {
            return;
        }

        target.Add(_sums.Finish(_first with { High = _high, Low = _low, Close = _close, Source = _source }));
        _end = long.MinValue;
    }

    private void Begin(in CandleColumns rows, int index)
    {
        var start = bucket.Floor(rows.Timestamp[index]);
        _end = start + bucket.Microseconds;
        _first = new CandleRow
        {
            Timestamp = start,
            Open = rows.Open[index],
            High = 0,
            Low = 0,
            Close = 0,
            Volume = 0,
            QuoteVolume = 0,
            TradeCount = 0,
            Vwap = 0,
            Source = default,
        };
        _sums = default;
        _high = long.MinValue;
        _low = long.MaxValue;
        _source = (CandleSource)byte.MaxValue;
    }

    private void AddRun(in CandleColumns rows, int from, int to)
    {
        var (high, low, source) = (_high, _low, _source);
        foreach (var value in rows.High[from..to])
        {
            high = Math.Max(high, value);
        }

        foreach (var value in rows.Low[from..to])
        {
            low = Math.Min(low, value);
        }

        foreach (var value in rows.Source[from..to])
        {
            source = value < source ? value : source;
        }

        (_high, _low, _source) = (high, low, source);
        _close = rows.Close[to - 1];
        if (rows.QuoteVolume.IsEmpty)
        {
            _sums.AddUnvalued(rows.Volume[from..to], rows.TradeCount[from..to]);
            return;
        }

        for (var index = from; index < to; index++)
        {
            _sums.Add(rows.Volume[index], rows.TradeCount[index], rows.QuoteVolume[index], rows.Vwap[index]);
        }
    }
}

/// <summary>Equally long columns of candles, ascending in time; values as in <see cref="CandleRow"/>.</summary>
internal readonly ref struct CandleColumns
{
    public required ReadOnlySpan<long> Timestamp { get; init; }

    public required ReadOnlySpan<long> Open { get; init; }

    public required ReadOnlySpan<long> High { get; init; }

    public required ReadOnlySpan<long> Low { get; init; }

    public required ReadOnlySpan<long> Close { get; init; }

    public required ReadOnlySpan<Int128> Volume { get; init; }

    public required ReadOnlySpan<long> TradeCount { get; init; }

    public required ReadOnlySpan<CandleSource> Source { get; init; }

    /// <summary>Empty, like <see cref="Vwap"/>, where no row has either.</summary>
    public ReadOnlySpan<Int128> QuoteVolume { get; init; }

    public ReadOnlySpan<long> Vwap { get; init; }
}
