using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Market;

public sealed class FixedPointTests
{
    private static readonly Gen<long> AnyLong = from high in Gen.Choose(int.MinValue, int.MaxValue)
                                                from low in Gen.Choose(int.MinValue, int.MaxValue)
                                                from zeros in Gen.Choose(0, 18)
                                                let tail = (long)BigInteger.Pow(10, zeros)
                                                select (((long)high << 32) | unchecked((uint)low)) / tail * tail;

    [Fact]
    public void A_scaled_long_becomes_the_same_decimal_without_trailing_zeros() => Prop.ForAll(AnyLong.ToArbitrary(), scaled =>
    {
        var text = FixedPoint.ToDecimal(scaled).ToString(CultureInfo.InvariantCulture);

        ((BigInteger)(decimal.Parse(text, CultureInfo.InvariantCulture) * 10_000_000_000m)).ShouldBe(scaled);
        (text.Contains('.') && text.EndsWith('0')).ShouldBeFalse();
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Both_widths_agree() => Prop.ForAll(AnyLong.ToArbitrary(), scaled =>
        FixedPoint.ToDecimal((Int128)scaled).ToString(CultureInfo.InvariantCulture).ShouldBe(FixedPoint.ToDecimal(scaled).ToString(CultureInfo.InvariantCulture)))
        .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("0", "0")]
    [InlineData("122.0", "122")]
    [InlineData("0.0000000001", "0.0000000001")]
    [InlineData("0.00000000005", "0.0000000001")]
    [InlineData("0.000000000049", "0")]
    [InlineData("999999999999999999.9999999999", "999999999999999999.9999999999")]
    [InlineData("192.13858802000001", "192.13858802")]
    public void Volumes_survive_the_way_in_and_out(string text, string expected) =>
        FixedPoint.ToText(FixedPoint.VolumeFromDecimal(decimal.Parse(text, CultureInfo.InvariantCulture))).ShouldBe(expected);

    [Fact]
    public void Limits_are_named()
    {
        FixedPoint.PriceFromDecimal(99_999_999.9999999999m).ShouldBe(FixedPoint.PriceLimit - 1);
        Should.Throw<ArgumentOutOfRangeException>(() => FixedPoint.PriceFromDecimal(100_000_000m)).Message.ShouldContain("10^8");
        Should.Throw<ArgumentOutOfRangeException>(() => FixedPoint.PriceFromDecimal(-0.1m));
        Should.Throw<ArgumentOutOfRangeException>(() => FixedPoint.VolumeFromDecimal(1_000_000_000_000_000_000m)).Message.ShouldContain("10^18");
    }

    [Fact]
    public void A_trade_value_is_the_exact_product()
    {
        var trade = new HistoricalTrade { Id = 1, Symbol = "SHIB/USD", TimestampNanoseconds = 0, Price = 0.0000123457m, Volume = 9_999_999_999_999.9999999999m, Side = TradeSide.Buy };

        trade.Value.ShouldBe(123456999.99999999999999876543m);
    }

    [Fact]
    public void An_average_is_rounded_half_away_from_zero()
    {
        TradeValue.AveragePrice(BigInteger.Parse("5"), 10).ShouldBe(1);
        TradeValue.AveragePrice(BigInteger.Parse("4"), 10).ShouldBe(0);
        TradeValue.AveragePrice(1, 0).ShouldBeNull();
        TradeValue.ToQuoteVolume(BigInteger.Parse("15000000000")).ShouldBe(2);
    }
}
