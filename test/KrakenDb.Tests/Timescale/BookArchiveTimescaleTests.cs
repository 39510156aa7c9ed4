using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Timescale;

public sealed class BookArchiveTimescaleTests : BookArchiveContract
{
    private TestDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await (_database?.DisposeAsync() ?? default);
    }

    private protected override async Task<IMarketStore> OpenAsync() => await (_database = await TestDatabase.CreateTimescaleAsync()).OpenAtAsync(Clock);
}
