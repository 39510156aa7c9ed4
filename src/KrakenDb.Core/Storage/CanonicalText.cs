using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace KrakenDb;

/// <summary>One spelling of what engines spell in several ways.</summary>
internal static class CanonicalText
{
    public static long Int64(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    /// <summary>Plain digits without a sign of zero, leading or trailing zeros, or an exponent: <c>1.50e1</c> is <c>15</c>.</summary>
    public static string Number(string text)
    {
        var (mantissa, exponent) = text.IndexOfAny(['e', 'E']) is var mark and > 0
            ? (text[..mark], int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : (text, 0);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var decimals = point < 0 ? 0 : mantissa.Length - point - 1;
        var digits = BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var scale = decimals - exponent;
        if (digits.IsZero)
        {
            return "0";
        }

        var sign = digits.Sign < 0 ? "-" : "";
        var plain = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture);
        if (scale <= 0)
        {
            return sign + plain + new string('0', -scale);
        }

        plain = plain.PadLeft(scale + 1, '0');
        return $"{sign}{plain[..^scale]}.{plain[^scale..]}".TrimEnd('0').TrimEnd('.');
    }

    /// <summary>Without white space, names in ordinal order, the last of equal names, numbers as <see cref="Number"/>.</summary>
    public static string Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory))
        {
            Write(writer, document.RootElement);
        }

        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject().GroupBy(property => property.Name, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Key);
                    Write(writer, property.Last().Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(Number(element.GetRawText()));
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
