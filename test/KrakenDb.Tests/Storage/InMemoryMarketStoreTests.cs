namespace KrakenDb.Tests.Storage;

public sealed class InMemoryMarketStoreTests : MarketStoreContract
{
    private protected override Task<IMarketStore> OpenAsync() => Task.FromResult<IMarketStore>(new InMemoryMarketStore(Clock));
}
