namespace KrakenDb.Simulator;

/// <summary>How Kraken's files write numbers, from real files of 2013 to 2025.</summary>
internal static class NumberText
{
    /// <summary>Prices always have a dot and no needless zeros: <c>122.0</c>, <c>123.61</c>.</summary>
    public static void Price(CsvBuffer buffer, long price)
    {
        var units = (ulong)price / (ulong)Scale.One;
        buffer.Integer(units);
        buffer.ShortFraction((ulong)price - (units * (ulong)Scale.One));
    }

    /// <summary>
    /// Volumes are integers where they can be and scientific where the integer ends in zeros: <c>0.1</c>, <c>2</c>, <c>1E+1</c>,
    /// <c>5.5E+2</c>.
    /// </summary>
    public static void Volume(CsvBuffer buffer, Int128 volume)
    {
        var (units, fraction) = Split(volume);
        if (fraction == 0)
        {
            WholeVolume(buffer, units);
            return;
        }

        buffer.Integer(units);
        buffer.ShortFraction(fraction);
    }

    /// <summary>
    /// A volume that went through a binary float on its way, as some of Kraken's rows since 2024: 17 significant digits,
    /// <c>192.13858802000001</c>, <c>161.83259530999998</c>. Rounded to 10 decimals it is the exact volume again.
    /// Falls back to <see cref="Volume"/> where a float would have been exact or the noise would reach the tenth decimal.
    /// </summary>
    /// <param name="buffer">The text's end.</param>
    /// <param name="volume">Scaled by 10^10.</param>
    /// <param name="draw">Chooses the noise.</param>
    public static void NoisyVolume(CsvBuffer buffer, Int128 volume, int draw)
    {
        var (units, fraction) = Split(volume);
        if (units is 0 or > 99_999 || fraction == 0)
        {
            Volume(buffer, volume);
            return;
        }

        var noise = (ulong)(1 + (draw & 3));
        var extraDigits = 17 - CsvBuffer.DigitCount(units) - Scale.Decimals;
        var above = (draw & 4) == 0;
        buffer.Integer(units);
        buffer.Byte((byte)'.');
        buffer.Digits(above ? fraction : fraction - 1, Scale.Decimals);
        buffer.Digits(above ? noise : (ulong)Scale.Power(extraDigits) - noise, extraDigits);
    }

    /// <summary>A fixed number of decimals, at most 10: <c>90.540000</c>.</summary>
    public static void Fixed(CsvBuffer buffer, Int128 value, int decimals)
    {
        var (units, fraction) = Split(value);
        buffer.Integer(units);
        if (decimals == 0)
            return;

        buffer.Byte((byte)'.');
        buffer.Digits(fraction / (ulong)Scale.Step(decimals), decimals);
    }

    private static (ulong Units, ulong Fraction) Split(Int128 value)
    {
        if (value <= long.MaxValue)
        {
            var small = (ulong)value;
            var units = small / (ulong)Scale.One;
            return (units, small - (units * (ulong)Scale.One));
        }

        var (quotient, remainder) = Int128.DivRem(value, Scale.One);
        return ((ulong)quotient, (ulong)remainder);
    }

    private static void WholeVolume(CsvBuffer buffer, ulong units)
    {
        var mantissa = units;
        while (mantissa % 10 == 0 && mantissa > 0)
            mantissa /= 10;
        if (mantissa == units)
        {
            buffer.Integer(units);
            return;
        }

        var digits = CsvBuffer.DigitCount(mantissa);
        var head = (ulong)Scale.Power(digits - 1);
        buffer.Integer(mantissa / head);
        if (digits > 1)
        {
            buffer.Byte((byte)'.');
            buffer.Digits(mantissa % head, digits - 1);
        }

        buffer.Text("E+"u8);
        buffer.Integer((ulong)(CsvBuffer.DigitCount(units) - 1));
    }
}
