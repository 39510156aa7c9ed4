namespace KrakenDb;

/// <summary>A market and the names it goes by.</summary>
public sealed record Instrument
{
    /// <summary>Our name, Kraken's WebSocket v2 spelling: <c>BTC/USD</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>Kraken's altname and the name of its CSV files: <c>XBTUSD</c>.</summary>
    public required string Altname { get; init; }
}
