using System.Globalization;

namespace KrakenDb;

/// <summary>Records of a caller as stored rows, and what is impossible about them.</summary>
internal static class RecordConversion
{
    // Kraken opened in 2011; the importer takes years from 2009 on, too.
    private static readonly long Earliest = new DateTimeOffset(2009, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000;

    /// <summary>A machine's clock may be wrong by hours; nothing is traded the day after tomorrow.</summary>
    private static readonly TimeSpan AheadMax = TimeSpan.FromDays(1);

    /// <summary>The row, or null with the reason.</summary>
    public static string? TryConvert(TradeRecord trade, out TradeRow row)
    {
        row = default;
        if (OutOfRange(trade.Price, FixedPoint.PriceLimit) || OutOfRange(trade.Volume, FixedPoint.VolumeLimit))
        {
            return trade.Price <= 0 ? "the price is not above 0" : trade.Volume <= 0 ? "the volume is not above 0" : "the price is not below 10^8, or the volume not below 10^18";
        }

        row = new TradeRow
        {
            Id = trade.Id,
            TimestampNanoseconds = trade.TimestampNanoseconds ?? Nanoseconds(trade.Timestamp),
            Price = FixedPoint.PriceFromDecimal(trade.Price),
            Volume = FixedPoint.VolumeFromDecimal(trade.Volume),
            Side = trade.Side,
            OrderType = trade.OrderType,
            Misc = trade.Misc,
        };
        return null;
    }

    /// <inheritdoc cref="TryConvert(TradeRecord, out TradeRow)"/>
    public static string? TryConvert(CandleRecord candle, out Interval interval, out CandleRow row)
    {
        (interval, row) = (default, default);
        if (candle.IntervalMinutes is < 1 or > short.MaxValue)
        {
            return string.Create(CultureInfo.InvariantCulture, $"an interval of {candle.IntervalMinutes} minutes cannot be stored");
        }

        if (OutOfRange(candle.Open, FixedPoint.PriceLimit) || OutOfRange(candle.High, FixedPoint.PriceLimit) || OutOfRange(candle.Low, FixedPoint.PriceLimit) || OutOfRange(candle.Close, FixedPoint.PriceLimit)
            || candle.Vwap is { } average && OutOfRange(average, FixedPoint.PriceLimit))
        {
            return "a price is not in (0, 10^8)";
        }

        if (candle.Volume != 0 && OutOfRange(candle.Volume, FixedPoint.VolumeLimit))
        {
            return "the volume is not in [0, 10^18)";
        }

        interval = new Interval(candle.IntervalMinutes);
        row = new CandleRow
        {
            Timestamp = UnixTime.Microseconds(candle.Timestamp),
            Open = FixedPoint.PriceFromDecimal(candle.Open),
            High = FixedPoint.PriceFromDecimal(candle.High),
            Low = FixedPoint.PriceFromDecimal(candle.Low),
            Close = FixedPoint.PriceFromDecimal(candle.Close),
            Volume = FixedPoint.VolumeFromDecimal(candle.Volume),
            QuoteVolume = CandleRow.UnknownVolume,
            TradeCount = candle.TradeCount,
            Vwap = candle.Vwap is { } vwap ? FixedPoint.PriceFromDecimal(vwap) : CandleRow.UnknownPrice,
            Source = CandleSource.WebSocketOhlc,
        };
        return null;
    }

    /// <summary>What is wrong with a trade, or null.</summary>
    public static string? Fault(in TradeRow trade, DateTimeOffset now) => trade.Fault() ?? (IsPossible(trade.TimestampNanoseconds, now) ? null : "the time is not between 2009 and now");

    /// <summary>What is wrong with a candle, or null.</summary>
    public static string? Fault(Interval interval, in CandleRow candle, DateTimeOffset now) => candle.Fault()
        ?? (interval.Floor(candle.Timestamp) != candle.Timestamp ? "the time is not the start of an interval"
            : candle.Timestamp < Earliest / 1000 || candle.Timestamp > UnixTime.Microseconds(now + AheadMax) ? "the time is not between 2009 and now"
            : null);

    private static bool IsPossible(long nanoseconds, DateTimeOffset now) => nanoseconds >= Earliest && nanoseconds / 1000 <= UnixTime.Microseconds(now + AheadMax);

    private static long Nanoseconds(DateTimeOffset time) => time.Year is < 2009 or > 2200 ? 0 : (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    private static bool OutOfRange(decimal value, Int128 limit) => value <= 0 || value >= (decimal)(limit / FixedPoint.One);
}
