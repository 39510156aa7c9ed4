using System.Numerics;

namespace KrakenDb;

/// <summary>
/// Values (price × volume) and averages, divided and rounded once and only here: multiplication of <see cref="decimal"/> drops digits silently and the
/// engines divide as doubles. Products have scale 20; rounding is half away from zero.
/// </summary>
internal static class TradeValue
{
    private static readonly BigInteger One = FixedPoint.One;
    private static readonly BigInteger DecimalLimit = BigInteger.Pow(2, 96);

    /// <summary>A sum of products at scale 20 as a quote volume at scale 10.</summary>
    public static Int128 ToQuoteVolume(BigInteger product) => (Int128)Divide(product, One);

    /// <summary>Value at scale 20 over volume at scale 10: the average price at scale 10, or null when nothing was traded.</summary>
    public static long? AveragePrice(BigInteger value, Int128 volume) => volume == 0 ? null : (long)Divide(value, volume);

    /// <summary>A product at scale 20 as a decimal, with as many of the 20 decimals as fit.</summary>
    public static decimal ToDecimal(BigInteger product)
    {
        var scale = 20;
        while (scale > 0 && product % 10 == 0)
        {
            product /= 10;
            scale--;
        }

        var excess = 0;
        var rounded = product;
        while (BigInteger.Abs(rounded) >= DecimalLimit)
        {
            excess++;
            rounded = Divide(product, BigInteger.Pow(10, excess));
        }

        var magnitude = (UInt128)BigInteger.Abs(rounded);
        return unchecked(new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), rounded.Sign < 0, (byte)(scale - excess)));
    }

    private static BigInteger Divide(BigInteger value, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(value, divisor, out var remainder);
        return BigInteger.Abs(remainder) * 2 >= BigInteger.Abs(divisor) ? quotient + (value.Sign * divisor.Sign) : quotient;
    }
}
