namespace KrakenDb;

/// <summary>
/// What is stored of one rollup before the minutes of a stretch are dropped, so that every answer stays what it was: where the minutes cover a bucket, the
/// bucket's rollup takes the place of a stored row, because minutes come first in a reader's choice; where they do not, it is stored if nothing better is.
/// </summary>
internal sealed class KeptRollup : IDisposable
{
    private KeptRollup(Interval interval, CandleBatch rows) => (Interval, Rows) = (interval, rows);

    public Interval Interval { get; }

    /// <summary>To be stored, ascending.</summary>
    public CandleBatch Rows { get; }

    /// <summary>Opens of stored rows that go: those that <see cref="Rows"/> replace, and those that the minutes contradict by having no trade.</summary>
    public List<long> Removed { get; } = [];

    /// <summary>How many of <see cref="Removed"/> are not replaced.</summary>
    public int RemovedForGood { get; private set; }

    /// <summary>Rows that were not stored before.</summary>
    public int Added => Rows.Count - (Removed.Count - RemovedForGood);

    /// <summary>What the stored rows cover now, each bucket as well as the least of its minutes.</summary>
    public List<CoverageRange> Covered { get; } = [];

    /// <summary>The rollups that are kept where minutes go: those whose own policy, if there is one, keeps the range.</summary>
    public static IEnumerable<Interval> Intervals(IEnumerable<RetentionPolicy> policies, TimeRange range, DateTimeOffset now) =>
        Interval.Rollups.Where(interval => RetentionRules.Find(policies, DataType.Candles(interval)) is not { } policy || policy.Edge(now) <= range.StartMicroseconds);

    /// <param name="interval">Divides a week.</param>
    /// <param name="range">Whole weeks.</param>
    /// <param name="rollup">The minutes of the range as buckets.</param>
    /// <param name="stored">The stored rows of the interval in the range.</param>
    /// <param name="minutes">Coverage of the minutes, not expired yet.</param>
    /// <param name="own">Coverage of the interval.</param>
    public static KeptRollup Plan(Interval interval, TimeRange range, CandleBatch rollup, CandleBatch stored, CoverageSet minutes, CoverageSet own)
    {
        var kept = new KeptRollup(interval, CandleBatch.Rent(rollup.Count + 1));
        var (ofRollup, ofStored) = (0, 0);
        for (var start = range.StartMicroseconds; start < range.EndMicroseconds; start += interval.Microseconds)
        {
            var end = start + interval.Microseconds;
            CandleRow? made = ofRollup < rollup.Count && rollup.Timestamp[ofRollup] == start ? rollup[ofRollup++] : null;
            CandleRow? there = ofStored < stored.Count && stored.Timestamp[ofStored] == start ? stored[ofStored++] : null;
            var isCovered = minutes.Covers(start, end);
            if (isCovered)
            {
                kept.AddCovered(minutes, start, end);
            }

            var replaces = isCovered
                || (made is { } row && !own.Covers(start, end) && (there is not { } old || (row.TradeCount, row.Volume).CompareTo((old.TradeCount, old.Volume)) >= 0));
            if (!replaces)
            {
                continue;
            }

            if (there is not null)
            {
                kept.Removed.Add(start);
                kept.RemovedForGood += made is null ? 1 : 0;
            }

            if (made is { } rolled)
            {
                kept.Rows.Add(rolled);
            }
        }

        return kept;
    }

    public void Dispose() => Rows.Dispose();

    private void AddCovered(CoverageSet minutes, long start, long end)
    {
        var (grade, source) = minutes.Overlapping(start, end).Min(range => (range.Grade, range.Source));
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
