using KrakenDb.DuckDb;
using KrakenDb.Tests.History;

namespace KrakenDb.Tests.Server;

public sealed class HistoricalDataProviderOverHttpTests : HistoricalDataProviderContract
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private protected override async Task<IMarketStore> OpenAsync(TimeProvider clock) =>
        await ServedStore.OpenAsync(await DuckDbMarketStore.OpenAsync(_folder["kraken.duckdb"], new DuckDbOptions { TimeProvider = clock }, default), clock);
}
