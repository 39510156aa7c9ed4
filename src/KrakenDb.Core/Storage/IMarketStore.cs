namespace KrakenDb;

/// <summary>A store that can be written to. Every write is one transaction and may be repeated: the same rows again change nothing.</summary>
public interface IMarketStore : IMarketReader
{
    /// <summary>Rewrites the store without its dead space and reports the sizes.</summary>
    Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default);

    /// <summary>Commits rows, coverage, cursor and <c>wanted_from</c> together, or nothing of it.</summary>
    internal Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken);

    /// <summary>Where an unfinished import of this file stopped; null when there is none.</summary>
    internal Task<ImportCursor?> GetImportCursorAsync(string file, CancellationToken cancellationToken);

    /// <summary>Stores values of external indicators; one of the same name, time and source is replaced.</summary>
    internal Task WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken);

    /// <summary>Adds markets to the store's catalog and records what differs; one that is there is replaced.</summary>
    internal Task AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken);
}
