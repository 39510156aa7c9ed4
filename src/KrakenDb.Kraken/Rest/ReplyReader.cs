using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The envelope of every reply: <c>{"error":[…],"result":…}</c>; the result is absent where there is an error.</summary>
internal static class ReplyReader
{
    /// <summary>Reads the result; the reader stands on its first token, and on its last afterwards.</summary>
    public delegate T ResultReader<T>(ref Utf8JsonReader reader);

    /// <summary>The errors, and the result where there is one.</summary>
    /// <exception cref="JsonException">Not JSON, or cut off.</exception>
    /// <exception cref="ReplyShapeException">JSON of another form.</exception>
    public static (List<string> Errors, bool HasResult, T? Result) Read<T>(ReadOnlySpan<byte> body, ResultReader<T> read)
    {
        var reader = new Utf8JsonReader(body);
        var errors = new List<string>();
        var result = default(T);
        var hasResult = false;
        var hasErrors = false;
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("error"u8))
            {
                hasErrors = true;
                reader.Read();
                Expect(ref reader, JsonTokenType.StartArray, "an array of errors");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    errors.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Shape(ref reader, "an error text"));
                }
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                reader.Read();
                result = read(ref reader);
                hasResult = true;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // Reads on to the end, so that a body that was cut or goes on behind the object is noticed before anything of it is used.
        while (reader.Read())
        {
        }

        return hasErrors ? (errors, hasResult, result) : throw new ReplyShapeException("the reply has no list of errors");
    }

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw Shape(ref reader, what);
        }
    }

    /// <summary>Moves on to a token that must be of a type.</summary>
    public static void Next(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        reader.Read();
        Expect(ref reader, type, what);
    }

    public static ReplyShapeException Shape(ref Utf8JsonReader reader, string expected) =>
        new($"at byte {reader.TokenStartIndex} stands {reader.TokenType} where {expected} is expected");
}
