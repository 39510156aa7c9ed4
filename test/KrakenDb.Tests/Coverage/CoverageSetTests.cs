using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Coverage;

public sealed class CoverageSetTests
{
    private const int Span = 40;

    private static readonly Gen<CoverageRange> AnyRange =
        from start in Gen.Choose(0, Span - 1)
        from length in Gen.Choose(0, 12)
        from source in Gen.Elements(CandleSource.OhlcvtCsv, CandleSource.TimeAndSales, CandleSource.RestOhlc)
        from grade in Gen.Elements(CoverageGrade.Expired, CoverageGrade.Claimed, CoverageGrade.Proven)
        from firstId in Gen.Elements<long?>(null, 1, 2)
        select new CoverageRange
        {
            Range = new TimeRange(start, Math.Min(Span, start + length)),
            Source = source,
            Grade = grade,
            FirstTradeId = firstId,
            LastTradeId = firstId + 10,
        };

    private static readonly Arbitrary<CoverageRange[]> AnyRanges = Gen.ArrayOf(AnyRange).ToArbitrary();

    [Fact]
    public void At_each_instant_the_greatest_grade_and_source_wins() => Prop.ForAll(AnyRanges, ranges =>
    {
        var set = CoverageSet.Of(ranges);
        for (var at = 0; at < Span; at++)
        {
            Best(set, at).ShouldBe(Best(ranges, at));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ranges_are_disjoint_ascending_and_joined() => Prop.ForAll(AnyRanges, ranges =>
    {
        var set = CoverageSet.Of(ranges);
        foreach (var (left, right) in set.Zip(set.Skip(1)))
        {
            left.Range.EndMicroseconds.ShouldBeLessThanOrEqualTo(right.Range.StartMicroseconds);
            (left.Range.EndMicroseconds == right.Range.StartMicroseconds && left.Grade == right.Grade && left.Source == right.Source).ShouldBeFalse();
        }

        set.ShouldAllBe(range => !range.Range.IsEmpty);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_adding_does_not_matter() => Prop.ForAll(AnyRanges, ranges =>
    {
        var forward = ranges.Aggregate(CoverageSet.Empty, (set, range) => set.Add(range));
        var backward = ranges.Reverse().Aggregate(CoverageSet.Empty, (set, range) => set.Add(range));

        backward.ShouldBe(forward);
        CoverageSet.Of(ranges).ShouldBe(forward);
        CoverageSet.Empty.Add(ranges).ShouldBe(forward);
        CoverageSet.Of(ranges[..(ranges.Length / 2)]).Union(CoverageSet.Of(ranges[(ranges.Length / 2)..])).ShouldBe(forward);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Adding_what_is_there_changes_nothing() => Prop.ForAll(AnyRanges, ranges =>
    {
        var set = CoverageSet.Of(ranges);
        foreach (var range in set)
        {
            set.Add(range).ShouldBe(set);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Gaps_and_ranges_partition_what_is_wanted() => Prop.ForAll(AnyRanges, Gen.Choose(0, Span).Two().ToArbitrary(), (ranges, ends) =>
    {
        var set = CoverageSet.Of(ranges);
        var wanted = new TimeRange((long)Math.Min(ends.Item1, ends.Item2), Math.Max(ends.Item1, ends.Item2));
        var gaps = set.Gaps(wanted);
        for (var at = 0; at < Span; at++)
        {
            var isWanted = at >= wanted.StartMicroseconds && at < wanted.EndMicroseconds;
            gaps.Count(gap => gap.StartMicroseconds <= at && at < gap.EndMicroseconds).ShouldBe(isWanted && Best(set, at) is null ? 1 : 0);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Subtracting_removes_that_range_and_nothing_else() => Prop.ForAll(AnyRanges, Gen.Choose(0, Span).Two().ToArbitrary(), (ranges, ends) =>
    {
        var set = CoverageSet.Of(ranges);
        var removed = new TimeRange((long)Math.Min(ends.Item1, ends.Item2), Math.Max(ends.Item1, ends.Item2));
        var left = set.Subtract(removed);
        for (var at = 0; at < Span; at++)
        {
            Best(left, at).ShouldBe(at >= removed.StartMicroseconds && at < removed.EndMicroseconds ? null : Best(set, at));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Covers_agrees_with_every_instant() => Prop.ForAll(AnyRanges, Gen.Choose(0, Span).Two().ToArbitrary(), (ranges, ends) =>
    {
        var set = CoverageSet.Of(ranges);
        var range = new TimeRange((long)Math.Min(ends.Item1, ends.Item2), Math.Max(ends.Item1, ends.Item2));
        var expected = Enumerable.Range((int)range.StartMicroseconds, (int)(range.EndMicroseconds - range.StartMicroseconds))
            .All(at => Best(set, at) is { Grade: > CoverageGrade.Expired });

        set.Covers(range).ShouldBe(expected);
        set.Stored().Any(stored => stored.StartMicroseconds <= range.StartMicroseconds && stored.EndMicroseconds >= range.EndMicroseconds)
            .ShouldBe(expected && !range.IsEmpty || (range.IsEmpty && set.Stored().Any(stored => stored.StartMicroseconds <= range.StartMicroseconds && stored.EndMicroseconds >= range.EndMicroseconds)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Trade_ids_belong_to_the_ends_of_a_range()
    {
        var first = Ids(0, 10, 100, 109);
        var second = Ids(10, 20, 110, 119);

        CoverageSet.Of([second, first]).ShouldBe([Ids(0, 20, 100, 119)]);
        CoverageSet.Of([first, second]).Subtract(new TimeRange(4L, 6)).ShouldBe([Ids(0, 4, 100, null), Ids(6, 20, null, 119)]);
    }

    private static CoverageRange Ids(long start, long end, long? first, long? last) => new()
    {
        Range = new TimeRange(start, end),
        Source = CandleSource.ProvenTrades,
        Grade = CoverageGrade.Proven,
        FirstTradeId = first,
        LastTradeId = last,
    };

    private static (CoverageGrade Grade, CandleSource Source)? Best(IEnumerable<CoverageRange> ranges, long at) => ranges
        .Where(range => range.Range.StartMicroseconds <= at && at < range.Range.EndMicroseconds)
        .Select(range => ((CoverageGrade Grade, CandleSource Source)?)(range.Grade, range.Source))
        .Max();
}
