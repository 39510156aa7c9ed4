namespace KrakenDb;

/// <summary>A trade as a live client hands it to <see cref="DatabaseWriter"/>. Immutable; changed with <c>with</c>.</summary>
public sealed record TradeRecord
{
    /// <summary>As stored: <c>BTC/USD</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>Exchange time; any offset. See <see cref="TimestampNanoseconds"/>.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The same in nanoseconds since 1970 UTC where the wire is finer than 100 ns; null: <see cref="Timestamp"/> says it all.</summary>
    public long? TimestampNanoseconds { get; init; }

    /// <summary>In (0, 10^8) units of the quote currency.</summary>
    public required decimal Price { get; init; }

    /// <summary>In (0, 10^18) units of the base currency; rounded half away from zero to 10 decimals.</summary>
    public required decimal Volume { get; init; }

    /// <summary>Of the taker.</summary>
    public required TradeSide Side { get; init; }

    /// <summary>Kraken's own trade_id. A trade without one (0) cannot be told from another: it is counted and not stored, and its range stays a gap.</summary>
    public long Id { get; init; }

    /// <summary><c>market</c> or <c>limit</c>; null where the source did not say.</summary>
    public string? OrderType { get; init; }

    /// <summary>Kraken's flags, nearly always empty.</summary>
    public string Misc { get; init; } = "";
}
