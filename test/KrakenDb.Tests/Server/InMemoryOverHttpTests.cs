using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Server;

/// <summary>The read half of the contract: what is written to the oracle is read over its endpoint.</summary>
public sealed class InMemoryOverHttpTests : MarketStoreContract
{
    private protected override async Task<IMarketStore> OpenAsync() => await ServedStore.OpenAsync(new InMemoryMarketStore(Clock), Clock);
}
