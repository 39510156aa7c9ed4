using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KrakenDb.Simulator;

/// <summary>The text of one reply.</summary>
internal sealed class WireText : IDisposable
{
    // Kraken does not escape the plus sign of its times.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _bytes = new(1 << 16);
    private readonly CsvBuffer _number = new(64);

    public WireText() => Json = new Utf8JsonWriter(_bytes, Options);

    public Utf8JsonWriter Json { get; }

    /// <summary>The envelope of an error has no result.</summary>
    public static byte[] Error(string error)
    {
        using var text = new WireText();
        text.Json.WriteStartObject();
        text.Json.WriteStartArray("error"u8);
        text.Json.WriteStringValue(error);
        text.Json.WriteEndArray();
        text.Json.WriteEndObject();
        return text.ToArray();
    }

    /// <summary>An envelope around a result.</summary>
    public static byte[] Success(Action<WireText> writeResult)
    {
        using var text = new WireText();
        text.Json.WriteStartObject();
        text.Json.WriteStartArray("error"u8);
        text.Json.WriteEndArray();
        text.Json.WritePropertyName("result"u8);
        writeResult(text);
        text.Json.WriteEndObject();
        return text.ToArray();
    }

    /// <summary>A string with a fixed number of decimals; further ones are cut off.</summary>
    /// <param name="value">Scaled by 10^10.</param>
    public void Fixed(Int128 value, int decimals)
    {
        _number.Clear();
        NumberText.Fixed(_number, value, decimals);
        Json.WriteStringValue(_number.Written.Span);
    }

    /// <summary>The same, but with more decimals where the value has more.</summary>
    public void Whole(Int128 value, int decimals)
    {
        while (decimals < Scale.Decimals && value % Scale.Step(decimals) != 0)
            decimals++;
        Fixed(value, decimals);
    }

    public void Dispose() => Json.Dispose();

    private byte[] ToArray()
    {
        Json.Flush();
        return _bytes.WrittenSpan.ToArray();
    }
}
