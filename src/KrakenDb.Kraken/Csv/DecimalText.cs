using System.Runtime.CompilerServices;

namespace KrakenDb.Kraken;

/// <summary>Decimal text as integers scaled by 10^10 (<see cref="FixedPoint"/>), exactly; never through <see cref="double"/>.</summary>
internal static class DecimalText
{
    // So many digits of a scaled number fit an Int128; every limit of Core lies below.
    private const int ScaledDigitsMax = 38;
    private const int ExponentMax = 1_000_000;

    private static ReadOnlySpan<ulong> PowersOfTen =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    ];

    // 10^8 units at each number of decimals.
    private static ReadOnlySpan<ulong> PriceLimits =>
    [
        100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
        1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ];

    /// <summary>
    /// Plain digits with at most 18 of them and at most 10 behind the dot, the usual text in Kraken's files. Stops behind the end of the field.
    /// False for everything else, right or wrong: <see cref="TryParse"/> decides.
    /// </summary>
    /// <param name="at">In a buffer that has something other than a digit at its end.</param>
    /// <param name="mantissa">The digits without the dot.</param>
    /// <param name="decimals">How many of them stand behind the dot.</param>
    /// <param name="end">What ends the field: a comma, or a line feed, before which a carriage return is left out.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool TryReadPlain(ref byte* at, out ulong mantissa, out int decimals, byte end = (byte)',')
    {
        unchecked
        {
            var next = at;
            ulong value = 0;
            uint digit;
            while ((digit = (uint)(*next - '0')) <= 9)
            {
                value = (value * 10) + digit;
                next++;
            }

            var digits = next - at;
            var behind = 0L;
            if (*next == '.')
            {
                var dot = ++next;
                while ((digit = (uint)(*next - '0')) <= 9)
                {
                    value = (value * 10) + digit;
                    next++;
                }

                behind = next - dot;
                digits += behind;
            }

            if (end == '\n' && *next == '\r')
            {
                next++;
            }

            at = next + 1;
            mantissa = value;
            decimals = (int)behind;

            // The first operand also keeps runs of digits out that would have wrapped.
            return digits is > 0 and <= 18 && behind <= FixedPoint.Scale && *next == end;
        }
    }

    /// <summary>False for prices at or over the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryScalePrice(ulong mantissa, int decimals, out long scaled)
    {
        scaled = unchecked((long)(mantissa * PowersOfTen[FixedPoint.Scale - decimals]));
        return mantissa < PriceLimits[decimals];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 ScaleVolume(ulong mantissa, int decimals)
    {
        var high = Math.BigMul(mantissa, PowersOfTen[FixedPoint.Scale - decimals], out var low);
        return new Int128(high, low);
    }

    /// <summary>Any decimal number: sign, digits, dot, exponent (<c>1E+1</c>, <c>5.5E+2</c>, <c>1e-08</c>).</summary>
    /// <param name="text">Without blanks around it.</param>
    /// <param name="scaled">Times 10^10, rounded half away from zero; <see cref="Int128.MaxValue"/> (or its negative) for what has more than 28 digits before the dot.</param>
    /// <param name="rounded">Whether digits other than 0 were cut off behind the tenth decimal.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out Int128 scaled, out bool rounded)
    {
        scaled = 0;
        rounded = false;
        var negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }

        var mark = text.IndexOfAny((byte)'e', (byte)'E');
        var exponent = 0;
        if (mark >= 0 && !TryParseExponent(text[(mark + 1)..], out exponent))
        {
            return false;
        }

        var mantissa = mark >= 0 ? text[..mark] : text;
        var dot = mantissa.IndexOf((byte)'.');
        var whole = dot >= 0 ? mantissa[..dot] : mantissa;
        var fraction = dot >= 0 ? mantissa[(dot + 1)..] : [];
        if (whole.Length + fraction.Length == 0 || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var magnitude = Scale(whole, fraction, exponent, out rounded);
        scaled = negative ? -magnitude : magnitude;
        return true;
    }

    private static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        var negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }

        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        foreach (var digit in text)
        {
            exponent = Math.Min(ExponentMax, (exponent * 10) + (digit - '0'));
        }

        exponent = negative ? -exponent : exponent;
        return true;
    }

    private static Int128 Scale(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent, out bool rounded)
    {
        // Digit i of the text stands for d × 10^(whole.Length + exponent + 10 - 1 - i) in the scaled number.
        var kept = (long)whole.Length + exponent + FixedPoint.Scale;
        var length = whole.Length + fraction.Length;
        UInt128 value = 0;
        var up = false;
        rounded = false;
        var significant = 0;
        for (var index = 0; index < length; index++)
        {
            var digit = (uint)((index < whole.Length ? whole[index] : fraction[index - whole.Length]) - '0');
            if (index < kept)
            {
                if (significant > 0 || digit > 0)
                {
                    if (++significant > ScaledDigitsMax)
                    {
                        return Int128.MaxValue;
                    }

                    value = (value * 10) + digit;
                }
            }
            else
            {
                up |= index == kept && digit >= 5;
                rounded |= digit > 0;
            }
        }

        if (value != 0)
        {
            for (var missing = kept - length; missing > 0; missing--)
            {
                if (++significant > ScaledDigitsMax)
                {
                    return Int128.MaxValue;
                }

                value *= 10;
            }
        }

        // 38 digits lie below 10^38, well within Int128.
        return (Int128)value + (up ? 1 : 0);
    }
}
