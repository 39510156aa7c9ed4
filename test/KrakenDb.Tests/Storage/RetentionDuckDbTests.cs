namespace KrakenDb.Tests.Storage;

public sealed class RetentionDuckDbTests : RetentionContract
{
    private protected override Task<IStorePlace?> CreatePlaceAsync() => Task.FromResult<IStorePlace?>(new DuckDbPlace());
}
