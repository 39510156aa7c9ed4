using KrakenDb.Tests.Books;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>What TimescaleDB's scheduler calls drops the recordings that the command drops.</summary>
public sealed class BookRetentionJobTests
{
    [Fact]
    public async Task On_PostgreSQL()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await RunAsync(database, before: null);
    }

    [Fact]
    public async Task On_TimescaleDB_from_compressed_chunks()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await (await database.OpenAsync()).DisposeAsync();
        await database.ExecuteAsync("SELECT remove_compression_policy('kraken_orderbook_messages'), remove_compression_policy('kraken_orderbook_entries')");
        await RunAsync(database, "SELECT compress_chunk(chunk) FROM (SELECT show_chunks('kraken_orderbook_messages') AS chunk UNION ALL SELECT show_chunks('kraken_orderbook_entries')) chunks");
    }

    [Fact]
    public async Task A_server_that_had_the_job_before_goes_on_with_it()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await (await database.OpenAsync()).DisposeAsync();
        await database.ExecuteAsync(
            """
            DROP PROCEDURE krakendb_retention;
            DROP FUNCTION krakendb_expire_recording;
            DROP FUNCTION krakendb_proven_books;
            ALTER PROCEDURE krakendb_retention_of_rows RENAME TO krakendb_retention;
            DELETE FROM schema_version WHERE version = 12;
            SELECT add_job('krakendb_retention', INTERVAL '1 day', initial_start => now() + INTERVAL '1 day');
            """);

        await RunAsync(database, before: null);

        (await database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'krakendb_retention'")).ShouldBe(1);

        // As the scheduler runs it, at the server's time: by now all recordings are old.
        var job = await database.ScalarAsync<int>("SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'krakendb_retention'");
        await database.ExecuteAsync($"CALL run_job({job})");
        (await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM capture_sessions) + (SELECT count(*) FROM kraken_orderbook_messages) + (SELECT count(*) FROM kraken_orderbook_entries)")).ShouldBe(0);
        (await database.ScalarAsync<long>("SELECT count(*) FROM data_coverage WHERE grade > 1")).ShouldBe(0);
    }

    private static async Task RunAsync(TestDatabase database, string? before)
    {
        await using var store = await database.OpenAtAsync(new ManualClock(RecordedBooks.Now));
        await RecordedBooks.FillAsync(store);
        if (before is not null)
        {
            await database.ExecuteAsync(before);
        }

        await store.SetRetentionAsync(DataType.Books, RecordedBooks.KeepDays, default);
        await database.ExecuteAsync($$"""CALL krakendb_retention(0, '{"now": "{{RecordedBooks.Now:O}}"}')""");

        (await RecordedBooks.ContentAsync(store)).ShouldBe(await RecordedBooks.ExpectedAsync());
        (await RetentionRun.RunAsync(store, RecordedBooks.Now, CaptureText.Wire, default)).ShouldBeEmpty();
    }
}
