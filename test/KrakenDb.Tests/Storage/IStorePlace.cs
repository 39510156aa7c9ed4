namespace KrakenDb.Tests.Storage;

/// <summary>Where a test keeps a store of its own, so that it can be closed and opened again.</summary>
internal interface IStorePlace : IAsyncDisposable
{
    Task<IMarketStore> OpenAsync(TimeProvider clock);
}

/// <summary>A DuckDB file in a folder of its own.</summary>
internal sealed class DuckDbPlace : IStorePlace
{
    private readonly TemporaryFolder _folder = new();

    public async Task<IMarketStore> OpenAsync(TimeProvider clock) =>
        await KrakenDb.DuckDb.DuckDbMarketStore.OpenAsync(_folder["kraken.duckdb"], new KrakenDb.DuckDb.DuckDbOptions { TimeProvider = clock, Threads = 2 }, default);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A database of its own.</summary>
internal sealed class DatabasePlace(Timescale.TestDatabase database) : IStorePlace
{
    public Task<IMarketStore> OpenAsync(TimeProvider clock) => database.OpenAtAsync(clock);

    public ValueTask DisposeAsync() => database.DisposeAsync();
}
