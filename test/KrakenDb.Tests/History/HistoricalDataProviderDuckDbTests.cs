using KrakenDb.DuckDb;

namespace KrakenDb.Tests.History;

public sealed class HistoricalDataProviderDuckDbTests : HistoricalDataProviderContract
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private protected override async Task<IMarketStore> OpenAsync(TimeProvider clock) =>
        await DuckDbMarketStore.OpenAsync(_folder["kraken.duckdb"], new DuckDbOptions { TimeProvider = clock }, default);
}
