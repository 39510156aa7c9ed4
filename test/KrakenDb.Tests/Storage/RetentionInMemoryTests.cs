namespace KrakenDb.Tests.Storage;

public sealed class RetentionInMemoryTests : RetentionContract
{
    private protected override Task<IStorePlace?> CreatePlaceAsync() => Task.FromResult<IStorePlace?>(null);
}
