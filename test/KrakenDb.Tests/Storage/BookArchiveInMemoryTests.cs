namespace KrakenDb.Tests.Storage;

public sealed class BookArchiveInMemoryTests : BookArchiveContract
{
    private protected override Task<IMarketStore> OpenAsync() => Task.FromResult<IMarketStore>(new InMemoryMarketStore(Clock));
}
