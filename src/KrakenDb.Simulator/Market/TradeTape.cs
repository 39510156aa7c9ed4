namespace KrakenDb.Simulator;

/// <summary>
/// The trades of a seeded market from any time or id on. Keeps the market's state once a day instead of its trades: a year costs
/// some 50 kilobytes, and a seek draws the candles of a day at most. For any number of threads.
/// </summary>
internal sealed class TradeTape
{
    private const int MinutesPerMark = 1_440;

    private const long SecondsPerMark = MinutesPerMark * 60L;

    private readonly Lock _lock = new();

    /// <summary>The market at the start of each of its days; never advanced.</summary>
    private readonly List<SeededMarket> _marks;

    public TradeTape(MarketSpec spec)
    {
        Spec = spec;
        StartUnixSeconds = spec.Start.ToUnixTimeSeconds();
        _marks = [new SeededMarket(spec)];
    }

    public MarketSpec Spec { get; }

    public long StartUnixSeconds { get; }

    /// <summary>The trades at or after a time, without end: the market goes on for ever.</summary>
    public IEnumerable<SeededTrade> FromTime(long unixNanoseconds)
    {
        var seconds = unixNanoseconds / 1_000_000_000;
        return From(MarkAt(DayOf(seconds)), candle => candle.UnixSeconds + 60 > seconds, trade => trade.UnixNanoseconds >= unixNanoseconds);
    }

    /// <summary>The trades from an id on, without end.</summary>
    public IEnumerable<SeededTrade> FromId(long id) =>
        From(MarkBefore(id), candle => candle.FirstTradeId + candle.Trades > id, trade => trade.Id >= id);

    /// <summary>Id of the last trade at or before a time; null when there is none.</summary>
    public long? LastIdAt(long unixNanoseconds)
    {
        for (var day = DayOf(unixNanoseconds / 1_000_000_000); day >= 0; day--)
        {
            if (LastIdAt(unixNanoseconds, MarkAt(day)) is { } id)
                return id;
        }

        return null;
    }

    private static IEnumerable<SeededTrade> From(SeededMarket mark, Predicate<SeededCandle> reaches, Predicate<SeededTrade> isWanted)
    {
        // Every enumeration starts again from the mark.
        var market = mark.Copy();
        var minute = new MinuteTrades(market.Spec);
        while (market.TryNext(long.MaxValue, out var candle))
        {
            if (!reaches(candle))
                continue;

            minute.Draw(candle);
            for (var i = 0; i < minute.Count; i++)
            {
                if (isWanted(minute[i]))
                    yield return minute[i];
            }
        }
    }

    private static long? LastIdAt(long unixNanoseconds, SeededMarket market)
    {
        long? last = null;
        var minute = new MinuteTrades(market.Spec);
        // The minute of the time itself is the last one that can have such a trade.
        var end = Math.Min(market.NextUnixSeconds + SecondsPerMark, (unixNanoseconds / 60_000_000_000 * 60) + 60);
        while (market.TryNext(end, out var candle))
        {
            if ((candle.UnixSeconds + 60) * 1_000_000_000 <= unixNanoseconds)
            {
                last = candle.FirstTradeId + candle.Trades - 1;
                continue;
            }

            minute.Draw(candle);
            for (var i = 0; i < minute.Count && minute[i].UnixNanoseconds <= unixNanoseconds; i++)
                last = minute[i].Id;
        }

        return last;
    }

    private int DayOf(long unixSeconds) =>
        unixSeconds < StartUnixSeconds ? 0 : checked((int)((unixSeconds - StartUnixSeconds) / SecondsPerMark));

    private SeededMarket MarkAt(int day)
    {
        lock (_lock)
        {
            while (_marks.Count <= day)
                Extend();
            return _marks[day].Copy();
        }
    }

    /// <summary>The last mark at which the id is still to come.</summary>
    private SeededMarket MarkBefore(long id)
    {
        lock (_lock)
        {
            while (_marks[^1].NextTradeId <= id)
                Extend();
            var (low, high) = (0, _marks.Count - 1);
            while (high - low > 1)
            {
                var middle = (low + high) / 2;
                (low, high) = _marks[middle].NextTradeId <= id ? (middle, high) : (low, middle);
            }

            return _marks[low].Copy();
        }
    }

    private void Extend()
    {
        var next = _marks[^1].Copy();
        next.Skip(MinutesPerMark);
        _marks.Add(next);
    }
}
