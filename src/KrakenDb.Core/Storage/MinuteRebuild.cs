namespace KrakenDb;

/// <summary>Builds the 1-minute candles of a write from the stored trades, inside its transaction: whole minutes only, where proven coverage contains all of each.</summary>
internal static class MinuteRebuild
{
    /// <summary>The write with the candles and their coverage added.</summary>
    /// <param name="write">Its trades have been merged.</param>
    /// <param name="tradesBefore">Coverage of trades before the write.</param>
    /// <param name="read">All stored trades of a range, ascending in id.</param>
    /// <param name="ownFrom">See <see cref="OwnFrom"/>.</param>
    public static StoreWrite Apply(StoreWrite write, CoverageSet tradesBefore, Func<TimeRange, TradeBatch> read, long ownFrom = long.MaxValue) =>
        With(write, [.. Minutes(write, tradesBefore).Select(minutes => (minutes, Before(minutes, ownFrom) is { } stored ? read(stored) : null))], ownFrom);

    /// <inheritdoc cref="Apply"/>
    public static async Task<StoreWrite> ApplyAsync(StoreWrite write, CoverageSet tradesBefore, Func<TimeRange, Task<TradeBatch>> read, long ownFrom)
    {
        var parts = new List<(TimeRange Minutes, TradeBatch? Stored)>();
        foreach (var minutes in Minutes(write, tradesBefore))
        {
            parts.Add((minutes, Before(minutes, ownFrom) is { } stored ? await read(stored).ConfigureAwait(false) : null));
        }

        return With(write, parts, ownFrom);
    }

    /// <summary>
    /// From which open time on the stored trades are those of the write and no others, so that they need not be read back: where each of them was new, behind
    /// the newest that was stored before. Microseconds; <see cref="long.MaxValue"/> for nowhere.
    /// </summary>
    /// <param name="write">Its trades have been merged.</param>
    /// <param name="inserted">How many of them were new.</param>
    /// <param name="before">Extent of the trades that were stored before; null when none were.</param>
    public static long OwnFrom(StoreWrite write, long inserted, SyncStatus? before) =>
        write.Trades is not { } trades || inserted < trades.Count ? long.MaxValue
        : before is null ? long.MinValue
        : Interval.Minute.Floor(UnixTime.Microseconds(before.NewestTimestamp)) + UnixTime.MicrosecondsPerMinute;

    /// <summary>Adds trades of a range, in the order of their ids, to the minutes that they belong to.</summary>
    public static void Add(SortedDictionary<long, MinuteBuilder> builders, TradeBatch trades, TimeRange range)
    {
        var builder = new MinuteBuilder(long.MinValue);
        for (var index = 0; index < trades.Count; index++)
        {
            var time = HistoricalTrade.FloorDivide(trades.TimestampNanoseconds[index], 1000);
            if (time < range.StartMicroseconds || time >= range.EndMicroseconds)
            {
                continue;
            }

            if (Interval.Minute.Floor(time) is var minute && minute != builder.Timestamp)
            {
                Keep();
                builder = builders.TryGetValue(minute, out var open) ? open : new MinuteBuilder(minute);
            }

            builder.Add(trades.Price[index], trades.Volume[index]);
        }

        Keep();

        void Keep()
        {
            if (!builder.IsEmpty)
            {
                builders[builder.Timestamp] = builder;
            }
        }
    }

    private static List<TimeRange> Minutes(StoreWrite write, CoverageSet tradesBefore)
    {
        var trades = CoverageSet.Of(tradesBefore.Concat(write.Covered.Where(entry => entry.DataType == DataType.Trades).Select(entry => entry.Range)));
        var proven = CoverageSet.Of(trades.Where(range => range.Grade == CoverageGrade.Proven)).Stored();
        return Disjoint(write.RebuildMinutes.SelectMany(range => WholeMinutes(proven, range)));
    }

    private static TimeRange? Before(TimeRange minutes, long ownFrom) =>
        ownFrom <= minutes.StartMicroseconds ? null : new TimeRange(minutes.StartMicroseconds, Math.Min(minutes.EndMicroseconds, ownFrom));

    private static StoreWrite With(StoreWrite write, IEnumerable<(TimeRange Minutes, TradeBatch? Stored)> parts, long ownFrom)
    {
        var covered = write.Covered.ToList();
        var candles = new List<CandleRow>();
        var rebuilt = new List<TimeRange>();
        foreach (var (minutes, stored) in parts)
        {
            var own = Math.Max(minutes.StartMicroseconds, ownFrom);
            rebuilt.Add(minutes);
            candles.AddRange(Build(stored, minutes, own < minutes.EndMicroseconds ? write.Trades : null, new TimeRange(Math.Min(own, minutes.EndMicroseconds), minutes.EndMicroseconds)));
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
    private static IEnumerable<CandleRow> Build(TradeBatch? stored, TimeRange minutes, TradeBatch? own, TimeRange ownMinutes)
    {
        var builders = new SortedDictionary<long, MinuteBuilder>();
        if (stored is not null)
        {
            Add(builders, stored, minutes);
        }

        if (own is not null)
        {
            Add(builders, own, ownMinutes);
        }

        return builders.Values.Select(builder => builder.Build(CandleSource.ProvenTrades));
    }
}
