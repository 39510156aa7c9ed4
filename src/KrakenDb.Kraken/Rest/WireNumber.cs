using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>Kraken's numbers, in quotes or without, from the bytes of a reply to scaled integers; exactly.</summary>
internal static class WireNumber
{
    private static ReadOnlySpan<long> NanosecondsPerDigit => [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

    /// <summary>A price at scale 10; impossible values are the caller's business.</summary>
    public static unsafe long Price(ref Utf8JsonReader reader)
    {
        fixed (byte* start = reader.ValueSpan)
        {
            // What ends the text is the byte behind it: a quote for a string.
            var at = start;
            if (reader.TokenType == JsonTokenType.String && DecimalText.TryReadPlain(ref at, out var mantissa, out var decimals, (byte)'"')
                && DecimalText.TryScalePrice(mantissa, decimals, out var scaled))
            {
                return scaled;
            }
        }

        var number = Scaled(ref reader);
        return number < 0 ? -1 : number > FixedPoint.PriceLimit ? FixedPoint.PriceLimit : (long)number;
    }

    /// <summary>A volume at scale 10.</summary>
    public static unsafe Int128 Volume(ref Utf8JsonReader reader)
    {
        fixed (byte* start = reader.ValueSpan)
        {
            var at = start;
            if (reader.TokenType == JsonTokenType.String && DecimalText.TryReadPlain(ref at, out var mantissa, out var decimals, (byte)'"'))
            {
                return DecimalText.ScaleVolume(mantissa, decimals);
            }
        }

        return Scaled(ref reader);
    }

    /// <summary>Seconds, possibly with a fraction, as nanoseconds: the digits of the text and nothing else.</summary>
    public static unsafe long Nanoseconds(ref Utf8JsonReader reader)
    {
        fixed (byte* start = reader.ValueSpan)
        {
            var at = start;
            if (reader.TokenType == JsonTokenType.Number && DecimalText.TryReadPlain(ref at, out var mantissa, out var decimals) && decimals <= 9 && mantissa < 9_000_000_000_000_000_000)
            {
                var nanoseconds = (Int128)mantissa * NanosecondsPerDigit[decimals];
                if (nanoseconds <= long.MaxValue)
                {
                    return (long)nanoseconds;
                }
            }
        }

        var result = Scaled(ref reader) / 10;
        return result >= long.MinValue && result <= long.MaxValue ? (long)result : throw ReplyReader.Shape(ref reader, "a time");
    }

    /// <summary>Any number, in quotes or without, at scale 10; false (the reader has skipped the value) where there is none.</summary>
    /// <param name="rounded">Whether digits other than 0 were cut off behind the tenth decimal.</param>
    public static bool TryScaled(ref Utf8JsonReader reader, out Int128 scaled, out bool rounded)
    {
        rounded = false;
        scaled = 0;
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            reader.Skip();
            return false;
        }

        if (TryPlain(reader.ValueSpan, out var mantissa, out var decimals))
        {
            scaled = DecimalText.ScaleVolume(mantissa, decimals);
            return true;
        }

        return DecimalText.TryParse(reader.ValueSpan, out scaled, out rounded);
    }

    /// <summary>As <see cref="TryScaled"/> for a price: what is not in [0, 10^8) becomes the nearest value outside.</summary>
    public static bool TryPrice(ref Utf8JsonReader reader, out long scaled, out bool rounded)
    {
        rounded = false;
        if (reader.TokenType is JsonTokenType.Number or JsonTokenType.String && TryPlain(reader.ValueSpan, out var mantissa, out var decimals))
        {
            if (!DecimalText.TryScalePrice(mantissa, decimals, out scaled))
            {
                scaled = FixedPoint.PriceLimit;
            }

            return true;
        }

        var isNumber = TryScaled(ref reader, out var number, out rounded);
        scaled = number < 0 ? -1 : number >= FixedPoint.PriceLimit ? FixedPoint.PriceLimit : (long)number;
        return isNumber;
    }

    // Digits and a dot, at most 18 digits and at most 10 of them behind the dot.
    private static bool TryPlain(ReadOnlySpan<byte> text, out ulong mantissa, out int decimals)
    {
        unchecked
        {
            ulong value = 0;
            var dot = -1;
            for (var index = 0; index < text.Length; index++)
            {
                var digit = (uint)(text[index] - '0');
                if (digit <= 9)
                {
                    value = (value * 10) + digit;
                }
                else if (text[index] == '.' && dot < 0)
                {
                    dot = index;
                }
                else
                {
                    dot = int.MinValue;
                    break;
                }
            }

            mantissa = value;
            decimals = dot < 0 ? 0 : text.Length - 1 - dot;
            var digits = dot < 0 ? text.Length : text.Length - 1;
            return dot != int.MinValue && digits is > 0 and <= 18 && decimals <= FixedPoint.Scale;
        }
    }

    private static Int128 Scaled(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Number && DecimalText.TryParse(reader.ValueSpan, out var scaled, out _)
            ? scaled
            : throw ReplyReader.Shape(ref reader, "a number");
}
