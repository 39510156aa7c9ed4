using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>A server has any number of writers; two stores share nothing but it, as two processes would.</summary>
public sealed class SeveralProcessesTests : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreatePlainAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Processes_that_begin_at_once_make_one_schema()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => _database.OpenAsync())));

        const string Versions = "SELECT string_agg(version::text, ',' ORDER BY version) FROM schema_version";
        await using var alone = await TestDatabase.CreatePlainAsync();
        await (await alone.OpenAsync()).DisposeAsync();
        (await _database.ScalarAsync<string>(Versions)).ShouldBe(await alone.ScalarAsync<string>(Versions));
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Parallel_writers_of_overlapping_ranges_store_each_row_once()
    {
        await using var first = await _database.OpenAsync();
        await using var second = await _database.OpenAsync();

        var receipts = await Task.WhenAll(Enumerable.Range(0, 16).Select(index => Task.Run(() => (index % 2 == 0 ? first : second).WriteAsync(index * 500, (index * 500) + 1000))));

        receipts.Sum(receipt => receipt.CandlesInserted).ShouldBe(8500);
        receipts.Sum(receipt => receipt.CandlesUnchanged).ShouldBe(7500);
        (await first.CountAsync()).ShouldBe(8500);
        (await first.GetSyncStatusAsync()).Single().TotalRecords.ShouldBe(8500);
        (await second.GetCoverageAsync(StoreFile.Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 8500)]);
    }

    [Fact]
    public async Task What_one_process_commits_the_other_reads_at_once()
    {
        await using var first = await _database.OpenAsync();
        await using var second = await _database.OpenAsync();
        (await second.GetSymbolsAsync()).ShouldBeEmpty();

        await first.WriteAsync(0, 10);

        (await second.GetSymbolsAsync()).ShouldBe([StoreFile.Symbol]);
        (await second.WriteAsync(5, 15)).ShouldBe(new StoreReceipt { CandlesInserted = 5, CandlesUnchanged = 5 });
        (await first.GetSyncStatusAsync()).Single().TotalRecords.ShouldBe(15);
    }

    [Fact]
    public async Task A_few_rows_far_apart_meet_what_is_stored()
    {
        await using var store = await _database.OpenAsync();
        await store.WriteAsync(0, 50_000);

        var receipt = await store.WriteAsync(Rows.Write(StoreFile.Symbol, 1, [Rows.Candle(1, 101), Rows.Candle(30_000, 999, count: 7), Rows.Candle(60_000)]), default);

        receipt.ShouldBe(new StoreReceipt { CandlesInserted = 1, CandlesUnchanged = 1, CandlesConflicting = 1 });
        (await store.CountAsync()).ShouldBe(50_001);
    }

    [Fact]
    public async Task A_lock_that_another_holds_too_long_is_an_error_that_may_be_repeated()
    {
        await using var store = await _database.OpenAsync();
        await store.WriteAsync(0, 10);
        var settings = _database.Settings;
        settings.Options = settings.Options!.Replace("lock_timeout=60s", "lock_timeout=100ms", StringComparison.Ordinal);
        await using IMarketStore impatient = await KrakenDb.Timescale.TimescaleMarketStore.OpenAsync(settings, new KrakenDb.Timescale.TimescaleOptions(), default);
        await using (var source = Npgsql.NpgsqlDataSource.Create(_database.Settings))
        await using (var connection = await source.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            await using var command = new Npgsql.NpgsqlCommand("LOCK TABLE candles IN ACCESS EXCLUSIVE MODE", connection);
            await command.ExecuteNonQueryAsync();

            var exception = await Should.ThrowAsync<MarketStoreException>(async () => await impatient.WriteAsync(5, 15));

            exception.IsTransient.ShouldBeTrue();
            exception.Message.ShouldContain("lock_timeout");
        }

        (await impatient.WriteAsync(5, 15)).CandlesInserted.ShouldBe(5);
    }
}
