namespace KrakenDb;

/// <summary>
/// Where 1-minute candles are decided by proven trades: a minute without trades has no candle there, whatever another source says, and a minute that is built
/// anew holds what its trades make and nothing else. So rows do not depend on the order in which trades and files arrive.
/// </summary>
internal sealed class ProvenMinutes
{
    private readonly CoverageSet _proven;
    private readonly CoverageSet _added;
    private readonly CoverageSet _rebuilt;

    private ProvenMinutes(CoverageSet proven, CoverageSet added, CoverageSet rebuilt)
    {
        _proven = proven;
        _added = added;
        _rebuilt = rebuilt;
        var stored = added.Stored();
        Added = stored.Count == 0 ? null : new TimeRange(stored[0].StartMicroseconds, stored[^1].EndMicroseconds);
    }

    /// <summary>For candles of other intervals, and in tests: nothing is decided.</summary>
    public static ProvenMinutes None { get; } = new(CoverageSet.Empty, CoverageSet.Empty, CoverageSet.Empty);

    /// <summary>From the first to the last minute that the write proves; null when it proves none. Stored candles may have to go in there.</summary>
    public TimeRange? Added { get; }

    /// <param name="before">Coverage of 1-minute candles before the write.</param>
    /// <param name="covered">What the write adds to it.</param>
    /// <param name="rebuilt">Minutes that the write builds anew.</param>
    public static ProvenMinutes Of(CoverageSet before, IEnumerable<CoverageRange> covered, IEnumerable<TimeRange> rebuilt)
    {
        var added = Proven(covered);
        var proven = Proven(before);
        return added.Count + proven.Count == 0 ? None : new ProvenMinutes(proven.Union(added), added, CoverageSet.Of(rebuilt.Select(Range)));
    }

    /// <summary>Whether a candle to be stored has nothing to say: its minute is proven, and not by its source.</summary>
    public bool Refuses(long timestamp, CandleSource source) => source < CandleSource.ProvenTrades && Has(_proven, timestamp);

    /// <summary>Whether a stored candle falls with this write unless the write brings it again.</summary>
    public bool Voids(long timestamp, CandleSource source) => Has(_rebuilt, timestamp) || (source < CandleSource.ProvenTrades && Has(_added, timestamp));

    /// <summary>Whether any candle of the range might be refused.</summary>
    public bool Touches(TimeRange range) => _proven.Any(proven => proven.Range.Overlaps(range));

    private static bool Has(CoverageSet set, long timestamp) => set.Count > 0 && set.Covers(timestamp, timestamp + UnixTime.MicrosecondsPerMinute);

    private static CoverageSet Proven(IEnumerable<CoverageRange> ranges) => CoverageSet.Of(ranges.Where(range => range.Grade == CoverageGrade.Proven));

    private static CoverageRange Range(TimeRange minutes) => new() { Range = minutes, Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven };
}
