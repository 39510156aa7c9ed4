using System.Text.Json;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.DuckDb;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class MaintenanceCommandTests
{
    [Fact]
    public async Task Old_chunks_are_compressed_and_the_figures_shown()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await using (var store = await database.OpenAsync())
        {
            await store.WriteAsync(0, 40_000);
        }

        (await RunAsync(database, "db", "compress", "--older-than", "7d")).Error.ShouldContain("Compressed 2 chunks");
        var run = await RunAsync(database, "db", "compression", "--format", "json");

        var candles = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().Single(table => table.GetProperty("table").GetString() == "candles");
        candles.GetProperty("compressed_chunks").GetInt64().ShouldBe(2);
        candles.GetProperty("bytes_after").GetInt64().ShouldBeInRange(1, candles.GetProperty("bytes_before").GetInt64() / 2);
        (await RunAsync(database, "db", "compression")).Output.ShouldContain("saved");
        await using var again = await database.OpenAsync();
        (await again.CountAsync()).ShouldBe(40_000);
    }

    [Fact]
    public async Task Rollups_are_refreshed_by_hand()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await using (var store = await database.OpenAsync())
        {
            await store.WriteAsync(0, 2_000);
        }

        (await RunAsync(database, "db", "refresh")).Error.ShouldContain("Refreshed the rollups of 2,000 minutes");
        (await RunAsync(database, "db", "refresh")).Error.ShouldContain("Nothing to refresh");
        (await RunAsync(database, "db", "refresh", "--start", "2024-01-01", "--end", "2024-01-02")).Error.ShouldContain("1,440 minutes");
        (await RunAsync(database, "db", "refresh", "--end", "2024-01-02")).ExitCode.ShouldBe(2);
        (await database.ScalarAsync<long>("SELECT count(*) FROM candles_1h")).ShouldBe(34);
    }

    [Fact]
    public async Task A_plain_server_says_that_there_is_nothing_to_do()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        (await RunAsync(database, "db", "init")).Error.ShouldContain("Ready: postgresql://");

        (await RunAsync(database, "db", "refresh")).Error.ShouldContain("Nothing to refresh");
        (await RunAsync(database, "db", "compress")).Error.ShouldContain("does not compress by chunk");
        (await RunAsync(database, "db", "compression")).Error.ShouldContain("does not compress by chunk");
        (await RunAsync(database, "db", "status")).Output.ShouldContain("off: TimescaleDB ");
    }

    [Fact]
    public async Task A_kept_pool_is_as_large_as_asked()
    {
        await using var database = await TestDatabase.CreatePlainAsync();

        (await RunAsync(database, "db", "init", "--pool-max-size", "1")).ExitCode.ShouldBe(0);
        (await RunAsync(database, "status", "--pool-max-size", "0")).ExitCode.ShouldBe(2);
    }

    private static Task<ProgramRun> RunAsync(TestDatabase database, params string[] arguments) => ProgramRun.OnAsync(store: null, clock: null, [.. arguments, "--db-url", database.Url]);
}
