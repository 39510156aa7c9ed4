using KrakenDb.Client;
using KrakenDb.DuckDb;
using KrakenDb.Timescale;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>The one door: opens the store that a URL or path names.</summary>
public static class MarketStore
{
    /// <summary>
    /// Opens a store. A second open of one file in a process shares it, with the options of the first; the file is closed with the last. A file that
    /// another process has open is read through that process where it answers (<c>kraken-db serve</c>): such a store refuses writes.
    /// </summary>
    /// <param name="urlOrPath"><c>postgresql://user:password@host:port/database</c>, <c>duckdb:PATH</c>, a plain path, or a running owner's <c>http://127.0.0.1:PORT</c>; null: <c>DATABASE_URL</c>, else <see cref="StoreLocation.DefaultFilePath"/>.</param>
    /// <param name="options">Null for <see cref="MarketStoreOptions.Default"/>.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="StoreInUseException">Another process owns the file and does not answer.</exception>
    /// <exception cref="MarketStoreException">No such store, no DuckDB file, one of a newer version; no such server or database, or refused by it.</exception>
    public static async Task<IMarketStore> OpenAsync(string? urlOrPath = null, MarketStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= MarketStoreOptions.Default;
        var location = StoreLocation.Parse(urlOrPath);
        if (location.Endpoint is { } endpoint)
        {
            return new RemoteMarketStore(await ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false));
        }

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

        try
        {
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
        catch (StoreInUseException exception) when (exception is { OwnerEndpoint: { } owner, FilePath: { } path })
        {
            var address = AddressOf(owner, path, exception.OwnerProcessId);
            return new RemoteMarketStore(await RemoteMarketReader.ConnectAsync(address, () => OwnerOf(path), cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Opens a store to read from it; for strategies, dashboards and all else that never writes. Otherwise as <see cref="OpenAsync"/>.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public static async Task<IMarketReader> OpenReaderAsync(string? urlOrPath = null, MarketStoreOptions? options = null, CancellationToken cancellationToken = default) =>
        await OpenAsync(urlOrPath, options, cancellationToken).ConfigureAwait(false);

    /// <summary>The other process that answers for a store at this moment; null where the store can be opened, or is on a server.</summary>
    internal static EndpointAddress? FindOwner(string? urlOrPath)
    {
        var location = StoreLocation.Parse(urlOrPath);
        return location.Endpoint is { } endpoint ? AddressOf(endpoint)
            : location.FilePath is { } path ? OwnerOf(path)
            : null;
    }

    private static Task<RemoteMarketReader> ConnectAsync(Uri endpoint, CancellationToken cancellationToken) =>
        RemoteMarketReader.ConnectAsync(AddressOf(endpoint), () => AddressOf(endpoint), cancellationToken);

    private static EndpointAddress? OwnerOf(string path) =>
        DuckDbFile.FindOwner(path) is { Owner: { EndpointAddress: { } endpoint } owner } found ? AddressOf(endpoint, found.Path, owner.Pid) : null;

    private static EndpointAddress AddressOf(Uri endpoint, string path, int processId) =>
        new(endpoint, TokenFile.Read(TokenFile.Beside(path)) ?? GivenToken, processId);

    private static EndpointAddress AddressOf(Uri endpoint) =>
        new(endpoint, GivenToken ?? (endpoint.IsLoopback ? TokenFile.Read(TokenFile.ForPort(StoreLocation.DataFolder, endpoint.Port)) : null));

    private static string? GivenToken => Environment.GetEnvironmentVariable(TokenFile.Variable) is { Length: > 0 } token ? token : null;
}
