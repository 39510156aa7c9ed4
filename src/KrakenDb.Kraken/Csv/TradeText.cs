namespace KrakenDb.Kraken;

/// <summary>One row of a time-and-sales file.</summary>
/// <param name="Nanoseconds">Since 1970 UTC; digits behind the ninth decimal are cut off.</param>
/// <param name="Id">Kraken's trade id; 0 where the file gives none.</param>
internal readonly record struct TradeText(long Nanoseconds, long Price, Int128 Volume, long Id, TradeSide Side, string? OrderType, string Misc)
{
    /// <summary>Microseconds since 1970 UTC, floored.</summary>
    public long Time => Nanoseconds / 1000;

    /// <summary>The start of its minute in microseconds.</summary>
    public long Minute => Time - (Time % UnixTime.MicrosecondsPerMinute);

    public TradeRow ToRow() => new()
    {
        Id = Id,
        TimestampNanoseconds = Nanoseconds,
        Price = Price,
        Volume = Volume,
        Side = Side,
        OrderType = OrderType,
        Misc = Misc,
    };
}
