namespace KrakenDb;

/// <summary>One trade of Kraken's <c>trade</c> channel, as the documents' dictionary and with the id that makes it storable.</summary>
public sealed record TradeData
{
    public required decimal Price { get; init; }

    /// <summary>In the base currency; Kraken's <c>qty</c>.</summary>
    public required decimal Qty { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>Of the taker.</summary>
    public required TradeSide Side { get; init; }

    /// <summary>Kraken's <c>trade_id</c>. A trade without one (0) is counted and not stored.</summary>
    public long TradeId { get; init; }

    /// <summary>Kraken's <c>ord_type</c>: <c>market</c> or <c>limit</c>; null where unknown.</summary>
    public string? OrdType { get; init; }
}
