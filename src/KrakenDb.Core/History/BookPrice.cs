namespace KrakenDb;

/// <summary>One price of an order book.</summary>
/// <param name="Price">In the quote currency, exact.</param>
/// <param name="Quantity">In the base currency, exact; greater than 0.</param>
public readonly record struct BookPrice(decimal Price, decimal Quantity);
