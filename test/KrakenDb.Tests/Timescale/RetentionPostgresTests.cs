using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Timescale;

public sealed class RetentionPostgresTests : RetentionContract
{
    private protected override async Task<IStorePlace?> CreatePlaceAsync() => new DatabasePlace(await TestDatabase.CreatePlainAsync());
}
