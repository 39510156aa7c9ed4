namespace KrakenDb;

/// <summary>A page of trades as the exchange sent it.</summary>
/// <param name="Trades">Those with an id, ascending.</param>
/// <param name="Last">What to ask the next page with, unchanged; null where the exchange left it out.</param>
public sealed record KrakenTradesPage(IReadOnlyList<HistoricalTrade> Trades, string? Last);
