using KrakenDb.DuckDb;
using KrakenDb.Simulator;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

public sealed class ConcurrencyTests : IDisposable
{
    private static readonly DuckDbOptions Options = new() { Threads = 2 };
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["kraken.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Parallel_writers_of_overlapping_ranges_store_each_row_once()
    {
        await using var first = await StoreFile.OpenAsync(Store);
        await using var second = await StoreFile.OpenAsync(Store);

        var receipts = await Task.WhenAll(Enumerable.Range(0, 16).Select(index => Task.Run(() => (index % 2 == 0 ? first : second).WriteAsync(index * 500, (index * 500) + 1000))));

        receipts.Sum(receipt => receipt.CandlesInserted).ShouldBe(8500);
        receipts.Sum(receipt => receipt.CandlesUnchanged).ShouldBe(7500);
        (await first.CountAsync()).ShouldBe(8500);
        (await first.GetSyncStatusAsync()).Single().TotalRecords.ShouldBe(8500);
        (await first.GetCoverageAsync(StoreFile.Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 8500)]);
    }

    [Fact]
    public async Task Two_imports_of_the_same_files_at_once_store_each_row_once()
    {
        var span = MinuteSpan.First(6000);
        foreach (var market in new[] { MarketSpec.BitcoinUsd, MarketSpec.EtherUsd })
        {
            await new CandleFile(market, span).WriteToDirectoryAsync(_folder["csv"], null, CancellationToken.None);
        }

        await using (var first = await StoreFile.OpenAsync(Store))
        await using (var second = await StoreFile.OpenAsync(Store))
        {
            var options = new BulkCsvImporterOptions { BatchSize = 700 };
            var reports = await Task.WhenAll(
                new[] { first, second }.Select(store => Task.Run(() => new BulkCsvImporter(store, options).ImportDirectoryAsync(_folder["csv"], null, CancellationToken.None))));

            foreach (var report in reports)
            {
                report.Failed.ShouldBeEmpty();
            }
        }

        await using var imported = await StoreFile.OpenAsync(Store);
        foreach (var market in new[] { MarketSpec.BitcoinUsd, MarketSpec.EtherUsd })
        {
            var expected = SeededMarket.Candles(market, span).Select(row => (row.UnixSeconds * 1_000_000, row.Close, row.Volume));
            using var stored = await imported.ReadCandlesAsync(market.Symbol, 1, 1, Rows.Minutes(0, 10_000), default);
            stored.Rows().Select(row => (row.Timestamp, row.Close, row.Volume)).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Readers_see_every_row_while_the_store_is_compacted()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 5000);
        using var compacted = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var reads = 0;
            do
            {
                (await store.CountAsync()).ShouldBe(5000);
                (await store.GetStatusAsync()).Candles.ShouldBe(5000);
                reads++;
            }
            while (!compacted.IsCancellationRequested);

            return reads;
        })).ToList();

        for (var times = 0; times < 3; times++)
        {
            await store.CompactAsync();
        }

        await compacted.CancelAsync();
        (await Task.WhenAll(readers)).ShouldAllBe(reads => reads > 0);
        await store.WriteAsync(5000, 5010);
        (await store.CountAsync()).ShouldBe(5010);
    }

    [Fact]
    public async Task Compacting_refuses_to_lose_what_kraken_db_did_not_make()
    {
        await StoreFile.CreateAsync(Store);
        StoreFile.Execute(Store, "CREATE TABLE notes (text VARCHAR); INSERT INTO notes VALUES ('mine')");
        await using var store = await StoreFile.OpenAsync(Store);

        var refused = await Should.ThrowAsync<MarketStoreException>(() => store.CompactAsync());

        refused.Message.ShouldContain("main.notes");
        (await store.CountAsync()).ShouldBe(100);
        await store.WriteAsync(100, 101);
        (await Should.ThrowAsync<MarketStoreException>(() => store.CompactAsync())).Message.ShouldContain("main.notes");
    }

    [Fact]
    public async Task A_cancelled_compaction_leaves_the_store_as_it_was()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 5000);
        using var cancelled = new CancellationTokenSource();
        var compacting = store.CompactAsync(cancelled.Token);
        await cancelled.CancelAsync();

        // It may have been done before it noticed.
        await Task.WhenAny(compacting);

        (await store.CountAsync()).ShouldBe(5000);
        File.Exists(Store + ".compact").ShouldBeFalse();
        await store.WriteAsync(5000, 5001);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancelling_interrupts_a_long_read_and_the_store_goes_on()
    {
        await StoreFile.CreateAsync(Store);
        using var file = DuckDbFile.Acquire(Store, Options);
        using var cancelled = new CancellationTokenSource();
        using var started = new ManualResetEventSlim();

        // Minutes of work, were it not for the cancellation.
        var reading = file.Readers.RunAsync(
            session =>
            {
                started.Set();
                return session.Connection.Execute("SELECT count(*) FROM range(1000000000000) WHERE hash(range) % 7 = 3");
            },
            cancelled.Token);
        await Task.Run(started.Wait);
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        await using var store = await StoreFile.OpenAsync(Store);
        (await store.CountAsync()).ShouldBe(100);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_write_that_waits_for_its_turn_ends_at_once_and_writes_nothing()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        using var file = DuckDbFile.Acquire(Store, Options);
        using var release = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        var before = file.Writer.RunAsync(
            _ =>
            {
                release.Wait();
                return true;
            },
            default);
        var waiting = store.WriteAsync(Rows.Write(StoreFile.Symbol, 1, [Rows.Candle(0)]), cancelled.Token);

        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        before.IsCompleted.ShouldBeFalse();
        release.Set();
        await before;
        (await store.CountAsync()).ShouldBe(0);
        await store.WriteAsync(0, 10);
        (await store.CountAsync()).ShouldBe(10);
    }

    [Fact]
    public async Task A_read_that_runs_while_the_store_is_closed_ends_with_its_rows()
    {
        await StoreFile.CreateAsync(Store);
        var store = await StoreFile.OpenAsync(Store);
        var file = DuckDbFile.Acquire(Store, Options);
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var reading = file.Readers.RunAsync(
            session =>
            {
                started.Set();
                release.Wait();
                using var batch = CandleTable.Read(session, StoreFile.Symbol, 1, Rows.Minutes(0, 100));
                return batch.Count;
            },
            default);
        await Task.Run(started.Wait);

        await store.DisposeAsync();
        var closing = Task.Run(file.Dispose);
        release.Set();

        (await reading).ShouldBe(100);
        await closing;
        await Should.ThrowAsync<ObjectDisposedException>(() => store.CountAsync());
        await Should.ThrowAsync<ObjectDisposedException>(() => file.Readers.RunAsync(_ => 0, default));
        Should.Throw<ObjectDisposedException>(() => file.Compact(default));
        await using var again = await StoreFile.OpenAsync(Store);
        (await again.CountAsync()).ShouldBe(100);
    }

    [Fact]
    public async Task Reads_and_writes_that_race_with_closing_end_properly()
    {
        for (var times = 0; times < 5; times++)
        {
            var store = await StoreFile.OpenAsync(Store);
            var work = Enumerable.Range(0, 8).Select(index => Task.Run(async () =>
            {
                for (var step = 0; ; step++)
                {
                    await (index % 2 == 0 ? store.CountAsync() : (Task)store.WriteAsync(step, step + 1));
                }
            })).ToList();
            await store.WriteAsync(0, 10);

            await store.DisposeAsync();

            foreach (var task in work)
            {
                await Should.ThrowAsync<ObjectDisposedException>(() => task);
            }
        }
    }
}
