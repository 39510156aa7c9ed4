using KrakenDb.Tests.Storage;
using KrakenDb.Timescale;
using Npgsql;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class TradePageTests
{
    [Fact]
    public async Task A_page_is_read_in_stored_order_wherever_it_lies()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using (await database.OpenAsync())
        {
            await database.ExecuteAsync("INSERT INTO trades SELECT 'BTC/USD', '2024-01-01 00:00+00'::timestamptz + id * interval '1 second', id, id, 100, 1, 'buy', NULL, '' FROM generate_series(1, 40000) id");
            await database.ExecuteAsync("ANALYZE trades");
        }

        foreach (var afterId in new long[] { 0, 20_000, 39_000 })
        {
            var range = new TimeRange(Rows.Start.AddSeconds(afterId), Rows.Start.AddDays(1));
            var plan = await ExplainAsync(database, TradeTable.Query("BTC/USD", range, afterId, 500));
            plan.ShouldContain("Index Scan using trades_pkey");
            plan.ShouldNotContain("Sort");
        }
    }

    private static async Task<string> ExplainAsync(TestDatabase database, string query)
    {
        await using var source = NpgsqlDataSource.Create(database.Settings);
        await using var command = source.CreateCommand($"EXPLAIN {query}");
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
