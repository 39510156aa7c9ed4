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

    /// <summary>
    /// Brings kept rollups up to date with what was written, and with <paramref name="range"/> where one is given. To be called at the end of every ingestion;
    /// readers are right before it, too, only slower.
    /// </summary>
    /// <returns>How many minutes were looked at; 0 where an engine keeps no rollups or nothing was pending.</returns>
    internal Task<long> RefreshRollupsAsync(TimeRange? range, CancellationToken cancellationToken) => Task.FromResult(0L);

    /// <summary>Per table how far it is compressed; empty where an engine does not compress by chunk.</summary>
    internal Task<IReadOnlyList<TableCompression>> GetCompressionAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<TableCompression>>([]);

    /// <summary>Compresses chunks that end before an age now, without waiting for the server's policy. Rows that came into compressed chunks since are packed, too.</summary>
    /// <param name="olderThan">Null for the policies' ages: trades 7 days, candles 30.</param>
    /// <param name="cancellationToken"></param>
    /// <returns>How many chunks were looked at; 0 where an engine does not compress by chunk.</returns>
    internal Task<long> CompressAsync(TimeSpan? olderThan, CancellationToken cancellationToken) => Task.FromResult(0L);

    /// <summary>Active retention policies, in the order of their data types.</summary>
    internal Task<IReadOnlyList<RetentionPolicy>> GetRetentionAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RetentionPolicy>>([]);

    /// <summary>Sets a policy, or ends it. Drops nothing by itself.</summary>
    /// <param name="dataType">See <see cref="DataType"/>; <see cref="DataType.Books"/> for all order books.</param>
    /// <param name="keepDays">Null to end it.</param>
    /// <param name="cancellationToken"></param>
    internal Task SetRetentionAsync(string dataType, int? keepDays, CancellationToken cancellationToken) => throw new NotSupportedException("This store has no retention.");

    /// <summary>
    /// One step of retention, one transaction: drops the rows of a data type before a time and marks all before it expired. Before minutes go, the rollups
    /// that are kept longer are stored as rows of their own.
    /// </summary>
    /// <param name="symbol">As stored.</param>
    /// <param name="dataType">See <see cref="DataType"/>.</param>
    /// <param name="end">From <see cref="RetentionPolicy.StepEnd"/>, so that a step is short and ends with a bucket.</param>
    /// <param name="cancellationToken"></param>
    internal Task<ExpiredRows> ExpireAsync(string symbol, string dataType, DateTimeOffset end, CancellationToken cancellationToken) => throw new NotSupportedException("This store has no retention.");
}
