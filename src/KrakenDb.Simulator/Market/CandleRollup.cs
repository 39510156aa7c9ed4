namespace KrakenDb.Simulator;

/// <summary>Adds minutes up to longer candles. All of Kraken's file intervals divide a day, so buckets start at multiples since 1970.</summary>
internal static class CandleRollup
{
    /// <summary>The last candle may stand for fewer minutes than the interval, as in a file that was cut.</summary>
    public static IEnumerable<SeededCandle> Of(IEnumerable<SeededCandle> minutes, int intervalMinutes)
    {
        var seconds = intervalMinutes * 60L;
        SeededCandle open = default;
        foreach (var minute in minutes)
        {
            var bucket = minute.UnixSeconds - (minute.UnixSeconds % seconds);
            if (open.Trades > 0 && bucket == open.UnixSeconds)
            {
                open = Sum(open, minute);
                continue;
            }

            if (open.Trades > 0)
                yield return open;
            open = minute with { UnixSeconds = bucket };
        }

        if (open.Trades > 0)
            yield return open;
    }

    private static SeededCandle Sum(in SeededCandle open, in SeededCandle next) => open with
    {
        High = Math.Max(open.High, next.High),
        Low = Math.Min(open.Low, next.Low),
        Close = next.Close,
        Volume = open.Volume + next.Volume,
        Trades = open.Trades + next.Trades,
    };
}
