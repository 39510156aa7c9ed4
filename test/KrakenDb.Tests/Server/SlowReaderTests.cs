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
    private const int EngineThreads = 2;
    private const long LogMax = 64L << 20;
    private const long MemoryMax = 96L << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new(Rows.Start.AddDays(2));

    private string Store => _folder["kraken.duckdb"];

    // Of the write-ahead log, in bytes.
    private long Log => new FileInfo(Store + ".wal") is { Exists: true } file ? file.Length : 0;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_replay_at_1x_over_http_lets_the_log_be_emptied_while_a_million_rows_are_written()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 2880);
        await using var endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions());
        await using IMarketReader reader = await KrakenDb.Client.RemoteMarketReader.ConnectAsync(new(endpoint.Address, endpoint.Token), locate: null, default);
        var provider = new HistoricalDataProvider(reader, _clock);
        using var leaving = new CancellationTokenSource();
        var replay = provider.ReplayCandlesAsync(StoreFile.Symbol, 1, Rows.Start, Rows.Start.AddDays(2), speed: 1, cancellationToken: leaving.Token).GetAsyncEnumerator();
        var next = replay.MoveNextAsync().AsTask();
        try
        {
            var memory = GC.GetTotalMemory(forceFullCollection: true);
            long log = 0;
            var at = default(DateTimeOffset);
            for (var minute = 0; minute < RowsWritten; minute += BatchRows)
            {
                await WriteAsync(store, minute);
                log = Math.Max(log, Log);

                // The clock of the replay: a candle for each batch.
                while (_clock.Waiting == 0)
                {
                    await Task.Yield();
                }

                _clock.Advance(TimeSpan.FromMinutes(1));
                (await next).ShouldBeTrue();
                at = replay.Current.Timestamp;
                next = replay.MoveNextAsync().AsTask();
            }

            log.ShouldBeLessThan(LogMax);
            var kept = GC.GetTotalMemory(forceFullCollection: true) - memory;
            kept.ShouldBeLessThan(MemoryMax);
            at.ShouldBe(Rows.Start.AddMinutes((RowsWritten / BatchRows) - 1));

            using (var file = DuckDbFile.Acquire(Store, new DuckDbOptions { Threads = EngineThreads }))
            {
                // Both readers are free at once, and none has a transaction open: a second BEGIN on its connection would be refused.
                using var both = new Barrier(EngineThreads);
                var reads = Enumerable.Range(0, EngineThreads).Select(_ => file.Readers.RunAsync(session => both.SignalAndWait(TimeSpan.FromMinutes(1)) && BeginsAnew(session), default));
                (await Task.WhenAll(reads)).ShouldAllBe(isFree => isFree);
                (await file.Writer.RunAsync(BeginsAnew, default)).ShouldBeTrue();
                await file.Writer.RunAsync(session => session.Connection.Execute("CHECKPOINT"), default);
            }

            Log.ShouldBe(0);
            (await store.GetSyncStatusAsync("ETH/USD")).Single().TotalRecords.ShouldBe(RowsWritten);
            TestContext.Current.TestOutputHelper?.WriteLine($"log at most {log} bytes, memory {kept} bytes more");
        }
        finally
        {
            await leaving.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => next);
            await replay.DisposeAsync();
        }
    }

    private static bool BeginsAnew(DuckDbSession session)
    {
        session.Connection.Execute("BEGIN");
        session.Connection.Execute("ROLLBACK");
        return true;
    }

    private static async Task WriteAsync(IMarketStore store, int minute)
    {
        var write = Rows.Write("ETH/USD", 1, Enumerable.Range(minute, BatchRows).Select(at => Rows.Candle(at)));
        await store.WriteAsync(write, default);
        write.Candles!.Dispose();
    }
}
