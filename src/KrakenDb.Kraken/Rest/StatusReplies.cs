using System.Globalization;
using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The results of <c>Time</c> and <c>SystemStatus</c>.</summary>
internal static class StatusReplies
{
    /// <summary>The exchange's clock, in whole seconds. Its <c>rfc1123</c> has a year of two digits and is not read.</summary>
    public static DateTimeOffset ReadTime(ref Utf8JsonReader reader)
    {
        DateTimeOffset? time = null;
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the time");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTime = reader.ValueTextEquals("unixtime"u8);
            reader.Read();
            if (isTime && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var seconds) && seconds is >= 0 and <= 253_402_300_799)
            {
                time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            }
            else
            {
                reader.Skip();
            }
        }

        return time ?? throw new ReplyShapeException("the reply has no unixtime");
    }

    public static KrakenSystemStatus ReadSystemStatus(ref Utf8JsonReader reader)
    {
        string? status = null;
        DateTimeOffset? time = null;
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the status");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
            }
            else if (name == "status")
            {
                status = reader.GetString();
            }
            else if (name == "timestamp" && DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
            {
                time = parsed;
            }
        }

        return new KrakenSystemStatus(status ?? throw new ReplyShapeException("the reply has no status"), time);
    }
}
