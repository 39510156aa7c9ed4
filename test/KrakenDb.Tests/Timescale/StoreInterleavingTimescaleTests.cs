using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Timescale;

public sealed class StoreInterleavingTimescaleTests : StoreInterleavingContract
{
    private protected override int Cases => 3;

    private protected override async Task<IStorePlace> CreatePlaceAsync() => new DatabasePlace(await TestDatabase.CreateTimescaleAsync());
}
