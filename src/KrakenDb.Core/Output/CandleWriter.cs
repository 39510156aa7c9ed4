using System.Globalization;
using System.Text;

namespace KrakenDb;

/// <summary>
/// A stream of candles as CSV or JSON. The fields and their order are an interface: symbol, timestamp, interval_minutes, open, high, low, close,
/// volume, quote_volume, trade_count, vwap, complete.
/// </summary>
internal sealed class CandleWriter(Utf8Output output, OutputFormat format)
{
    private string? _symbol;
    private byte[] _symbolBytes = [];
    private bool _any;

    /// <summary>A JSON object with an array of candles per interval, under its minutes.</summary>
    public static void WriteTimeframes(Utf8Output output, IReadOnlyDictionary<Interval, IReadOnlyList<Candle>> timeframes)
    {
        var separator = "{";
        foreach (var (interval, candles) in timeframes)
        {
            output.Text(string.Create(CultureInfo.InvariantCulture, $"{separator}\n\"{interval.Minutes}\": "));
            var writer = new CandleWriter(output, OutputFormat.Json);
            writer.Begin();
            foreach (var candle in candles)
            {
                writer.Write(candle);
            }

            writer.End();
            separator = ",";
        }

        output.Bytes("}\n"u8);
    }

    public void Begin()
    {
        if (format == OutputFormat.Csv)
        {
            output.Bytes("symbol,timestamp,interval_minutes,open,high,low,close,volume,quote_volume,trade_count,vwap,complete\n"u8);
        }
        else if (format == OutputFormat.Json)
        {
            output.Byte((byte)'[');
        }
    }

    public void Write(Candle candle)
    {
        if (!ReferenceEquals(candle.Symbol, _symbol))
        {
            // A symbol is asset codes with a slash between: nothing that CSV or JSON would have to escape.
            _symbol = candle.Symbol;
            _symbolBytes = Encoding.UTF8.GetBytes(_symbol);
        }

        if (format == OutputFormat.Csv)
        {
            WriteCsv(candle);
        }
        else
        {
            WriteJson(candle);
        }
    }

    public void End()
    {
        if (format == OutputFormat.Json)
        {
            output.Bytes(_any ? "\n]\n"u8 : "]\n"u8);
        }
    }

    private void WriteCsv(Candle candle)
    {
        output.Bytes(_symbolBytes);
        output.Byte((byte)',');
        output.Time(candle.Timestamp);
        output.Byte((byte)',');
        output.Integer(candle.IntervalMinutes);
        output.Byte((byte)',');
        output.Number(candle.Open);
        output.Byte((byte)',');
        output.Number(candle.High);
        output.Byte((byte)',');
        output.Number(candle.Low);
        output.Byte((byte)',');
        output.Number(candle.Close);
        output.Byte((byte)',');
        output.Number(candle.Volume);
        output.Byte((byte)',');
        if (candle.QuoteVolume is { } quoteVolume)
        {
            output.Number(quoteVolume);
        }

        output.Byte((byte)',');
        output.Integer(candle.TradeCount);
        output.Byte((byte)',');
        if (candle.Vwap is { } vwap)
        {
            output.Number(vwap);
        }

        output.Bytes(candle.Complete ? ",true\n"u8 : ",false\n"u8);
    }

    private void WriteJson(Candle candle)
    {
        if (format == OutputFormat.Json)
        {
            output.Bytes(_any ? ",\n"u8 : "\n"u8);
        }

        _any = true;
        output.Bytes("{\"symbol\":\""u8);
        output.Bytes(_symbolBytes);
        output.Bytes("\",\"timestamp\":\""u8);
        output.Time(candle.Timestamp);
        output.Bytes("\",\"interval_minutes\":"u8);
        output.Integer(candle.IntervalMinutes);
        output.Bytes(",\"open\":\""u8);
        output.Number(candle.Open);
        output.Bytes("\",\"high\":\""u8);
        output.Number(candle.High);
        output.Bytes("\",\"low\":\""u8);
        output.Number(candle.Low);
        output.Bytes("\",\"close\":\""u8);
        output.Number(candle.Close);
        output.Bytes("\",\"volume\":\""u8);
        output.Number(candle.Volume);
        output.Bytes("\",\"quote_volume\":"u8);
        NumberOrNull(candle.QuoteVolume);
        output.Bytes(",\"trade_count\":"u8);
        output.Integer(candle.TradeCount);
        output.Bytes(",\"vwap\":"u8);
        NumberOrNull(candle.Vwap);
        output.Bytes(candle.Complete ? ",\"complete\":true}"u8 : ",\"complete\":false}"u8);
        if (format == OutputFormat.JsonLines)
        {
            output.Byte((byte)'\n');
        }
    }

    private void NumberOrNull(decimal? value)
    {
        if (value is { } number)
        {
            output.Byte((byte)'"');
            output.Number(number);
            output.Byte((byte)'"');
        }
        else
        {
            output.Bytes("null"u8);
        }
    }
}
