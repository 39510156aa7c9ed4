using KrakenDb.DuckDb;
using KrakenDb.Timescale;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>The one door: opens the store that a URL or path names.</summary>
public static class MarketStore
{
    /// <summary>Opens a store. A second open of one file in a process shares it, with the options of the first; the file is closed with the last.</summary>
    /// <param name="urlOrPath"><c>postgresql://user:password@host:port/database</c>, <c>duckdb:PATH</c> or a plain path; null: <c>DATABASE_URL</c>, else <see cref="StoreLocation.DefaultFilePath"/>.</param>
    /// <param name="options">Null for <see cref="MarketStoreOptions.Default"/>.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="StoreInUseException">Another process owns the file.</exception>
    /// <exception cref="MarketStoreException">No such store, no DuckDB file, one of a newer version; no such server or database, or refused by it.</exception>
    public static async Task<IMarketStore> OpenAsync(string? urlOrPath = null, MarketStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= MarketStoreOptions.Default;
        var location = StoreLocation.Parse(urlOrPath);
        if (location.Server is { } server)
        {
            return await TimescaleMarketStore.OpenAsync(
                server,
                new TimescaleOptions
                {
                    CreateIfMissing = options.CreateIfMissing,
                    PoolMaxSize = options.PoolMaxSize,
                    TimeProvider = options.TimeProvider,
                    LoggerFactory = options.LoggerFactory ?? NullLoggerFactory.Instance,
                },
                cancellationToken).ConfigureAwait(false);
        }

        return await DuckDbMarketStore.OpenAsync(
            location.FilePath!,
            new DuckDbOptions
            {
                CreateIfMissing = options.CreateIfMissing,
                MemoryLimitMegabytes = options.MemoryLimitMegabytes,
                Threads = options.Threads ?? Environment.ProcessorCount,
                TimeProvider = options.TimeProvider,
                LoggerFactory = options.LoggerFactory ?? NullLoggerFactory.Instance,
            },
            cancellationToken).ConfigureAwait(false);
    }
}
