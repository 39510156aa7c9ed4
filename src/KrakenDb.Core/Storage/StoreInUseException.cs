namespace KrakenDb;

/// <summary>Another process owns the store's file.</summary>
public sealed class StoreInUseException(string message, int ownerProcessId) : MarketStoreException(message)
{
    /// <summary>0 where unknown.</summary>
    public int OwnerProcessId { get; } = ownerProcessId;

    /// <summary>The file, links followed; null where unknown.</summary>
    internal string? FilePath { get; init; }

    /// <summary>Where the owner answers; null while it does not.</summary>
    internal Uri? OwnerEndpoint { get; init; }
}
