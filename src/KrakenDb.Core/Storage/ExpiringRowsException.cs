namespace KrakenDb;

/// <summary>Rows are older than an active retention policy keeps them, so that the next run would drop them. Nothing of the write was stored. The message carries policy, edge and counts.</summary>
public sealed class ExpiringRowsException(string message) : MarketStoreException(message);
