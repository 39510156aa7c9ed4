namespace KrakenDb;

/// <summary>What taking a quantity from one side of an order book would have cost.</summary>
/// <param name="Quantity">How much the book had, at most what was asked for; base currency.</param>
/// <param name="Cost">Σ price × quantity, exact, in the quote currency.</param>
/// <param name="AveragePrice">Cost over quantity, rounded once to 10 decimals; null where nothing could be taken.</param>
/// <param name="WorstPrice">The last price that was touched; null where nothing could be taken.</param>
/// <param name="IsComplete">Whether the recorded depth had all of it.</param>
public sealed record BookFill(decimal Quantity, decimal Cost, decimal? AveragePrice, decimal? WorstPrice, bool IsComplete);
