using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class BookArchivePostgresTests : BookArchiveContract
{
    private TestDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await (_database?.DisposeAsync() ?? default);
    }

    [Fact]
    public async Task The_documents_queries_run_and_the_message_is_JSON()
    {
        await FillAsync();
        foreach (var query in DocumentedQueries)
        {
            await _database!.ExecuteAsync(query);
        }

        (await _database!.ScalarAsync<string>("SELECT jsonb_pretty(raw_message) FROM kraken_orderbook_messages WHERE sequence = 6")).ShouldContain("\"qty\": 0.00039677");
        (await _database.ScalarAsync<long>("SELECT count(*) FROM kraken_orderbook_messages WHERE raw_bytes IS NOT NULL")).ShouldBe(16, "only status and answers are not written again to the byte");
    }

    private protected override async Task<IMarketStore> OpenAsync() => await (_database = await TestDatabase.CreatePlainAsync()).OpenAtAsync(Clock);
}
