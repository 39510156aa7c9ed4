namespace KrakenDb.Tests.History;

public sealed class HistoricalDataProviderInMemoryTests : HistoricalDataProviderContract
{
    private protected override Task<IMarketStore> OpenAsync(TimeProvider clock) => Task.FromResult<IMarketStore>(new InMemoryMarketStore(clock));
}
