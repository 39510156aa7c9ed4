using System.Numerics;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed class SeededTradesTests
{
    private static readonly MinuteSpan Span = new(1_000, 3_000);

    public static TheoryData<string> Markets => [nameof(MarketSpec.BitcoinUsd), nameof(MarketSpec.EtherUsd), nameof(MarketSpec.RippleTether)];

    [Theory]
    [MemberData(nameof(Markets))]
    public void Ids_are_consecutive_and_times_never_go_back(string market)
    {
        var trades = SeededMarket.Trades(Market(market), Span).ToArray();

        trades.Length.ShouldBeGreaterThan(3_000);
        trades.Select(trade => trade.Id).ShouldBe(Enumerable.Range(0, trades.Length).Select(i => trades[0].Id + i));
        trades.Zip(trades.Skip(1)).ShouldAllBe(pair => pair.Second.UnixNanoseconds >= pair.First.UnixNanoseconds);
    }

    [Fact]
    public void The_first_id_is_the_one_asked_for()
    {
        var spec = MarketSpec.BitcoinUsd with { FirstTradeId = 70_000_001 };

        SeededMarket.Trades(spec, MinuteSpan.First(10)).First().Id.ShouldBe(70_000_001);
    }

    [Theory]
    [MemberData(nameof(Markets))]
    public void Trades_add_up_to_the_candles_exactly(string market)
    {
        var spec = Market(market);

        var naive = SeededMarket.Trades(spec, Span)
            .GroupBy(trade => trade.UnixNanoseconds / 60_000_000_000)
            .Select(minute => minute.ToArray())
            .Select(minute => new SeededCandle(
                minute[0].UnixNanoseconds / 60_000_000_000 * 60,
                minute[0].Price,
                minute.Max(trade => trade.Price),
                minute.Min(trade => trade.Price),
                minute[^1].Price,
                minute.Aggregate(Int128.Zero, (sum, trade) => sum + trade.Volume),
                minute.Length,
                minute[0].Id));

        SeededMarket.Candles(spec, Span).ShouldBe(naive);
    }

    [Fact]
    public void Quote_volume_and_vwap_come_from_the_exact_value()
    {
        var spec = MarketSpec.EtherUsd;
        var trades = SeededMarket.Trades(spec, Span).ToArray();

        var minutes = TradedMinute.FromTrades(trades).ToArray();

        minutes.Select(minute => minute.Row).ShouldBe(SeededMarket.Candles(spec, Span));
        foreach (var minute in minutes)
        {
            var own = trades.Where(trade => trade.UnixNanoseconds / 60_000_000_000 * 60 == minute.Row.UnixSeconds);
            minute.Value.ShouldBe(own.Aggregate(BigInteger.Zero, (sum, trade) => sum + ((BigInteger)trade.Price * trade.Volume)));
            BigInteger.Abs((minute.Value - ((BigInteger)minute.QuoteVolume * Scale.One)) * 2).ShouldBeLessThanOrEqualTo(Scale.One);
            BigInteger.Abs((minute.Value - ((BigInteger)minute.Vwap * minute.Row.Volume)) * 2).ShouldBeLessThanOrEqualTo((BigInteger)minute.Row.Volume);
        }
    }

    [Fact]
    public void Bursts_share_a_timestamp_and_some_trades_are_equal_but_for_their_id()
    {
        var trades = SeededMarket.Trades(MarketSpec.BitcoinUsd, Span).ToArray();

        var bursts = trades.Zip(trades.Skip(1)).Count(pair => pair.First.UnixNanoseconds == pair.Second.UnixNanoseconds);
        var twins = trades.GroupBy(trade => (trade.UnixNanoseconds / 1_000_000_000, trade.Price, trade.Volume)).Count(group => group.Count() > 1);

        bursts.ShouldBeInRange(trades.Length / 5, trades.Length / 2);
        twins.ShouldBeGreaterThan(trades.Length / 200);
    }

    [Fact]
    public void Both_sides_and_both_order_types_occur()
    {
        var trades = SeededMarket.Trades(MarketSpec.BitcoinUsd, MinuteSpan.First(100)).ToArray();

        trades.Select(trade => (trade.IsBuy, trade.IsMarket)).Distinct().Count().ShouldBe(4);
    }

    private static MarketSpec Market(string name) => name switch
    {
        nameof(MarketSpec.BitcoinUsd) => MarketSpec.BitcoinUsd,
        nameof(MarketSpec.EtherUsd) => MarketSpec.EtherUsd,
        _ => MarketSpec.RippleTether,
    };
}
