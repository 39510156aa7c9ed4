namespace KrakenDb;

/// <summary>A market and the names it goes by. What Kraken's list of pairs says beside the names is null until that list was read.</summary>
public sealed record Instrument
{
    /// <summary>Our name, Kraken's WebSocket v2 spelling: <c>BTC/USD</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>Kraken's altname and the name of its CSV files: <c>XBTUSD</c>.</summary>
    public required string Altname { get; init; }

    /// <summary>Kraken's internal name, the key of REST replies: <c>XXBTZUSD</c>.</summary>
    public string? RestKey { get; init; }

    /// <summary>Kraken's WebSocket v1 name: <c>XBT/USD</c>.</summary>
    public string? WsName { get; init; }

    /// <summary>Decimals of prices in OHLC and orders; trades may print more.</summary>
    public int? PairDecimals { get; init; }

    /// <summary>Decimals of volumes.</summary>
    public int? LotDecimals { get; init; }

    /// <summary>The smallest step of a price, in the quote currency.</summary>
    public decimal? TickSize { get; init; }

    /// <summary>The smallest order, in the base currency.</summary>
    public decimal? OrderMin { get; init; }

    /// <summary>The smallest value of an order, in the quote currency.</summary>
    public decimal? CostMin { get; init; }

    /// <summary><c>online</c>, <c>cancel_only</c>, <c>post_only</c>, <c>limit_only</c>, <c>reduce_only</c>; null where the exchange does not say.</summary>
    public string? Status { get; init; }
}
