namespace KrakenDb;

/// <summary>A candle as a live client hands it to <see cref="DatabaseWriter"/>. Immutable; changed with <c>with</c>.</summary>
public sealed record CandleRecord
{
    /// <summary>As stored: <c>BTC/USD</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>The open time; any offset. Kraken's channel calls it <c>interval_begin</c>.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required int IntervalMinutes { get; init; }

    public required decimal Open { get; init; }

    public required decimal High { get; init; }

    public required decimal Low { get; init; }

    public required decimal Close { get; init; }

    /// <summary>In the base currency.</summary>
    public required decimal Volume { get; init; }

    public required long TradeCount { get; init; }

    /// <summary>Null where unknown; never estimated.</summary>
    public decimal? Vwap { get; init; }
}
