using KrakenDb.DuckDb;
using KrakenDb.Kraken;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

public sealed class BookArchiveDuckDbTests : BookArchiveContract
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Compacting_keeps_every_recording()
    {
        await FillAsync();

        await Store.CompactAsync();

        var certificate = await new BookVerifier(Store, () => new KrakenBookWire()).VerifyAsync();
        certificate.Damage.ShouldBeEmpty();
        certificate.Verified.ShouldBe(301);
    }

    [Fact]
    public async Task The_documents_queries_run_and_show_exact_numbers()
    {
        await FillAsync();
        await Store.DisposeAsync();
        using var file = DuckDbFile.Acquire(_folder["kraken.duckdb"], new DuckDbOptions());
        file.WithSession(session =>
        {
            foreach (var query in DocumentedQueries)
            {
                session.Connection.Execute(query);
            }

            using var result = session.Connection.Query("SELECT side, price::VARCHAR, quantity::VARCHAR, symbol FROM kraken_orderbook_entries WHERE sequence = 6 ORDER BY side, ordinal");
            var chunk = result.FetchChunk()!;
            chunk.RowCount.ShouldBe(2);
            (chunk.GetString(0, 1), chunk.GetString(1, 1), chunk.GetString(2, 1), chunk.GetString(3, 1)).ShouldBe(("ask", "63008.6000000000", "0.0003967700", "BTC/USD"));
            return 0;
        });
    }

    private protected override async Task<IMarketStore> OpenAsync() =>
        await DuckDbMarketStore.OpenAsync(_folder["kraken.duckdb"], new DuckDbOptions { TimeProvider = Clock }, default);
}
