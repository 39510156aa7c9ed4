namespace KrakenDb;

/// <summary>Builds the 1-minute candles of a write from the stored trades, inside its transaction: whole minutes only, where proven coverage contains all of each.</summary>
internal static class MinuteRebuild
{
    /// <summary>The write with the candles and their coverage added.</summary>
    /// <param name="write">Its trades have been merged.</param>
    /// <param name="tradesBefore">Coverage of trades before the write.</param>
    /// <param name="read">All stored trades of a range, ascending in id.</param>
    public static StoreWrite Apply(StoreWrite write, CoverageSet tradesBefore, Func<TimeRange, TradeBatch> read) =>
        With(write, [.. Minutes(write, tradesBefore).Select(minutes => (minutes, read(minutes)))]);

    /// <inheritdoc cref="Apply"/>
    public static async Task<StoreWrite> ApplyAsync(StoreWrite write, CoverageSet tradesBefore, Func<TimeRange, Task<TradeBatch>> read)
    {
        var parts = new List<(TimeRange Minutes, TradeBatch Trades)>();
        foreach (var minutes in Minutes(write, tradesBefore))
        {
            parts.Add((minutes, await read(minutes).ConfigureAwait(false)));
        }

        return With(write, parts);
    }

    /// <summary>Adds trades, in the order of their ids, to the minutes that they belong to.</summary>
    public static void Add(SortedDictionary<long, MinuteBuilder> builders, TradeBatch trades)
    {
        for (var index = 0; index < trades.Count; index++)
        {
            var minute = Interval.Minute.Floor(HistoricalTrade.FloorDivide(trades.TimestampNanoseconds[index], 1000));
            var builder = builders.TryGetValue(minute, out var open) ? open : new MinuteBuilder(minute);
            builder.Add(trades.Price[index], trades.Volume[index]);
            builders[minute] = builder;
        }
    }

    private static List<TimeRange> Minutes(StoreWrite write, CoverageSet tradesBefore)
    {
        var trades = CoverageSet.Of(tradesBefore.Concat(write.Covered.Where(entry => entry.DataType == DataType.Trades).Select(entry => entry.Range)));
        var proven = CoverageSet.Of(trades.Where(range => range.Grade == CoverageGrade.Proven)).Stored();
        return Disjoint(write.RebuildMinutes.SelectMany(range => WholeMinutes(proven, range)));
    }

    private static StoreWrite With(StoreWrite write, IEnumerable<(TimeRange Minutes, TradeBatch Trades)> parts)
    {
        var covered = write.Covered.ToList();
        var candles = new List<CandleRow>();
        var rebuilt = new List<TimeRange>();
        foreach (var (minutes, trades) in parts)
        {
            rebuilt.Add(minutes);
            candles.AddRange(Build(trades));
            covered.Add((DataType.Candles(Interval.Minute), new CoverageRange { Range = minutes, Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven }));
        }

        return write with { Candles = CandleBatch.FromRows(candles), CandleInterval = Interval.Minute, Covered = covered, RebuiltMinutes = rebuilt };
    }

    // A minute that the range only touches counts where an earlier write covered the rest of it.
    private static IEnumerable<TimeRange> WholeMinutes(IReadOnlyList<TimeRange> proven, TimeRange range)
    {
        var (first, last) = (Interval.Minute.Floor(range.StartMicroseconds), Interval.Minute.Ceiling(range.EndMicroseconds));
        foreach (var known in proven)
        {
            var start = Math.Max(first, Interval.Minute.Ceiling(known.StartMicroseconds));
            var end = Math.Min(last, Interval.Minute.Floor(known.EndMicroseconds));
            if (start < end)
            {
                yield return new TimeRange(start, end);
            }
        }
    }

    private static List<TimeRange> Disjoint(IEnumerable<TimeRange> ranges)
    {
        var result = new List<TimeRange>();
        foreach (var range in ranges.OrderBy(range => range.StartMicroseconds))
        {
            if (result.Count > 0 && range.StartMicroseconds <= result[^1].EndMicroseconds)
            {
                result[^1] = new TimeRange(result[^1].StartMicroseconds, Math.Max(result[^1].EndMicroseconds, range.EndMicroseconds));
            }
            else
            {
                result.Add(range);
            }
        }

        return result;
    }

    // Ids and times nearly always rise together; where they do not, open and close still go by the id.
    private static List<CandleRow> Build(TradeBatch trades)
    {
        var candles = new List<CandleRow>();
        var builders = new SortedDictionary<long, MinuteBuilder>();
        Add(builders, trades);
        foreach (var builder in builders.Values)
        {
            candles.Add(builder.Build(CandleSource.ProvenTrades));
        }

        return candles;
    }
}
