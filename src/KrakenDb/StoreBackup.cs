using KrakenDb.DuckDb;
using KrakenDb.Timescale;

namespace KrakenDb;

/// <summary>Backup and restore of any store, each by its engine's own means.</summary>
internal static class StoreBackup
{
    /// <summary>Writes a backup to a file, while the store may be in use by this process (a file) or any (a server).</summary>
    public static Task<BackupReport> CreateAsync(string? urlOrPath, string file, bool overwrites, MarketStoreOptions options, CancellationToken cancellationToken) =>
        StoreLocation.Parse(urlOrPath) is { Server: { } server }
            ? PostgresBackup.CreateAsync(server, file, overwrites, options.TimeProvider, cancellationToken)
            : DuckDbBackup.CreateAsync(StoreLocation.Parse(urlOrPath).FilePath!, file, overwrites, new DuckDbOptions { TimeProvider = options.TimeProvider }, cancellationToken);

    /// <summary>Brings a backup back and compares it with what was backed up.</summary>
    /// <exception cref="MarketStoreException">A server's database that is not empty is never overwritten.</exception>
    public static Task<BackupReport> RestoreAsync(string? urlOrPath, string file, bool overwrites, MarketStoreOptions options, CancellationToken cancellationToken) =>
        StoreLocation.Parse(urlOrPath) is { Server: { } server }
            ? PostgresBackup.RestoreAsync(server, file, options.TimeProvider, cancellationToken)
            : DuckDbBackup.RestoreAsync(StoreLocation.Parse(urlOrPath).FilePath!, file, overwrites, new DuckDbOptions { TimeProvider = options.TimeProvider }, cancellationToken);
}
