using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Timescale;

public sealed class StoreInterleavingPostgresTests : StoreInterleavingContract
{
    private protected override int Cases => 4;

    private protected override async Task<IStorePlace> CreatePlaceAsync() => new DatabasePlace(await TestDatabase.CreatePlainAsync());
}
