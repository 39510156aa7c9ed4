using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KrakenDb;

/// <summary>Named values in rows, printed as CSV or JSON. A value is a string, bool, integer, decimal, time, list of strings, nested records, or null.</summary>
internal sealed class Records(params string[] names)
{
    private static readonly JsonWriterOptions JsonOptions = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<object?[]> _rows = [];

    public void Add(params object?[] values)
    {
        if (values.Length != names.Length)
        {
            throw new ArgumentException($"{values.Length} values for {names.Length} names.", nameof(values));
        }

        _rows.Add(values);
    }

    /// <summary>One array, or a header and a line per row.</summary>
    public void WriteAll(Stream stream, OutputFormat format) => Write(stream, format, WriteArray);

    /// <summary>The only row as one object, or a header and one line.</summary>
    public void WriteOne(Stream stream, OutputFormat format) => Write(stream, format, json => WriteObject(json, _rows.Single()));

    private void Write(Stream stream, OutputFormat format, Action<Utf8JsonWriter> write)
    {
        var output = new Utf8Output(stream);
        if (format == OutputFormat.Csv)
        {
            output.Text(string.Join(',', names) + "\n");
            foreach (var row in _rows)
            {
                output.Text(string.Join(',', row.Select(value => Quoted(Text(value)))) + "\n");
            }
        }
        else
        {
            using var memory = new MemoryStream();
            using (var json = new Utf8JsonWriter(memory, JsonOptions))
            {
                write(json);
            }

            output.Bytes(memory.GetBuffer().AsSpan(0, (int)memory.Length));
            output.Byte((byte)'\n');
        }

        output.Flush();
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string Number(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);

    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    // Nested rows in one CSV field: values by slash, as ISO 8601 writes a range of times, rows by space.
    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        decimal number => Number(number),
        DateTimeOffset time => Time(time),
        IEnumerable<string> texts => string.Join(' ', texts),
        Records records => string.Join(' ', records._rows.Select(row => string.Join('/', row.Select(Text)))),
        IFormattable other => other.ToString(format: null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"A value of type {value.GetType().Name}."),
    };

    private void WriteArray(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var row in _rows)
        {
            WriteObject(json, row);
        }

        json.WriteEndArray();
    }

    private void WriteObject(Utf8JsonWriter json, object?[] row)
    {
        json.WriteStartObject();
        for (var index = 0; index < names.Length; index++)
        {
            json.WritePropertyName(names[index]);
            WriteValue(json, row[index]);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case Seconds seconds:
                json.WriteRawValue(Text(seconds));
                break;
            case Records records:
                records.WriteArray(json);
                break;
            case IEnumerable<string> texts when value is not string:
                json.WriteStartArray();
                foreach (var text in texts)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }
}

/// <summary>A measured duration: a JSON number of seconds to the millisecond.</summary>
internal readonly record struct Seconds(TimeSpan Value) : IFormattable
{
    public string ToString(string? format, IFormatProvider? formatProvider) => ((long)Value.TotalMilliseconds / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
