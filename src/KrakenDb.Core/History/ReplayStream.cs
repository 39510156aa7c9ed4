namespace KrakenDb;

/// <summary>One of several candle streams replayed together.</summary>
/// <param name="Symbol">Any spelling of the symbol.</param>
/// <param name="Interval">The length of its candles.</param>
public sealed record ReplayStream(string Symbol, Interval Interval);
