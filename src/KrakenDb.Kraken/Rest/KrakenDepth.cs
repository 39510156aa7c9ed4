namespace KrakenDb;

/// <summary>An order book as REST shows it: volumes are rounded to 3 decimals, so it cannot seed a book that is checked.</summary>
/// <param name="Asks">Ascending in price.</param>
/// <param name="Bids">Descending in price.</param>
public sealed record KrakenDepth(IReadOnlyList<KrakenDepthLevel> Asks, IReadOnlyList<KrakenDepthLevel> Bids);

/// <summary>A price of an order book.</summary>
/// <param name="Price">In the quote currency.</param>
/// <param name="Volume">In the base currency, rounded by the exchange.</param>
/// <param name="Timestamp">When it last changed, in whole seconds, UTC.</param>
public readonly record struct KrakenDepthLevel(decimal Price, decimal Volume, DateTimeOffset Timestamp);
