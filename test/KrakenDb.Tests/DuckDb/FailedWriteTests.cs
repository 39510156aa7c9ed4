using KrakenDb.DuckDb;
using KrakenDb.Tests.House;
using KrakenDb.Tests.Packages;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

/// <summary>A write that fails leaves nothing: not in the tables, not in the ledger in memory.</summary>
public sealed class FailedWriteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["kraken.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_error_in_the_middle_of_a_write_leaves_nothing_of_it()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 10);
        var before = await ContentAsync(store);

        // The candles are merged first; the second trade cannot be written, because it has no text.
        var write = Rows.Write(StoreFile.Symbol, 1, Enumerable.Range(5, 10).Select(minute => Rows.Candle(minute, 200, count: 9)), Rows.Covered(5, 15)) with
        {
            Trades = TradeBatch.FromRows([Rows.Trade(1), Rows.Trade(2) with { Misc = null! }]),
            Cursor = new ImportCursor("a.csv", 1, "{}"),
            WantedFrom = Rows.Start.AddDays(-1),
        };
        await Should.ThrowAsync<ArgumentNullException>(() => store.WriteAsync(write, default));

        (await ContentAsync(store)).ShouldBe(before);
        (await store.GetImportCursorAsync("a.csv", default)).ShouldBeNull();
        (await store.WriteAsync(write with { Trades = null }, default)).ShouldBe(new StoreReceipt { CandlesInserted = 5, CandlesConflicting = 5 });
        var after = await ContentAsync(store);
        await store.DisposeAsync();
        await using var again = await StoreFile.OpenAsync(Store);
        (await ContentAsync(again)).ShouldBe(after);
    }

    [Fact]
    public async Task An_error_of_the_database_leaves_nothing_of_the_write()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 10);
        var before = await ContentAsync(store);
        using var file = DuckDbFile.Acquire(Store, new DuckDbOptions());
        await file.Writer.RunAsync(session => session.Connection.Execute("ALTER TABLE data_coverage RENAME TO hidden"), default);

        (await Should.ThrowAsync<MarketStoreException>(() => store.WriteAsync(10, 20))).Message.ShouldContain("data_coverage");
        (await Should.ThrowAsync<MarketStoreException>(() => store.WriteAsync(10, 20))).Message.ShouldContain("data_coverage");

        await file.Writer.RunAsync(session => session.Connection.Execute("ALTER TABLE hidden RENAME TO data_coverage"), default);
        (await ContentAsync(store)).ShouldBe(before);
        (await store.WriteAsync(10, 20)).CandlesInserted.ShouldBe(10);
        (await store.CountAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task A_write_that_fails_takes_none_of_those_that_wait_with_it()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        using var file = DuckDbFile.Acquire(Store, new DuckDbOptions());
        using var gate = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        var busy = file.Writer.RunAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)), default);
        var bad = new StoreWrite { Symbol = StoreFile.Symbol, Trades = TradeBatch.FromRows([Rows.Trade(1), Rows.Trade(2) with { Misc = null! }]) };

        // All of them wait: the first one's transaction takes the others along, and fails.
        var good = new List<Task<StoreReceipt>> { store.WriteAsync(0, 10), store.WriteAsync(5, 15) };
        var failing = store.WriteAsync(bad, default);
        var abandoned = store.WriteAsync(bad with { Trades = TradeBatch.FromRows([Rows.Trade(7)]) }, cancelled.Token);
        good.Add(store.WriteAsync(15, 20));
        await cancelled.CancelAsync();
        gate.Set();
        await busy;

        (await Task.WhenAll(good)).Select(receipt => (receipt.CandlesInserted, receipt.CandlesUnchanged)).ShouldBe([(10, 0), (5, 5), (5, 0)]);
        await Should.ThrowAsync<ArgumentNullException>(() => failing);
        await Should.ThrowAsync<OperationCanceledException>(() => abandoned);
        (await store.CountAsync()).ShouldBe(20);
        var status = (await store.GetSyncStatusAsync()).Single();
        (status.DataType, status.TotalRecords).ShouldBe(("candles_1m", 20));
    }

    [Fact]
    public async Task Writes_that_wait_together_end_as_one_after_the_other()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        List<Task<StoreReceipt>> writes;
        using (var file = DuckDbFile.Acquire(Store, new DuckDbOptions()))
        {
            using var gate = new ManualResetEventSlim();
            var busy = file.Writer.RunAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)), default);
            writes = [.. Enumerable.Range(0, 40).Select(index => store.WriteAsync(index * 5, (index * 5) + 10))];
            gate.Set();
            await busy;
        }

        (await Task.WhenAll(writes)).Select(receipt => (receipt.CandlesInserted, receipt.CandlesUnchanged)).ShouldBe([(10, 0), .. Enumerable.Repeat((5L, 5L), 39)]);
        (await store.GetCoverageAsync(StoreFile.Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 205)]);
        (await store.GetSyncStatusAsync()).Single().TotalRecords.ShouldBe(205);
        var before = await ContentAsync(store);
        await store.DisposeAsync();
        await using var again = await StoreFile.OpenAsync(Store);
        (await ContentAsync(again)).ShouldBe(before);
    }

    [Fact]
    public async Task A_full_disk_loses_nothing_that_was_committed_and_the_store_goes_on_when_there_is_space()
    {
        await MountAsync("24m");
        try
        {
            await using (var store = await StoreFile.OpenAsync(Store))
            {
                var committed = 0;
                var error = await Should.ThrowAsync<MarketStoreException>(async () =>
                {
                    while (committed < 5_000_000)
                    {
                        await store.WriteAsync(Noisy(committed, committed + 20_000), default);
                        committed += 20_000;
                    }
                });
                TestContext.Current.TestOutputHelper?.WriteLine($"{committed} committed, then: {error.Message}");
                error.IsTransient.ShouldBeTrue(error.Message);
                error.Message.ShouldContain("Free some space");
                error.ShouldNotBeOfType<StoreInUseException>();
                committed.ShouldBeGreaterThan(0);

                // A commit whose error came after it counts as one; ledger and table agree in any case.
                var stored = await StoredAsync(store);
                (stored == committed || stored == committed + 20_000).ShouldBeTrue($"{stored} rows, {committed} committed");
                await Should.ThrowAsync<MarketStoreException>(async () => await FillAsync(store, 10));
                (await StoredAsync(store)).ShouldBeGreaterThanOrEqualTo(committed);

                await MountAsync("200m", "remount,");
                await store.WriteAsync(Noisy(committed, committed + 20_000), default);
                (await StoredAsync(store)).ShouldBeGreaterThanOrEqualTo(committed + 20_000);
                await store.CompactAsync();
            }

            await using var again = await StoreFile.OpenAsync(Store, create: false);
            await StoredAsync(again);
        }
        finally
        {
            await RunAsync("umount", "-l", _folder.Path);
        }
    }

    [Fact]
    public async Task A_store_on_a_full_disk_is_not_created_by_half()
    {
        await MountAsync("64k");
        try
        {
            var error = await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(Store));
            error.ShouldNotBeOfType<StoreInUseException>();
            File.Exists(Store).ShouldBeFalse();

            await MountAsync("64m", "remount,");
            await StoreFile.CreateAsync(Store);
        }
        finally
        {
            await RunAsync("umount", "-l", _folder.Path);
        }
    }

    [Fact]
    public async Task An_export_to_a_full_disk_leaves_the_old_file()
    {
        await MountAsync("2m");
        try
        {
            await File.WriteAllTextAsync(_folder["a.parquet"], "old");

            var error = await Should.ThrowAsync<MarketStoreException>(() => ParquetFile.WriteCandlesAsync(_folder["a.parquet"], Candles()));

            error.IsTransient.ShouldBeTrue(error.Message);
            (await File.ReadAllTextAsync(_folder["a.parquet"])).ShouldBe("old");
            Directory.GetFileSystemEntries(_folder.Path).ShouldBe([_folder["a.parquet"]]);
        }
        finally
        {
            await RunAsync("umount", "-l", _folder.Path);
        }

        static async IAsyncEnumerable<Candle> Candles()
        {
            await Task.Yield();
            foreach (var row in Noisy(0, 300_000).Candles!.Rows())
            {
                yield return new Candle
                {
                    Symbol = StoreFile.Symbol,
                    Timestamp = UnixTime.ToDateTimeOffset(row.Timestamp),
                    Interval = 1,
                    Open = FixedPoint.ToDecimal(row.Open),
                    High = FixedPoint.ToDecimal(row.High),
                    Low = FixedPoint.ToDecimal(row.Low),
                    Close = FixedPoint.ToDecimal(row.Close),
                    Volume = FixedPoint.ToDecimal(row.Volume),
                    TradeCount = 1,
                    Complete = true,
                };
            }
        }
    }

    [Fact]
    public async Task A_compaction_on_a_full_disk_leaves_the_store_as_it_was()
    {
        await MountAsync("24m");
        try
        {
            await using var store = await StoreFile.OpenAsync(Store);
            await store.WriteAsync(Noisy(0, 300_000), default);
            await File.WriteAllBytesAsync(_folder["filler"], new byte[new DriveInfo(_folder.Path).AvailableFreeSpace - 1_000_000]);

            (await Should.ThrowAsync<MarketStoreException>(() => store.CompactAsync())).IsTransient.ShouldBeTrue();

            (await StoredAsync(store)).ShouldBe(300_000);
            File.Exists(Store + ".compact").ShouldBeFalse();
            File.Delete(_folder["filler"]);
            await store.WriteAsync(Noisy(300_000, 301_000), default);
            (await StoredAsync(store)).ShouldBe(301_000);
        }
        finally
        {
            await RunAsync("umount", "-l", _folder.Path);
        }
    }

    private static async Task FillAsync(IMarketStore store, int writes)
    {
        for (var index = 0; index < writes; index++)
        {
            await store.WriteAsync(Noisy(10_000_000 + (index * 20_000), 10_000_000 + ((index + 1) * 20_000)), default);
        }
    }

    // Digits that no compression gets rid of.
    private static StoreWrite Noisy(int fromMinute, int toMinute)
    {
        var random = new Random(fromMinute);
        var rows = Enumerable.Range(fromMinute, toMinute - fromMinute).Select(minute =>
            Rows.Candle(minute, volume: 1) with { Open = random.NextInt64(1, 1_000_000_000_000), Low = 1, High = FixedPoint.PriceLimit - random.NextInt64(1, 1_000_000_000), Volume = random.NextInt64() });
        return Rows.Write(StoreFile.Symbol, 1, rows, Rows.Covered(fromMinute, toMinute));
    }

    // The ledger in memory, the ledger in the tables and the rows themselves.
    private static async Task<long> StoredAsync(IMarketStore store)
    {
        var ledger = (await store.GetSyncStatusAsync()).Single().TotalRecords;
        var path = (await store.GetStatusAsync()).Location;
        using var file = DuckDbFile.Acquire(path, new DuckDbOptions());
        var (rows, recorded, covered) = await file.Readers.RunAsync(
            session => (Number(session, "SELECT count(*) FROM candles"), Number(session, "SELECT sum(total_records)::BIGINT FROM data_sync_status"),
                Number(session, "SELECT (sum(epoch_us(end_time) - epoch_us(start_time)) / 60000000)::BIGINT FROM data_coverage")),
            default);
        (rows, recorded, covered).ShouldBe((ledger, ledger, ledger));
        return rows;
    }

    private static long Number(DuckDbSession session, string sql)
    {
        using var result = session.Connection.Query(sql);
        return result.FetchChunk()!.Int64(0)[0];
    }

    private static async Task<string> ContentAsync(IMarketStore store)
    {
        using var candles = await store.ReadCandlesAsync(StoreFile.Symbol, 1, 1, Rows.Minutes(-100, 1000), default);
        var trades = await store.ReadTradesAsync(StoreFile.Symbol, Rows.Minutes(-100, 1000), 0, 1000, default);
        return $"{string.Join('\n', candles.Rows())}\n{string.Join('\n', trades.Rows())}\n{await store.GetCoverageAsync(StoreFile.Symbol, "candles_1m")}\n"
            + $"{string.Join('\n', await store.GetSyncStatusAsync())}\n{await store.GetWantedFromAsync(StoreFile.Symbol)}";
    }

    private async Task MountAsync(string size, string options = "")
    {
        var mounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && (await RunAsync("mount", "-t", "tmpfs", "-o", $"{options}size={size}", "tmpfs", _folder.Path)).ExitCode == 0;
        Required.Part("tmpfs", mounted, "A full disk is made by mounting a small one: run the tests on Linux as root.");
    }

    private async Task<ChildProcess> RunAsync(string program, params string[] arguments) => await ChildProcess.RunAsync(program, arguments, "/", environment: null, CancellationToken.None);
}
