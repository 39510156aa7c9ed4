using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The channels of WebSocket v2.</summary>
internal enum FrameChannel
{
    /// <summary>The message names no channel.</summary>
    None,
    Unknown,
    Status,
    Heartbeat,
    Trade,
    Ohlc,
    Ticker,
    Book,
    Instrument,
}

internal static class FrameChannels
{
    /// <summary>The wire's word.</summary>
    public static string Name(this FrameChannel channel) => channel switch
    {
        FrameChannel.Trade => "trade",
        FrameChannel.Ohlc => "ohlc",
        FrameChannel.Ticker => "ticker",
        FrameChannel.Book => "book",
        FrameChannel.Instrument => "instrument",
        FrameChannel.Status => "status",
        FrameChannel.Heartbeat => "heartbeat",
        _ => "unknown",
    };

    public static FrameChannel Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return FrameChannel.Unknown;
        }

        if (reader.ValueTextEquals("trade"u8))
        {
            return FrameChannel.Trade;
        }

        if (reader.ValueTextEquals("book"u8))
        {
            return FrameChannel.Book;
        }

        if (reader.ValueTextEquals("heartbeat"u8))
        {
            return FrameChannel.Heartbeat;
        }

        if (reader.ValueTextEquals("ohlc"u8))
        {
            return FrameChannel.Ohlc;
        }

        if (reader.ValueTextEquals("ticker"u8))
        {
            return FrameChannel.Ticker;
        }

        if (reader.ValueTextEquals("instrument"u8))
        {
            return FrameChannel.Instrument;
        }

        return reader.ValueTextEquals("status"u8) ? FrameChannel.Status : FrameChannel.Unknown;
    }
}
