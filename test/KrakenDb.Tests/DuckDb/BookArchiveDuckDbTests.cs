using KrakenDb.DuckDb;
using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.DuckDb;

public sealed class BookArchiveDuckDbTests : BookArchiveContract
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private protected override async Task<IMarketStore> OpenAsync() =>
        await DuckDbMarketStore.OpenAsync(_folder["kraken.duckdb"], new DuckDbOptions { TimeProvider = Clock }, default);
}
