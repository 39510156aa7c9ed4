using KrakenDb.Tests.History;

namespace KrakenDb.Tests.Timescale;

public sealed class HistoricalDataProviderPostgresTests : HistoricalDataProviderContract
{
    private TestDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await (_database?.DisposeAsync() ?? default);
    }

    private protected override async Task<IMarketStore> OpenAsync(TimeProvider clock) => await (_database = await TestDatabase.CreatePlainAsync()).OpenAtAsync(clock);
}
