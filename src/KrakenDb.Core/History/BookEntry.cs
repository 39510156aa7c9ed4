namespace KrakenDb;

/// <summary>One price of one recorded message: a row of <c>kraken_orderbook_entries</c>.</summary>
/// <param name="SessionId">With the three next: its identity.</param>
/// <param name="Sequence">Of its message.</param>
/// <param name="IsBid">Side <c>bid</c>, else <c>ask</c>.</param>
/// <param name="Ordinal">Place in its side's list, from 0: one message may name a price twice.</param>
/// <param name="Symbol">As the exchange writes it.</param>
/// <param name="Timestamp">The exchange's time, else the received time; UTC, to the microsecond.</param>
/// <param name="Price">In the quote currency, exact.</param>
/// <param name="Quantity">What stands at this price after the message; 0: nothing.</param>
public sealed record BookEntry(long SessionId, long Sequence, bool IsBid, int Ordinal, string Symbol, DateTimeOffset Timestamp, decimal Price, decimal Quantity);
