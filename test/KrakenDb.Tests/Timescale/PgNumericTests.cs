using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Timescale.Wire;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class PgNumericTests
{
    [Fact]
    public void Volumes_survive_the_wire() =>
        Prop.ForAll(Scaled(28), text => RoundTrip(Int128.Parse(text, null)).ShouldBe(Int128.Parse(text, null))).QuickCheckThrowOnFailure();

    [Fact]
    public void Prices_survive_the_wire() =>
        Prop.ForAll(Scaled(18), text =>
        {
            Span<byte> bytes = stackalloc byte[PgNumeric.BytesMax];
            var length = PgNumeric.Write(bytes, long.Parse(text, null));
            PgNumeric.ReadPrice(bytes[4..length]).ShouldBe(long.Parse(text, null));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_power_of_ten_and_its_neighbours_survive_the_wire()
    {
        for (Int128 power = 1; power < FixedPoint.VolumeLimit; power *= 10)
        {
            foreach (var value in new[] { power - 1, power, power + 1, power * 9 })
            {
                RoundTrip(value).ShouldBe(value);
            }
        }
    }

    private static Int128 RoundTrip(Int128 value)
    {
        Span<byte> bytes = stackalloc byte[PgNumeric.BytesMax];
        var length = PgNumeric.Write(bytes, value);
        (PgNumeric.ReadValue(bytes[4..length]) == (BigInteger)value * FixedPoint.One).ShouldBeTrue();
        return PgNumeric.ReadVolume(bytes[4..length]);
    }

    // Many zeros, because groups of them are left out on the wire.
    private static Arbitrary<string> Scaled(int digits) =>
        (from length in Gen.Choose(1, digits)
         from text in Gen.Frequency((3, Gen.Constant('0')), (1, Gen.Choose('0', '9').Select(digit => (char)digit))).ListOf(length)
         select string.Concat(text)).ToArbitrary();
}
