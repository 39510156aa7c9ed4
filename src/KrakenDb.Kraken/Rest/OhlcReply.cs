using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The result of <c>OHLC</c>: up to 720 closed intervals and, always, the open one. <see href="https://docs.kraken.com/api/docs/rest-api/get-ohlc-data"/></summary>
internal static class OhlcReply
{
    private const int RowsUsual = 721;

    public static ReplyReader.ResultReader<CandlesPage> Of(Interval interval) => (ref reader) => Read(ref reader, interval);

    private static CandlesPage Read(ref Utf8JsonReader reader, Interval interval)
    {
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the candles of a pair");
        var rows = new List<CandleRow>(RowsUsual);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("last"u8))
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            ReplyReader.Next(ref reader, JsonTokenType.StartArray, "an array of candles");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                rows.Add(ReadRow(ref reader, interval));
            }
        }

        rows.Sort((left, right) => left.Timestamp.CompareTo(right.Timestamp));

        // The last row is the interval that is still open; stored as final it would stay wrong for ever.
        if (rows.Count > 0)
        {
            rows.RemoveAt(rows.Count - 1);
        }

        var traded = rows.Where(row => row.TradeCount > 0).DistinctBy(row => row.Timestamp).ToList();
        return new CandlesPage
        {
            Candles = CandleBatch.FromRows(traded),
            Covered = rows.Count == 0 ? default : new TimeRange(rows[0].Timestamp, rows[^1].Timestamp + interval.Microseconds),
            Flat = rows.Count(row => row.TradeCount == 0),
        };
    }

    // [time, open, high, low, close, vwap, volume, count]; an interval without a trade repeats the close before, with vwap and volume 0.
    private static CandleRow ReadRow(ref Utf8JsonReader reader, Interval interval)
    {
        ReplyReader.Expect(ref reader, JsonTokenType.StartArray, "a candle");
        ReplyReader.Next(ref reader, JsonTokenType.Number, "the open time");
        if (!reader.TryGetInt64(out var seconds) || seconds is < 0 or > 253_402_300_799)
        {
            throw ReplyReader.Shape(ref reader, "whole seconds");
        }

        reader.Read();
        var open = WireNumber.Price(ref reader);
        reader.Read();
        var high = WireNumber.Price(ref reader);
        reader.Read();
        var low = WireNumber.Price(ref reader);
        reader.Read();
        var close = WireNumber.Price(ref reader);
        reader.Read();
        var vwap = WireNumber.Price(ref reader);
        reader.Read();
        var volume = WireNumber.Volume(ref reader);
        ReplyReader.Next(ref reader, JsonTokenType.Number, "the number of trades");
        if (!reader.TryGetInt64(out var count))
        {
            throw ReplyReader.Shape(ref reader, "the number of trades");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Skip();
        }

        var row = new CandleRow
        {
            Timestamp = seconds * 1_000_000,
            Open = open,
            High = high,
            Low = low,
            Close = close,
            Volume = volume,
            QuoteVolume = CandleRow.UnknownVolume,
            TradeCount = count,
            Vwap = vwap == 0 ? CandleRow.UnknownPrice : vwap,
            Source = CandleSource.RestOhlc,
        };
        if (row.Fault() is { } fault)
        {
            throw new ReplyShapeException($"the candle at {DateTimeOffset.FromUnixTimeSeconds(seconds):u} is impossible: {fault}");
        }

        return interval.Minutes <= 1440 && interval.Floor(row.Timestamp) != row.Timestamp
            ? throw new ReplyShapeException($"the candle at {DateTimeOffset.FromUnixTimeSeconds(seconds):u} does not begin an interval of {interval}")
            : row;
    }
}
