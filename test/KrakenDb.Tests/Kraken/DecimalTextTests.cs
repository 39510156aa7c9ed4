using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

public sealed class DecimalTextTests
{
    [Theory]
    [InlineData("122.0", "1220000000000", false)]
    [InlineData("2", "20000000000", false)]
    [InlineData("0.1", "1000000000", false)]
    [InlineData(".5", "5000000000", false)]
    [InlineData("5.", "50000000000", false)]
    [InlineData("1E+1", "100000000000", false)]
    [InlineData("5.5E+2", "5500000000000", false)]
    [InlineData("1E+4", "100000000000000", false)]
    [InlineData("1e-08", "100", false)]
    [InlineData("0E-8", "0", false)]
    [InlineData("192.13858802000001", "1921385880200", true)]
    [InlineData("0.00000000005", "1", true)]
    [InlineData("0.00000000004999999", "0", true)]
    [InlineData("-0.00000000005", "-1", true)]
    [InlineData("1.10000000000000000000", "11000000000", false)]
    [InlineData("-1.5", "-15000000000", false)]
    [InlineData("+1.5", "15000000000", false)]
    [InlineData("000000000000000000000000000000000001", "10000000000", false)]
    [InlineData("1e-999999999999", "0", true)]
    [InlineData("0e999999999999", "0", false)]
    [InlineData("9999999999999999999999999999", "99999999999999999999999999990000000000", false)]
    [InlineData("0.99999999999", "10000000000", true)]
    public void Numbers_are_read_exactly_and_rounded_half_away_from_zero(string text, string scaled, bool rounded)
    {
        DecimalText.TryParse(Encoding.ASCII.GetBytes(text), out var value, out var cut).ShouldBeTrue();

        value.ShouldBe(Int128.Parse(scaled, CultureInfo.InvariantCulture));
        cut.ShouldBe(rounded);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("e5")]
    [InlineData("1.2.3")]
    [InlineData("1,2")]
    [InlineData("NaN")]
    [InlineData("inf")]
    [InlineData("0x10")]
    [InlineData("1 2")]
    [InlineData("--1")]
    [InlineData("1e5.5")]
    public void What_is_no_number_is_refused(string text) => DecimalText.TryParse(Encoding.ASCII.GetBytes(text), out _, out _).ShouldBeFalse();

    [Theory]
    [InlineData("1e999999999999")]
    [InlineData("99999999999999999999999999999999999999999999")]
    [InlineData("1e400")]
    public void What_is_beyond_every_limit_is_read_as_such(string text)
    {
        DecimalText.TryParse(Encoding.ASCII.GetBytes(text), out var value, out _).ShouldBeTrue();

        value.ShouldBeGreaterThanOrEqualTo(FixedPoint.VolumeLimit);
    }

    [Fact]
    public void Any_decimal_survives_the_way_through_text() =>
        Prop.ForAll(Decimals(), value =>
        {
            var text = value.ToString(CultureInfo.InvariantCulture);

            DecimalText.TryParse(Encoding.ASCII.GetBytes(text), out var scaled, out var rounded).ShouldBeTrue();

            scaled.ShouldBe(FixedPoint.VolumeFromDecimal(value));
            rounded.ShouldBe(FixedPoint.ToDecimal(scaled) != value);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public unsafe void The_fast_way_and_the_patient_way_agree() =>
        Prop.ForAll(Decimals(), value =>
        {
            var bytes = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture) + ",");
            fixed (byte* first = bytes)
            {
                var at = first;
                if (DecimalText.TryReadPlain(ref at, out var mantissa, out var decimals))
                {
                    ((int)(at - first)).ShouldBe(bytes.Length);
                    DecimalText.ScaleVolume(mantissa, decimals).ShouldBe(FixedPoint.VolumeFromDecimal(value));
                    DecimalText.TryScalePrice(mantissa, decimals, out var price).ShouldBe(value < 100_000_000m);
                    if (value < 100_000_000m)
                    {
                        price.ShouldBe(FixedPoint.PriceFromDecimal(value));
                    }
                }
            }
        }).QuickCheckThrowOnFailure();

    // Whole numbers of every length with every scale.
    private static Arbitrary<decimal> Decimals() => ArbMap.Default.GeneratorFor<long>()
        .SelectMany(bits => Gen.Choose(0, 62).SelectMany(shift => Gen.Choose(0, 18), (shift, scale) => Scaled(unchecked((ulong)bits) >> shift, (byte)scale)))
        .Where(value => value < 1_000_000_000_000_000_000m)
        .ToArbitrary();

    private static decimal Scaled(ulong mantissa, byte scale) => unchecked(new decimal((int)mantissa, (int)(mantissa >> 32), 0, false, scale));
}
