using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The result of <c>Depth</c>.</summary>
internal static class DepthReply
{
    public static KrakenDepth Read(ref Utf8JsonReader reader)
    {
        IReadOnlyList<KrakenDepthLevel> asks = [];
        IReadOnlyList<KrakenDepthLevel> bids = [];
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the book of a pair");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReplyReader.Next(ref reader, JsonTokenType.StartObject, "a book");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("asks"u8))
                {
                    asks = ReadSide(ref reader);
                }
                else if (reader.ValueTextEquals("bids"u8))
                {
                    bids = ReadSide(ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }

        return new KrakenDepth(asks, bids);
    }

    private static List<KrakenDepthLevel> ReadSide(ref Utf8JsonReader reader)
    {
        var levels = new List<KrakenDepthLevel>();
        ReplyReader.Next(ref reader, JsonTokenType.StartArray, "an array of levels");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ReplyReader.Expect(ref reader, JsonTokenType.StartArray, "a level");
            reader.Read();
            var price = WireNumber.Price(ref reader);
            reader.Read();
            var volume = WireNumber.Volume(ref reader);
            reader.Read();
            var time = WireNumber.Nanoseconds(ref reader);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                reader.Skip();
            }

            levels.Add(new KrakenDepthLevel(FixedPoint.ToDecimal(price), FixedPoint.ToDecimal(volume), UnixTime.ToDateTimeOffset(time / 1000)));
        }

        return levels;
    }
}
