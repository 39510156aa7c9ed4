using KrakenDb.DuckDb;
using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Server;

/// <summary>The read half of the contract: what is written to the embedded engine is read over its owner's endpoint.</summary>
public sealed class DuckDbOverHttpTests : MarketStoreContract
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private protected override async Task<IMarketStore> OpenAsync() =>
        await ServedStore.OpenAsync(await DuckDbMarketStore.OpenAsync(_folder["kraken.duckdb"], new DuckDbOptions { TimeProvider = Clock }, default), Clock);
}
