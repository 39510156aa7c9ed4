using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The candles of one frame, kept until the whole frame has been read. <see href="https://docs.kraken.com/api/docs/websocket-v2/ohlc"/></summary>
internal sealed class OhlcElements(ElementReader elements)
{
    private readonly List<(string Symbol, Interval Interval, CandleRow Row)> _candles = [];

    public void Clear() => _candles.Clear();

    public void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        elements.Begin();
        string? symbol = null;
        long open = 0, high = 0, low = 0, close = 0, vwap = 0, count = 0, begin = 0, minutes = 0;
        Int128 volume = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("symbol"u8))
            {
                reader.Read();
                symbol = elements.Name(ref reader, "it has no symbol");
            }
            else if (reader.ValueTextEquals("open"u8))
            {
                reader.Read();
                open = elements.Price(ref reader, "open is no number");
            }
            else if (reader.ValueTextEquals("high"u8))
            {
                reader.Read();
                high = elements.Price(ref reader, "high is no number");
            }
            else if (reader.ValueTextEquals("low"u8))
            {
                reader.Read();
                low = elements.Price(ref reader, "low is no number");
            }
            else if (reader.ValueTextEquals("close"u8))
            {
                reader.Read();
                close = elements.Price(ref reader, "close is no number");
            }
            else if (reader.ValueTextEquals("vwap"u8))
            {
                reader.Read();
                vwap = elements.Price(ref reader, "vwap is no number");
            }
            else if (reader.ValueTextEquals("volume"u8))
            {
                reader.Read();
                volume = elements.Volume(ref reader, "the volume is no number");
            }
            else if (reader.ValueTextEquals("trades"u8))
            {
                reader.Read();
                count = elements.Whole(ref reader, "the number of trades is no whole number");
            }
            else if (reader.ValueTextEquals("interval_begin"u8))
            {
                reader.Read();
                begin = elements.Time(ref reader, "interval_begin is no time");
            }
            else if (reader.ValueTextEquals("interval"u8))
            {
                reader.Read();
                minutes = elements.Whole(ref reader, "the interval is no whole number");
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                // Deprecated; documented as the start of the interval and sent as its end.
                ElementReader.Skip(ref reader);
            }
            else
            {
                elements.Unknown(ref reader, message);
            }
        }

        var row = new CandleRow
        {
            Timestamp = HistoricalTrade.FloorDivide(begin, 1000),
            Open = open,
            High = high,
            Low = low,
            Close = close,
            Volume = volume,
            QuoteVolume = CandleRow.UnknownVolume,
            TradeCount = count,
            Vwap = vwap == 0 ? CandleRow.UnknownPrice : vwap,
            Source = CandleSource.WebSocketOhlc,
        };
        if (Judge(symbol, begin, minutes, row) is { } fault)
        {
            elements.Reject(fault);
        }

        if (elements.End(message, "candle"))
        {
            _candles.Add((symbol!, new Interval((int)minutes), row));
        }
    }

    public void Deliver(IFrameSink sink, bool isSnapshot)
    {
        foreach (var (symbol, interval, row) in _candles)
        {
            sink.OnCandle(symbol, interval, row, isSnapshot);
        }
    }

    private static string? Judge(string? symbol, long begin, long minutes, in CandleRow row)
    {
        if (symbol is null)
        {
            return "it has no symbol";
        }

        if (begin == 0)
        {
            return "it has no interval_begin";
        }

        if (minutes is < 1 or > Interval.MaxMinutes)
        {
            return "the interval is no number of minutes";
        }

        // Weeks and fortnights of the exchange begin where it likes.
        return minutes <= 1440 && new Interval((int)minutes).Floor(row.Timestamp) != row.Timestamp ? "interval_begin is no start of an interval" : row.Fault();
    }
}
