namespace KrakenDb;

/// <summary>What became of one page of trades.</summary>
/// <param name="Trades">Trades of the reply that could be stored, repeated ones included.</param>
/// <param name="Receipt">What the store did with them.</param>
/// <param name="At">Time of the last trade; null for a page without one.</param>
/// <param name="IsLast">The source had no more.</param>
/// <param name="NotStored">Rows without an id or with impossible values.</param>
/// <param name="NewestId">0 for a page without a trade.</param>
/// <param name="MissingIds">Ids that the reply passed over and that are not known to be unused.</param>
internal readonly record struct FetchedPage(int Trades, StoreReceipt Receipt, DateTimeOffset? At, bool IsLast, int NotStored, long MissingIds, long NewestId);
