namespace KrakenDb.Tests.Storage;

/// <summary>Rows for tests, written as a person would.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static CandleRow Candle(
        int minute, decimal open = 100, decimal? high = null, decimal? low = null, decimal? close = null, decimal volume = 1, decimal? quoteVolume = null, long count = 1, decimal? vwap = null,
        CandleSource source = CandleSource.OhlcvtCsv) => new()
        {
            Timestamp = UnixTime.Microseconds(Start.AddMinutes(minute)),
            Open = FixedPoint.PriceFromDecimal(open),
            High = FixedPoint.PriceFromDecimal(high ?? Math.Max(open, close ?? open)),
            Low = FixedPoint.PriceFromDecimal(low ?? Math.Min(open, close ?? open)),
            Close = FixedPoint.PriceFromDecimal(close ?? open),
            Volume = FixedPoint.VolumeFromDecimal(volume),
            QuoteVolume = quoteVolume is { } quote ? FixedPoint.VolumeFromDecimal(quote) : CandleRow.UnknownVolume,
            TradeCount = count,
            Vwap = vwap is { } average ? FixedPoint.PriceFromDecimal(average) : CandleRow.UnknownPrice,
            Source = source,
        };

    public static TradeRow Trade(long id, decimal seconds = 0, decimal price = 100, decimal volume = 1, TradeSide side = TradeSide.Buy) => new()
    {
        Id = id,
        TimestampNanoseconds = (UnixTime.Microseconds(Start) * 1000) + (long)(seconds * 1_000_000_000),
        Price = FixedPoint.PriceFromDecimal(price),
        Volume = FixedPoint.VolumeFromDecimal(volume),
        Side = side,
        OrderType = "limit",
        Misc = "",
    };

    public static CoverageRange Covered(
        int fromMinute, int toMinute, CandleSource source = CandleSource.OhlcvtCsv, CoverageGrade grade = CoverageGrade.Claimed, long? firstId = null, long? lastId = null) => new()
        {
            Range = Minutes(fromMinute, toMinute),
            Source = source,
            Grade = grade,
            FirstTradeId = firstId,
            LastTradeId = lastId,
        };

    public static TimeRange Minutes(int from, int to) => new(Start.AddMinutes(from), Start.AddMinutes(to));

    public static StoreWrite Write(string symbol, Interval interval, IEnumerable<CandleRow> candles, params CoverageRange[] covered) => new()
    {
        Symbol = symbol,
        CandleInterval = interval,
        Candles = CandleBatch.FromRows([.. candles]),
        Covered = [.. covered.Select(range => (DataType.Candles(interval), range))],
        WantedFrom = Start,
    };
}
