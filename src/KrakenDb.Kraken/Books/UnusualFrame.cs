using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>Frames read as JSON, whatever the order of their keys: answers, status, other channels, and book frames that are written in another way.</summary>
internal static class UnusualFrame
{
    private static readonly WireTimeText Time = new();
    private static readonly Lock TimeLock = new();

    public static void Read(ReadOnlySpan<byte> text, BookFrame frame, KrakenBookWire wire)
    {
        try
        {
            using var document = JsonDocument.Parse(text.ToArray());
            Read(document.RootElement, frame, wire);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            frame.Clear();
            frame.Error = exception.Message;
        }
    }

    private static void Read(JsonElement root, BookFrame frame, KrakenBookWire wire)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("the message is not an object");
        }

        frame.Channel = Text(root, "channel");
        frame.Type = Text(root, "type");
        if (frame.Channel is null)
        {
            ReadAnswer(root, frame, wire);
            return;
        }

        var hasData = root.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array && data.GetArrayLength() > 0;
        switch (frame.Channel)
        {
            case "heartbeat":
                frame.Kind = BookFrameKind.Heartbeat;
                break;
            case "status":
                frame.Kind = BookFrameKind.Status;
                if (hasData && data[0].TryGetProperty("connection_id", out var id) && id.TryGetUInt64(out var connection))
                {
                    frame.ConnectionId = connection;
                }

                break;
            case "book":
                ReadBook(hasData ? data[0] : throw new FormatException("a book frame has no data"), frame, wire);
                break;
            default:
                frame.Kind = BookFrameKind.Other;
                frame.Symbol = hasData && Text(data[0], "symbol") is { } name ? Known(wire, name) : null;
                break;
        }
    }

    private static void ReadAnswer(JsonElement root, BookFrame frame, KrakenBookWire wire)
    {
        frame.Type = Text(root, "method");
        if (frame.Type is null && !root.TryGetProperty("error", out _) && !root.TryGetProperty("Error", out _))
        {
            frame.Kind = BookFrameKind.Other;
            return;
        }

        frame.Kind = BookFrameKind.Answer;
        frame.Error = Text(root, "error") ?? Text(root, "Error");
        frame.Symbol = Text(root, "symbol");
        if (root.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.Object)
        {
            frame.Symbol = Text(result, "symbol") ?? frame.Symbol;
            frame.Channel = Text(result, "channel");
            if (frame.Channel == "book" && frame.Type == "subscribe" && result.TryGetProperty("depth", out var depth) && depth.TryGetInt32(out var levels))
            {
                frame.Depth = levels;
            }
        }

        frame.Symbol = frame.Symbol is { } symbol ? Known(wire, symbol) : null;
    }

    private static void ReadBook(JsonElement book, BookFrame frame, KrakenBookWire wire)
    {
        frame.Symbol = Known(wire, Text(book, "symbol") ?? throw new FormatException("a book frame has no symbol"));
        ReadLevels(book, "bids", frame);
        frame.EndBids();
        ReadLevels(book, "asks", frame);
        if (book.TryGetProperty("checksum", out var checksum) && checksum.ValueKind == JsonValueKind.Number)
        {
            frame.Checksum = checksum.TryGetUInt32(out var value) ? value : throw new FormatException($"the checksum {checksum.GetRawText()} has more than 32 bits");
        }

        if (Text(book, "timestamp") is { } time)
        {
            lock (TimeLock)
            {
                frame.ExchangeTime = Time.TryRead(System.Text.Encoding.UTF8.GetBytes(time), out var nanoseconds) ? nanoseconds : throw new FormatException($"'{time}' is not a time");
            }
        }

        frame.Kind = frame.Type switch
        {
            "snapshot" => BookFrameKind.Snapshot,
            "update" => BookFrameKind.Update,
            _ => throw new FormatException($"a book frame of type '{frame.Type}'"),
        };
    }

    private static void ReadLevels(JsonElement book, string side, BookFrame frame)
    {
        if (!book.TryGetProperty(side, out var levels))
        {
            return;
        }

        foreach (var level in levels.EnumerateArray())
        {
            var (price, quantity) = (level.GetProperty("price").GetRawText(), level.GetProperty("qty").GetRawText());
            if (!WireDecimal.TryRead(System.Text.Encoding.UTF8.GetBytes(price), out var priceDigits, out var priceDecimals)
                || !WireDecimal.TryRead(System.Text.Encoding.UTF8.GetBytes(quantity), out var quantityDigits, out var quantityDecimals)
                || !WireDecimal.TryLevel(priceDigits, priceDecimals, quantityDigits, quantityDecimals, out var read))
            {
                throw new FormatException($"{side}: price {price}, quantity {quantity} is not a level within the limits (0 < price < 10^8, 0 <= quantity < 10^18, at most 10 decimals)");
            }

            frame.Add(read);
        }
    }

    private static string Known(KrakenBookWire wire, string symbol) => symbol.Length <= 64 && !symbol.Any(char.IsControl)
        ? wire.Intern(System.Text.Encoding.UTF8.GetBytes(symbol))
        : throw new FormatException("the symbol is no name of a market");

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
