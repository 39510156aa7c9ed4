namespace KrakenDb;

/// <summary>
/// What is stored of one rollup before the minutes of a stretch are dropped: for each bucket that the minutes touch, the row that a reader was given, chosen
/// by the rules of <see cref="CandleReader"/>. So no complete candle ever changes; an incomplete one may become complete where smaller kept candles make it up.
/// </summary>
internal sealed class KeptRollup : IDisposable
{
    private const int Minutes = 0;
    private const int Own = 1;

    private KeptRollup(Interval interval, CandleBatch rows) => (Interval, Rows) = (interval, rows);

    public Interval Interval { get; }

    /// <summary>To be stored, ascending.</summary>
    public CandleBatch Rows { get; }

    /// <summary>Opens of stored rows that go: those that <see cref="Rows"/> replace, and those that a better source contradicts by having no trade.</summary>
    public List<long> Removed { get; } = [];

    /// <summary>How many of <see cref="Removed"/> are not replaced.</summary>
    public int RemovedForGood { get; private set; }

    /// <summary>Rows that were not stored before.</summary>
    public int Added => Rows.Count - (Removed.Count - RemovedForGood);

    /// <summary>What the stored rows cover now, each bucket as well as the least part of its source.</summary>
    public List<CoverageRange> Covered { get; } = [];

    /// <summary>The rollups that are kept where minutes go, coarsest first: those whose own policy, if there is one, keeps the range.</summary>
    public static IEnumerable<Interval> Intervals(IEnumerable<RetentionPolicy> policies, TimeRange range, DateTimeOffset now) =>
        Interval.Rollups.Reverse().Where(interval => RetentionRules.Find(policies, DataType.Candles(interval)) is not { } policy || policy.Edge(now) <= range.StartMicroseconds);

    /// <summary>What a rollup is chosen from, in a reader's order: the minutes, its own rows, then coarser ones before finer.</summary>
    public static IReadOnlyList<Interval> Sources(Interval interval, IEnumerable<string> dataTypes) =>
    [
        Interval.Minute,
        interval,
        .. dataTypes.Select(DataType.CandleInterval).OfType<Interval>().Where(finer => finer > Interval.Minute && finer < interval && finer.Divides(interval)).OrderDescending(),
    ];

    /// <param name="interval">Divides a week.</param>
    /// <param name="range">Whole weeks.</param>
    /// <param name="sources">As <see cref="Sources"/> orders them: rows of the range as buckets of the interval, and what they cover.</param>
    public static KeptRollup Plan(Interval interval, TimeRange range, IReadOnlyList<(CandleBatch Rows, CoverageSet Coverage)> sources)
    {
        var kept = new KeptRollup(interval, CandleBatch.Rent(checked((int)((range.EndMicroseconds - range.StartMicroseconds) / interval.Microseconds))));
        var at = new int[sources.Count];
        var rows = new CandleRow?[sources.Count];
        for (var start = range.StartMicroseconds; start < range.EndMicroseconds; start += interval.Microseconds)
        {
            var end = start + interval.Microseconds;
            for (var source = 0; source < rows.Length; source++)
            {
                var batch = sources[source].Rows;
                rows[source] = at[source] < batch.Count && batch.Timestamp[at[source]] == start ? batch[at[source]++] : null;
            }

            if (rows[Minutes] is not null || sources[Minutes].Coverage.Overlapping(start, end).Any(part => part.Grade != CoverageGrade.Expired))
            {
                kept.Choose(sources, rows, start, end);
            }
        }

        return kept;
    }

    public void Dispose() => Rows.Dispose();

    private void Choose(IReadOnlyList<(CandleBatch Rows, CoverageSet Coverage)> sources, CandleRow?[] rows, long start, long end)
    {
        var chosen = -1;
        for (var source = 0; source < rows.Length && chosen < 0; source++)
        {
            chosen = sources[source].Coverage.Covers(start, end) ? source : -1;
        }

        var best = chosen;
        if (chosen < 0)
        {
            for (var source = 0; source < rows.Length; source++)
            {
                best = rows[source] is { } row && (best < 0 || (row.TradeCount, row.Volume).CompareTo((rows[best]!.Value.TradeCount, rows[best]!.Value.Volume)) > 0) ? source : best;
            }
        }
        else if (chosen != Own)
        {
            AddCovered(sources[chosen].Coverage, start, end);
        }

        if (best is < 0 or Own)
        {
            return;
        }

        if (rows[Own] is not null)
        {
            Removed.Add(start);
            RemovedForGood += rows[best] is null ? 1 : 0;
        }

        if (rows[best] is { } found)
        {
            Rows.Add(found);
        }
    }

    private void AddCovered(CoverageSet coverage, long start, long end)
    {
        var (grade, source) = coverage.Overlapping(start, end).Min(range => (range.Grade, range.Source));
        if (Covered.Count > 0 && Covered[^1] is var last && last.Range.EndMicroseconds == start && last.Grade == grade && last.Source == source)
        {
            Covered[^1] = last with { Range = new TimeRange(last.Range.StartMicroseconds, end) };
        }
        else
        {
            Covered.Add(new CoverageRange { Range = new TimeRange(start, end), Source = source, Grade = grade });
        }
    }
}
