namespace KrakenDb;

/// <summary>Best bid and ask and the last 24 hours of a market: scaled integers (<see cref="FixedPoint"/>); 0 where the market has none.</summary>
internal readonly record struct TickerRow
{
    public required long Bid { get; init; }

    public required Int128 BidVolume { get; init; }

    public required long Ask { get; init; }

    public required Int128 AskVolume { get; init; }

    public required long Last { get; init; }

    /// <summary>Of the last 24 hours.</summary>
    public required Int128 Volume { get; init; }

    public required long Vwap { get; init; }

    public required long Low { get; init; }

    public required long High { get; init; }

    /// <summary>Nanoseconds since 1970 UTC; 0 where the exchange gave none.</summary>
    public required long TimestampNanoseconds { get; init; }
}
