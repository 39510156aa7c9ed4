using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The trades of one frame, kept until the whole frame has been read. <see href="https://docs.kraken.com/api/docs/websocket-v2/trade"/></summary>
internal sealed class TradeElements(ElementReader elements)
{
    // A snapshot has 50.
    private TradeRow[] _rows = new TradeRow[64];
    private string[] _symbols = new string[64];
    private TradeRow[] _ofOneSymbol = [];
    private int _count;
    private bool _isMixed;

    public void Clear()
    {
        _count = 0;
        _isMixed = false;
    }

    /// <summary>The reader stands on the object's start, and on its end afterwards.</summary>
    public void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        elements.Begin();
        string? symbol = null;
        string? orderType = null;
        var side = TradeSide.Buy;
        long price = 0;
        Int128 volume = 0;
        long id = 0;
        long time = 0;
        var hasSide = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("symbol"u8))
            {
                reader.Read();
                symbol = elements.Name(ref reader, "it has no symbol");
            }
            else if (reader.ValueTextEquals("side"u8))
            {
                reader.Read();
                hasSide = ReadSide(ref reader, out side);
            }
            else if (reader.ValueTextEquals("price"u8))
            {
                reader.Read();
                price = elements.Price(ref reader, "the price is no number");
            }
            else if (reader.ValueTextEquals("qty"u8))
            {
                reader.Read();
                volume = elements.Volume(ref reader, "the quantity is no number");
            }
            else if (reader.ValueTextEquals("ord_type"u8))
            {
                reader.Read();
                orderType = OrderType(ref reader);
            }
            else if (reader.ValueTextEquals("trade_id"u8))
            {
                reader.Read();
                id = elements.Whole(ref reader, "the trade id is no whole number");
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                reader.Read();
                time = elements.Time(ref reader, "the time is none");
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

        if (!hasSide)
        {
            elements.Reject("the side is neither buy nor sell");
        }

        if (time == 0)
        {
            elements.Reject("it has no time");
        }

        var row = new TradeRow { Id = id, TimestampNanoseconds = time, Price = price, Volume = volume, Side = side, OrderType = orderType, Misc = "" };
        if (row.Fault() is { } fault)
        {
            elements.Reject(fault);
        }

        if (elements.End(message, "trade"))
        {
            Add(symbol!, row);
        }
    }

    /// <summary>Each symbol's trades in the order of the wire; symbols in the order of their first.</summary>
    public void Deliver(IFrameSink sink, bool isSnapshot)
    {
        if (_count == 0)
        {
            return;
        }

        if (!_isMixed)
        {
            sink.OnTrades(_symbols[0], _rows.AsSpan(0, _count), isSnapshot);
            return;
        }

        // No frame with several symbols was ever seen; the documents do not rule it out.
        if (_ofOneSymbol.Length < _count)
        {
            _ofOneSymbol = new TradeRow[_rows.Length];
        }

        for (var first = 0; first < _count; first++)
        {
            var symbol = _symbols[first];
            if (_symbols.AsSpan(0, first).Contains(symbol))
            {
                continue;
            }

            var count = 0;
            for (var index = first; index < _count; index++)
            {
                if (_symbols[index] == symbol)
                {
                    _ofOneSymbol[count++] = _rows[index];
                }
            }

            sink.OnTrades(symbol, _ofOneSymbol.AsSpan(0, count), isSnapshot);
        }
    }

    private static bool ReadSide(ref Utf8JsonReader reader, out TradeSide side)
    {
        side = TradeSide.Buy;
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return false;
        }

        if (reader.ValueTextEquals("sell"u8))
        {
            side = TradeSide.Sell;
            return true;
        }

        return reader.ValueTextEquals("buy"u8);
    }

    // A type of order that Kraken adds one day is no reason to lose a trade, nor is one that is missing.
    private string? OrderType(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        if (reader.ValueTextEquals("limit"u8))
        {
            return "limit";
        }

        return reader.ValueTextEquals("market"u8) ? "market" : elements.Names.Read(ref reader);
    }

    private void Add(string symbol, in TradeRow row)
    {
        if (_count == _rows.Length)
        {
            Array.Resize(ref _rows, _count * 2);
            Array.Resize(ref _symbols, _count * 2);
        }

        _isMixed |= _count > 0 && symbol != _symbols[0];
        _symbols[_count] = symbol;
        _rows[_count++] = row;
    }
}
