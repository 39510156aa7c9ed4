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
        return number > FixedPoint.PriceLimit ? FixedPoint.PriceLimit : (long)number;
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

    private static Int128 Scaled(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String or JsonTokenType.Number && DecimalText.TryParse(reader.ValueSpan, out var scaled, out _)
            ? scaled
            : throw ReplyReader.Shape(ref reader, "a number");
}
