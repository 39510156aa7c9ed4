using System.Buffers.Binary;
using System.Numerics;

namespace KrakenDb.Timescale.Wire;

/// <summary>
/// PostgreSQL's binary <c>numeric</c> to and from integers scaled by 10^10: groups of four decimal digits, so that no decimal is made in between.
/// The layout is that of <c>numeric_send</c>: count, weight of the first group, sign, scale, groups.
/// </summary>
internal static class PgNumeric
{
    /// <summary>The length field and the longest value below 10^18 with 10 decimals.</summary>
    public const int BytesMax = 4 + 8 + (8 * 2);

    // 10 decimals reach into the third group after the point, which holds two digits more.
    private const int LastWeight = -3;
    private const ulong FourGroups = 10_000_000_000_000_000;

    /// <summary>Writes length and value; returns the bytes written.</summary>
    public static int Write(Span<byte> target, long scaled) => Write(target, (Int128)scaled);

    /// <inheritdoc cref="Write(Span{byte}, long)"/>
    /// <param name="target">At least <see cref="BytesMax"/> bytes.</param>
    /// <param name="scaled">In [0, 10^28).</param>
    public static int Write(Span<byte> target, Int128 scaled)
    {
        unchecked
        {
            Span<ushort> groups = stackalloc ushort[9];
            var count = 1;
            ulong low;
            ulong high = 0;
            if (scaled <= long.MaxValue)
            {
                var (whole, rest) = Math.DivRem((ulong)scaled, 100);
                groups[0] = (ushort)(rest * 100);
                low = whole;
            }
            else
            {
                var whole = (UInt128)scaled / 100;
                groups[0] = (ushort)((ulong)((UInt128)scaled - (whole * 100)) * 100);
                high = (ulong)(whole / FourGroups);
                low = (ulong)(whole - ((UInt128)high * FourGroups));
            }

            for (; low != 0 || (high != 0 && count < 5); low /= 10_000)
            {
                groups[count++] = (ushort)(low % 10_000);
            }

            for (; high != 0; high /= 10_000)
            {
                groups[count++] = (ushort)(high % 10_000);
            }

            var first = count - 1;
            while (first >= 0 && groups[first] == 0)
            {
                first--;
            }

            var last = 0;
            while (last < first && groups[last] == 0)
            {
                last++;
            }

            var digits = first < 0 ? 0 : first - last + 1;
            BinaryPrimitives.WriteInt32BigEndian(target, 8 + (digits * 2));
            BinaryPrimitives.WriteInt16BigEndian(target[4..], (short)digits);
            BinaryPrimitives.WriteInt16BigEndian(target[6..], (short)(digits == 0 ? 0 : first + LastWeight));
            BinaryPrimitives.WriteInt16BigEndian(target[8..], 0);
            BinaryPrimitives.WriteInt16BigEndian(target[10..], FixedPoint.Scale);
            for (var index = 0; index < digits; index++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(target[(12 + (index * 2))..], groups[first - index]);
            }

            return 12 + (digits * 2);
        }
    }

    /// <summary>A price below 10^8 with at most 10 decimals, scaled.</summary>
    public static long ReadPrice(ReadOnlySpan<byte> value) => checked((long)ReadVolume(value));

    /// <summary>A number below 10^27 with at most 10 decimals, scaled.</summary>
    public static Int128 ReadVolume(ReadOnlySpan<byte> value)
    {
        var (digits, weight) = Header(value);
        if (weight > 1)
        {
            return (Int128)(Read(value, digits, weight, LastWeight) / 100);
        }

        unchecked
        {
            ulong whole = 0;
            ulong rest = 0;
            for (var index = 0; index < digits; index++)
            {
                ulong group = BinaryPrimitives.ReadUInt16BigEndian(value[(8 + (index * 2))..]);
                if (weight - index > LastWeight)
                {
                    whole = (whole * 10_000) + group;
                }
                else
                {
                    rest = group / 100;
                }
            }

            for (var at = weight - digits; at > LastWeight; at--)
            {
                whole *= 10_000;
            }

            return (whole * 100) + rest;
        }
    }

    /// <summary>A number of any size, times 10^20.</summary>
    public static BigInteger ReadValue(ReadOnlySpan<byte> value)
    {
        var (digits, weight) = Header(value);
        return Read(value, digits, weight, -5);
    }

    private static BigInteger Read(ReadOnlySpan<byte> value, int digits, int weight, int lastWeight)
    {
        var whole = BigInteger.Zero;
        for (var index = 0; weight - index >= lastWeight; index++)
        {
            whole = (whole * 10_000) + (index < digits ? BinaryPrimitives.ReadUInt16BigEndian(value[(8 + (index * 2))..]) : 0);
        }

        return whole;
    }

    private static (int Digits, int Weight) Header(ReadOnlySpan<byte> value)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(value[4..]) != 0)
        {
            throw new MarketStoreException("A number in the database is negative or not a number. The table was changed by something other than kraken-db; repair the row.");
        }

        return (BinaryPrimitives.ReadInt16BigEndian(value), BinaryPrimitives.ReadInt16BigEndian(value[2..]));
    }
}
