using System.Globalization;
using System.Text;
using System.Text.Json;

namespace KrakenDb.Simulator;

/// <summary>The record of the WebSocket side, for other processes.</summary>
internal static class FeedReport
{
    /// <summary>Each connection with what it was sent, what was kept from it, and its faults.</summary>
    public static byte[] Connections(SimulatedExchange exchange)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("connections"u8);
            foreach (var record in exchange.FeedRecords)
                Write(json, record);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>Rows <c>a|b,price,quantity</c>, best first, then the checksum; numbers have the decimals of the wire.</summary>
    public static string Book(SimulatedExchange exchange, string symbol, long unixNanoseconds, int depth)
    {
        var (asks, bids, checksum) = exchange.Book(symbol, unixNanoseconds, depth);
        var pair = exchange.Pairs.First(pair => pair.IsCalled(symbol));
        var text = new StringBuilder();
        Write(text, 'a', asks, pair);
        Write(text, 'b', bids, pair);
        return text.Append(CultureInfo.InvariantCulture, $"checksum,{checksum}\n").ToString();
    }

    private static void Write(StringBuilder text, char side, IEnumerable<BookLevel> levels, ListedPair pair)
    {
        var number = new CsvBuffer(64);
        foreach (var level in levels)
        {
            number.Clear();
            NumberText.Fixed(number, (Int128)level.Ticks * Scale.Step(pair.PairDecimals), pair.PairDecimals);
            number.Byte((byte)',');
            NumberText.Fixed(number, (Int128)level.Lots * Scale.Step(pair.LotDecimals), pair.LotDecimals);
            text.Append(CultureInfo.InvariantCulture, $"{side},{Encoding.ASCII.GetString(number.Written.Span)}\n");
        }
    }

    private static void Write(Utf8JsonWriter json, FeedRecord record)
    {
        json.WriteStartObject();
        json.WriteNumber("connection_id"u8, record.ConnectionId);
        json.WriteString("opened"u8, WireTime.Iso(record.Opened));
        json.WriteString("ended"u8, record.Ended);
        json.WriteNumber("messages"u8, record.Messages);
        json.WriteStartObject("symbols"u8);
        foreach (var symbol in record.Symbols)
        {
            json.WriteStartObject(symbol);
            Write(json, "sent"u8, record.Sent(symbol));
            Write(json, "omitted"u8, record.Omitted(symbol));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("faults"u8);
        foreach (var fault in record.Faults)
        {
            json.WriteStartObject();
            json.WriteString("time"u8, fault.Time);
            json.WriteString("fault"u8, fault.Fault.ToString());
            json.WriteString("symbol"u8, fault.Symbol);
            if (fault.Trades is { } ids)
                Write(json, "trades"u8, [ids]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Pairs of first and last id.</summary>
    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<IdRange> ranges)
    {
        json.WriteStartArray(name);
        foreach (var ids in ranges)
        {
            json.WriteStartArray();
            json.WriteNumberValue(ids.First);
            json.WriteNumberValue(ids.Last);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
