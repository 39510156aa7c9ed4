using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>A message that subscribes or unsubscribes symbols of one channel.</summary>
internal sealed record SubscribeRequest(long Id, bool IsUnsubscribe, Topic Topic, IReadOnlyList<Subscription> Subscriptions)
{
    // Slashes and plus signs stay what they are.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Ping(long id) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"method":"ping","req_id":{{id}}}"""));

    public byte[] ToMessage()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        writer.WriteString("method"u8, IsUnsubscribe ? "unsubscribe"u8 : "subscribe"u8);
        writer.WriteStartObject("params"u8);
        writer.WriteString("channel"u8, Topic.Channel.Name());
        if (Topic.Channel == FrameChannel.Instrument)
        {
            writer.WriteBoolean("include_tokenized_assets"u8, value: false);
        }
        else
        {
            writer.WriteStartArray("symbol"u8);
            foreach (var subscription in Subscriptions)
            {
                writer.WriteStringValue(subscription.Symbol);
            }

            writer.WriteEndArray();
        }

        switch (Topic.Channel)
        {
            case FrameChannel.Ohlc:
                writer.WriteNumber("interval"u8, Topic.Parameter);
                break;
            case FrameChannel.Book:
                writer.WriteNumber("depth"u8, Topic.Parameter);
                break;
            case FrameChannel.Ticker:
                writer.WriteString("event_trigger"u8, "bbo"u8);
                break;
        }

        if (!IsUnsubscribe)
        {
            // The default of trades is no snapshot.
            writer.WriteBoolean("snapshot"u8, value: true);
        }

        writer.WriteEndObject();
        writer.WriteNumber("req_id"u8, Id);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
