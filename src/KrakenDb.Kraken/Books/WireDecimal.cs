using System.Buffers.Text;
using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>Numbers of book frames: their digits and decimals exactly as the text has them.</summary>
internal static class WireDecimal
{
    // 10^8 units of a price and 10^18 of a quantity are the limits of every engine.
    private const int PriceDigitsMax = 8;
    private const int QuantityDigitsMax = 18;

    /// <summary>Reads <c>123</c> or <c>0.00012300</c> as JSON allows it, without sign and exponent, of at most 29 digits; moves behind it.</summary>
    public static bool TryReadPlain(ref ReadOnlySpan<byte> text, out UInt128 digits, out int decimals)
    {
        unchecked
        {
            ulong value = 0;
            var (at, point) = (0, -1);
            for (; at < text.Length && at < 19; at++)
            {
                var digit = (uint)(text[at] - '0');
                if (digit <= 9)
                {
                    value = (value * 10) + digit;
                }
                else if (text[at] == '.' && point < 0)
                {
                    point = at;
                }
                else
                {
                    break;
                }
            }

            digits = value;
            decimals = 0;
            if (at == 19 && !ReadLong(text, ref digits, ref at, ref point))
            {
                return false;
            }

            // JSON: a digit on both sides of the point, no zero before another digit.
            var whole = point < 0 ? at : point;
            if (whole == 0 || point == at - 1 || (whole > 1 && text[0] == '0') || (at < text.Length && text[at] is (byte)'e' or (byte)'E' or (byte)'.'))
            {
                return false;
            }

            decimals = point < 0 ? 0 : at - point - 1;
            text = text[at..];
            return true;
        }
    }

    /// <summary>Any number of JSON, with exponent, if what it means has at most 10 decimals.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out UInt128 digits, out int decimals)
    {
        if (TryReadPlain(ref text, out digits, out decimals) && text.IsEmpty)
        {
            return true;
        }

        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 0)
        {
            Span<int> bits = stackalloc int[4];
            decimal.GetBits(number, bits);
            digits = unchecked(new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]));
            decimals = number.Scale;
            return true;
        }

        return false;
    }

    /// <summary>A level within the limits: 0 &lt; price &lt; 10^8, quantity &lt; 10^18, at most 10 decimals.</summary>
    public static bool TryLevel(UInt128 price, int priceDecimals, UInt128 quantity, int quantityDecimals, out WireLevel level)
    {
        if (priceDecimals > FixedPoint.Scale || quantityDecimals > FixedPoint.Scale || price == UInt128.Zero
            || price >= PowerOfTen(PriceDigitsMax + priceDecimals) || quantity >= PowerOfTen(QuantityDigitsMax + quantityDecimals))
        {
            level = default;
            return false;
        }

        level = new WireLevel((long)price, (byte)priceDecimals, quantity, (byte)quantityDecimals);
        return true;
    }

    public static int Write(Span<byte> text, ulong digits, int decimals)
    {
        // Leading zeros up to the one before the point, then the point is put in.
        Utf8Formatter.TryFormat(digits, text, out var length, new System.Buffers.StandardFormat('D', (byte)(decimals + 1)));
        return InsertPoint(text, length, decimals);
    }

    public static int Write(Span<byte> text, UInt128 digits, int decimals)
    {
        digits.TryFormat(text, out var length, $"D{decimals + 1}", CultureInfo.InvariantCulture);
        return InsertPoint(text, length, decimals);
    }

    private static int InsertPoint(Span<byte> text, int length, int decimals)
    {
        if (decimals == 0)
        {
            return length;
        }

        text.Slice(length - decimals, decimals).CopyTo(text[(length - decimals + 1)..]);
        text[length - decimals] = (byte)'.';
        return length + 1;
    }

    private static bool ReadLong(ReadOnlySpan<byte> text, ref UInt128 digits, ref int at, ref int point)
    {
        for (; at < text.Length && at <= 30; at++)
        {
            if ((uint)(text[at] - '0') is var digit && digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[at] == '.' && point < 0)
            {
                point = at;
            }
            else
            {
                break;
            }
        }

        return at <= 30;
    }

    private static UInt128 PowerOfTen(int exponent) => Powers[exponent];

    private static readonly UInt128[] Powers = CreatePowers();

    private static UInt128[] CreatePowers()
    {
        var powers = new UInt128[QuantityDigitsMax + FixedPoint.Scale + 1];
        powers[0] = 1;
        for (var index = 1; index < powers.Length; index++)
        {
            powers[index] = powers[index - 1] * 10;
        }

        return powers;
    }
}
