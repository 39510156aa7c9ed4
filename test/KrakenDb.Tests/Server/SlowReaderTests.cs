using KrakenDb.DuckDb;
using KrakenDb.Server;
using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Server;

/// <summary>A reader that takes its time costs the owner nothing: no transaction, no log that grows, no memory.</summary>
public sealed class SlowReaderTests : IDisposable
{
    private const int RowsWritten = 1_000_000;
    private const int BatchRows = 25_000;
    private const long WalMax = 64L << 20;
    private const long MemoryMax = 96L << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new(Rows.Start.AddDays(2));

    private string Store => _folder["kraken.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_replay_at_1x_over_http_lets_the_log_be_emptied_while_a_million_rows_are_written()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 2880);
        await using var endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions());
        await using IMarketReader reader = await KrakenDb.Client.RemoteMarketReader.ConnectAsync(new(endpoint.Address, endpoint.Token), locate: null, default);
        var provider = new HistoricalDataProvider(reader, _clock);
        await using var replay = provider.ReplayCandlesAsync(StoreFile.Symbol, 1, Rows.Start, Rows.Start.AddDays(2), speed: 1).GetAsyncEnumerator();
        var next = replay.MoveNextAsync().AsTask();
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        long log = 0;

        for (var minute = 0; minute < RowsWritten; minute += BatchRows)
        {
            await store.WriteAsync(Rows.Write("ETH/USD", 1, Enumerable.Range(minute, BatchRows).Select(at => Rows.Candle(at))), default);
            log = Math.Max(log, new FileInfo(Store + ".wal") is { Exists: true } wal ? wal.Length : 0);

            // The clock of the replay: a candle for each batch.
            while (_clock.Waiting == 0)
            {
                await Task.Yield();
            }

            _clock.Advance(TimeSpan.FromMinutes(1));
            (await next).ShouldBeTrue();
            next = replay.MoveNextAsync().AsTask();
        }

        // Refused while any transaction is open; and the log is empty after it.
        long left;
        var at = replay.Current.Timestamp;
        var kept = GC.GetTotalMemory(forceFullCollection: true) - memory;
        using (var file = DuckDbFile.Acquire(Store, new DuckDbOptions { Threads = 2 }))
        {
            await file.Writer.RunAsync(session => session.Connection.Execute("CHECKPOINT"), default);
            left = new FileInfo(Store + ".wal") is { Exists: true } wal ? wal.Length : 0;
        }

        _clock.Advance(TimeSpan.FromDays(2));
        (await next).ShouldBeTrue();
        log.ShouldBeLessThan(WalMax);
        left.ShouldBe(0);
        kept.ShouldBeLessThan(MemoryMax);
        at.ShouldBe(Rows.Start.AddMinutes((RowsWritten / BatchRows) - 1));
        (await store.GetSyncStatusAsync("ETH/USD")).Single().TotalRecords.ShouldBe(RowsWritten);
        TestContext.Current.TestOutputHelper?.WriteLine($"log at most {log} bytes, memory {kept} bytes more");
    }
}
