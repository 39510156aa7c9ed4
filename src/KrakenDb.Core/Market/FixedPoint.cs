using System.Globalization;
using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>
/// Exact numbers as integers scaled by 10^10: a price is a <see cref="long"/> below 10^8 units, a quantity, volume or value an
/// <see cref="Int128"/> below 10^18 units. The limits are the same on every engine because they are checked here.
/// </summary>
internal static class FixedPoint
{
    public const int Scale = 10;
    public const long One = 10_000_000_000;

    /// <summary>Scaled prices lie below this: 10^8 units.</summary>
    public const long PriceLimit = 100_000_000 * One;

    /// <summary>Scaled volumes and values lie below this: 10^18 units.</summary>
    public static readonly Int128 VolumeLimit = (Int128)1_000_000_000_000_000_000 * One;

    // 10^k = 2^k * 5^k; an exact division by it is a shift and a multiplication with the inverse of 5^k modulo 2^64.
    private const ulong Inverse5Pow8 = 0xC767_074B_22E9_0E21;
    private const ulong Inverse5Pow4 = 0xD288_CE70_3AFB_7E91;
    private const ulong Inverse5Pow2 = 0x8F5C_28F5_C28F_5C29;
    private const ulong Inverse5 = 0xCCCC_CCCC_CCCC_CCCD;

    /// <summary>The decimal of the same value without trailing zeros.</summary>
    public static decimal ToDecimal(long scaled)
    {
        var negative = scaled < 0;
        return Normalize(negative ? unchecked((ulong)-scaled) : (ulong)scaled, negative);
    }

    /// <inheritdoc cref="ToDecimal(long)"/>
    public static decimal ToDecimal(Int128 scaled)
    {
        var negative = scaled < 0;
        var magnitude = (UInt128)(negative ? -scaled : scaled);
        if (magnitude <= ulong.MaxValue)
        {
            return Normalize((ulong)magnitude, negative);
        }

        var scale = Scale;
        while (scale > 0 && magnitude % 10 == 0)
        {
            magnitude /= 10;
            scale--;
        }

        if (magnitude >> 96 != 0)
        {
            throw new OverflowException($"{scaled} × 10^-10 does not fit System.Decimal.");
        }

        return unchecked(new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), negative, (byte)scale));
    }

    /// <summary>The value times 10^10, rounded half away from zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in [0, 10^8).</exception>
    public static long PriceFromDecimal(decimal price)
    {
        if (price < 0 || price >= 100_000_000m)
        {
            throw new ArgumentOutOfRangeException(nameof(price), price, "A price must be at least 0 and below 10^8.");
        }

        return (long)VolumeFromDecimal(price);
    }

    /// <inheritdoc cref="PriceFromDecimal"/>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in [0, 10^18).</exception>
    public static Int128 VolumeFromDecimal(decimal volume)
    {
        if (volume < 0 || volume >= 1_000_000_000_000_000_000m)
        {
            throw new ArgumentOutOfRangeException(nameof(volume), volume, "A volume must be at least 0 and below 10^18.");
        }

        var rounded = decimal.Round(volume, Scale, MidpointRounding.AwayFromZero);
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(rounded, bits);
        var magnitude = new UInt128(unchecked((uint)bits[2]), ((ulong)unchecked((uint)bits[1]) << 32) | unchecked((uint)bits[0]));
        for (var scale = (bits[3] >> 16) & 0xFF; scale < Scale; scale++)
        {
            magnitude *= 10;
        }

        return (Int128)magnitude;
    }

    /// <summary>Plain digits without exponent or trailing zeros: <c>0.1</c>, <c>42000</c>.</summary>
    public static string ToText(Int128 scaled) => ToDecimal(scaled).ToString(CultureInfo.InvariantCulture);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static decimal Normalize(ulong magnitude, bool negative)
    {
        if (magnitude == 0)
        {
            return 0m;
        }

        unchecked
        {
            var scale = Scale;
            if ((magnitude & 0xFF) == 0 && (magnitude >> 8) * Inverse5Pow8 is var by8 && by8 <= ulong.MaxValue / 100_000_000)
            {
                magnitude = by8;
                scale -= 8;
            }
            else if ((magnitude & 0xF) == 0 && (magnitude >> 4) * Inverse5Pow4 is var by4 && by4 <= ulong.MaxValue / 10_000)
            {
                magnitude = by4;
                scale -= 4;
            }

            if (scale >= 2 && (magnitude & 0x3) == 0 && (magnitude >> 2) * Inverse5Pow2 is var by2 && by2 <= ulong.MaxValue / 100)
            {
                magnitude = by2;
                scale -= 2;
            }

            while (scale > 0 && (magnitude & 1) == 0 && (magnitude >> 1) * Inverse5 is var by1 && by1 <= ulong.MaxValue / 10)
            {
                magnitude = by1;
                scale--;
            }

            return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), 0, negative, (byte)scale);
        }
    }
}
