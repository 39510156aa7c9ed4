using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed class SeededMarketTests
{
    private static readonly MarketSpec[] Markets = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd, MarketSpec.RippleTether];

    [Fact]
    public void The_random_numbers_are_those_of_the_published_generator()
    {
        var random = new Xoshiro256(42);

        ulong[] drawn = [random.Next(), random.Next(), random.Next(), random.Next()];

        drawn.ShouldBe([1546998764402558742, 6990951692964543102, 12544586762248559009, 17057574109182124193]);
        Xoshiro256.Mix(1234567).ShouldBe(6457827717110365317UL);
    }

    [Fact]
    public void Every_candle_is_possible_and_on_its_minute() => Prop.ForAll<ulong, byte>((seed, choice) =>
    {
        var spec = Markets[choice % Markets.Length] with { Seed = seed };
        var previous = new SeededCandle { UnixSeconds = spec.Start.ToUnixTimeSeconds() - 60, FirstTradeId = spec.FirstTradeId };

        foreach (var candle in SeededMarket.Candles(spec, MinuteSpan.First(500)))
        {
            (candle.UnixSeconds % 60).ShouldBe(0);
            candle.UnixSeconds.ShouldBeGreaterThan(previous.UnixSeconds);
            candle.High.ShouldBeGreaterThanOrEqualTo(Math.Max(candle.Open, candle.Close));
            candle.Low.ShouldBeLessThanOrEqualTo(Math.Min(candle.Open, candle.Close));
            candle.Low.ShouldBeGreaterThan(0);
            (candle.High % Scale.Step(spec.PriceDecimals)).ShouldBe(0);
            (candle.Volume % Scale.Step(spec.VolumeDecimals)).ShouldBe(Int128.Zero);
            candle.Volume.ShouldBeGreaterThan(Int128.Zero);
            candle.FirstTradeId.ShouldBe(previous.FirstTradeId + previous.Trades);
            previous = candle;
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_later_span_is_the_end_of_a_longer_one()
    {
        var whole = SeededMarket.Candles(MarketSpec.RippleTether, MinuteSpan.First(5_000)).ToArray();

        var tail = SeededMarket.Candles(MarketSpec.RippleTether, new MinuteSpan(2_000, 3_000)).ToArray();

        var start = new MinuteSpan(2_000, 3_000).StartUnixSeconds(MarketSpec.RippleTether);
        tail.ShouldBe(whole.Where(candle => candle.UnixSeconds >= start));
        tail.Length.ShouldBeGreaterThan(2_000);
    }

    [Fact]
    public void Another_seed_is_another_market()
    {
        var one = SeededMarket.Candles(MarketSpec.EtherUsd, MinuteSpan.First(100));
        var other = SeededMarket.Candles(MarketSpec.EtherUsd with { Seed = 4711 }, MinuteSpan.First(100));

        one.Select(candle => candle.Close).ShouldNotBe(other.Select(candle => candle.Close));
    }

    [Fact]
    public void Some_minutes_are_quiet_and_some_outages_last_longer()
    {
        const int minutes = 300_000;

        var times = SeededMarket.Candles(MarketSpec.BitcoinUsd, MinuteSpan.First(minutes)).Select(candle => candle.UnixSeconds).ToArray();

        times.Length.ShouldBeInRange(minutes * 99 / 100, minutes * 997 / 1_000);
        times.Zip(times.Skip(1), (one, next) => next - one).Max().ShouldBeGreaterThan(10 * 60);
    }

    [Fact]
    public void Twenty_years_stay_inside_the_limits()
    {
        var spec = MarketSpec.BitcoinUsd with { VolatilityPpm = 3_000 };

        long highest = 0;
        var lowest = long.MaxValue;
        var closesAtTheEnd = new HashSet<long>();
        var end = MinuteSpan.First(10_000_000).EndUnixSeconds(spec);
        foreach (var candle in SeededMarket.Candles(spec, MinuteSpan.First(10_000_000)))
        {
            highest = Math.Max(highest, candle.High);
            lowest = Math.Min(lowest, candle.Low);
            if (candle.UnixSeconds >= end - 60_000)
                closesAtTheEnd.Add(candle.Close);
        }

        highest.ShouldBeLessThan(100_000_000 * Scale.One);
        lowest.ShouldBeGreaterThan(0);
        closesAtTheEnd.Count.ShouldBeGreaterThan(10, "the price must not get stuck");
    }

    [Fact]
    public void A_market_outside_its_limits_is_refused_by_property() =>
        Should.Throw<ArgumentException>(() => new SeededMarket(MarketSpec.BitcoinUsd with { PriceDecimals = 11 }))
            .ParamName.ShouldBe(nameof(MarketSpec.PriceDecimals));
}
