using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The tickers of one frame, kept until the whole frame has been read. <see href="https://docs.kraken.com/api/docs/websocket-v2/ticker"/></summary>
internal sealed class TickerElements(ElementReader elements)
{
    private readonly List<(string Symbol, TickerRow Row)> _tickers = [];

    public void Clear() => _tickers.Clear();

    public void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        elements.Begin();
        string? symbol = null;
        long bid = 0, ask = 0, last = 0, vwap = 0, low = 0, high = 0, time = 0;
        Int128 bidVolume = 0, askVolume = 0, volume = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("symbol"u8))
            {
                reader.Read();
                symbol = elements.Name(ref reader, "it has no symbol");
            }
            else if (reader.ValueTextEquals("bid"u8))
            {
                bid = Price(ref reader);
            }
            else if (reader.ValueTextEquals("bid_qty"u8))
            {
                bidVolume = Volume(ref reader);
            }
            else if (reader.ValueTextEquals("ask"u8))
            {
                ask = Price(ref reader);
            }
            else if (reader.ValueTextEquals("ask_qty"u8))
            {
                askVolume = Volume(ref reader);
            }
            else if (reader.ValueTextEquals("last"u8))
            {
                last = Price(ref reader);
            }
            else if (reader.ValueTextEquals("volume"u8))
            {
                volume = Volume(ref reader);
            }
            else if (reader.ValueTextEquals("vwap"u8))
            {
                vwap = Price(ref reader);
            }
            else if (reader.ValueTextEquals("low"u8))
            {
                low = Price(ref reader);
            }
            else if (reader.ValueTextEquals("high"u8))
            {
                high = Price(ref reader);
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                // Absent before 2026.
                reader.Read();
                time = elements.Time(ref reader, "the time is none");
            }
            else if (reader.ValueTextEquals("change"u8) || reader.ValueTextEquals("change_pct"u8))
            {
                ElementReader.Skip(ref reader);
            }
            else
            {
                elements.Unknown(ref reader, message);
            }
        }

        if (symbol is null)
        {
            elements.Reject("it has no symbol");
        }

        if (elements.End(message, "ticker"))
        {
            _tickers.Add((symbol!, new TickerRow
            {
                Bid = bid,
                BidVolume = bidVolume,
                Ask = ask,
                AskVolume = askVolume,
                Last = last,
                Volume = volume,
                Vwap = vwap,
                Low = low,
                High = high,
                TimestampNanoseconds = time,
            }));
        }
    }

    public void Deliver(IFrameSink sink, bool isSnapshot)
    {
        foreach (var (symbol, row) in _tickers)
        {
            sink.OnTicker(symbol, row, isSnapshot);
        }
    }

    // A market without an order on one side, or that nobody traded in for a day, has zeros or nulls here: that is no error.
    private long Price(ref Utf8JsonReader reader)
    {
        reader.Read();
        var price = reader.TokenType == JsonTokenType.Null ? 0 : elements.Price(ref reader, "a price is no number");
        if (price is < 0 or >= FixedPoint.PriceLimit)
        {
            elements.Reject("a price is not in [0, 10^8)");
        }

        return price;
    }

    private Int128 Volume(ref Utf8JsonReader reader)
    {
        reader.Read();
        var volume = reader.TokenType == JsonTokenType.Null ? 0 : elements.Volume(ref reader, "a quantity is no number");
        if (volume < 0 || volume >= FixedPoint.VolumeLimit)
        {
            elements.Reject("a quantity is not in [0, 10^18)");
        }

        return volume;
    }
}
