namespace KrakenDb;

/// <summary>Another process owns the store's file.</summary>
public sealed class StoreInUseException(string message, int ownerProcessId) : MarketStoreException(message)
{
    /// <summary>0 where unknown.</summary>
    public int OwnerProcessId { get; } = ownerProcessId;
}
