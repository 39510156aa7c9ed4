using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed class TradeTapeTests
{
    private static readonly MarketSpec Spec = MarketSpec.RippleTether with { QuietPerThousand = 600 };

    private static readonly SeededTrade[] All = [.. SeededMarket.Trades(Spec, MinuteSpan.First(4 * 1_440))];

    private readonly TradeTape _tape = new(Spec);

    [Fact]
    public void A_search_by_time_finds_what_reading_everything_finds() => Prop.ForAll(Times(), time =>
    {
        var expected = All.Where(trade => trade.UnixNanoseconds >= time).Take(40).ToArray();

        _tape.FromTime(time).Take(expected.Length).ShouldBe(expected);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_search_by_id_finds_what_reading_everything_finds() => Prop.ForAll(Gen.Choose(0, All.Length - 41).ToArbitrary(), at =>
        _tape.FromId(All[at].Id).Take(40).ShouldBe(All.Skip(at).Take(40))).QuickCheckThrowOnFailure();

    [Fact]
    public void The_last_id_at_a_time_is_that_of_reading_everything() => Prop.ForAll(Times(), time =>
    {
        var before = All.Where(trade => trade.UnixNanoseconds <= time).ToArray();

        _tape.LastIdAt(time).ShouldBe(before.Length == 0 ? null : before[^1].Id);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_time_that_a_trade_has_is_part_of_both_searches()
    {
        var burst = All.GroupBy(trade => trade.UnixNanoseconds).First(trades => trades.Count() > 2).ToArray();

        _tape.FromTime(burst[0].UnixNanoseconds).First().ShouldBe(burst[0]);
        _tape.LastIdAt(burst[0].UnixNanoseconds).ShouldBe(burst[^1].Id);
        _tape.LastIdAt(burst[0].UnixNanoseconds - 1).ShouldBe(burst[0].Id - 1);
    }

    [Fact]
    public void What_was_found_can_be_read_twice()
    {
        var found = _tape.FromId(All[500].Id).Take(10);

        found.ToArray().ShouldBe(found.ToArray());
    }

    // A day before the market to almost the end of what was drawn; half of them exactly at a trade.
    private static Arbitrary<long> Times() => Gen.OneOf(
        Gen.Choose(-86_400, (4 * 86_400) - 7_200).Select(seconds => (Spec.Start.ToUnixTimeSeconds() + seconds) * 1_000_000_000L),
        Gen.Choose(0, All.Length - 50).Select(at => All[at].UnixNanoseconds)).ToArbitrary();
}
