using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using KrakenDb.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>A server that dies and comes back: nothing lost, nothing doubled, no restart of the program.</summary>
public sealed class ServerFaultTests
{
    [Fact]
    public async Task After_the_server_came_back_the_same_store_goes_on()
    {
        using var server = PostgresServer.StartOwn();
        await using IMarketStore store = await TimescaleMarketStore.OpenAsync(PostgresUrl.Parse(server.Url(), _ => null), new TimescaleOptions(), default);
        await store.WriteAsync(0, 1000);

        server.Kill();
        var exception = await Should.ThrowAsync<MarketStoreException>(async () => await store.WriteAsync(500, 1500));
        exception.IsTransient.ShouldBeTrue();
        exception.Message.ShouldNotContain("secret");
        await Should.ThrowAsync<MarketStoreException>(async () => await store.GetSymbolsAsync());
        server.Start();

        (await store.WriteAsync(500, 1500)).ShouldBe(new StoreReceipt { CandlesInserted = 500, CandlesUnchanged = 500 });
        (await store.CountAsync()).ShouldBe(1500);
    }

    [Fact]
    public async Task Writers_that_repeat_what_failed_lose_and_double_nothing()
    {
        using var server = PostgresServer.StartOwn();
        await using IMarketStore store = await TimescaleMarketStore.OpenAsync(PostgresUrl.Parse(server.Url(), _ => null), new TimescaleOptions(), default);
        var failures = 0;
        var started = new TaskCompletionSource();
        var writing = Task.Run(async () =>
        {
            for (var batch = 0; batch < 60; batch++)
            {
                try
                {
                    await store.WriteAsync(batch * 2000, (batch + 1) * 2000);
                    if (batch == 5)
                    {
                        started.SetResult();
                    }
                }
                catch (MarketStoreException exception) when (exception.IsTransient)
                {
                    failures++;
                    batch--;
                    await Task.Delay(50);
                }
            }
        });

        await started.Task;
        server.Kill();
        server.Start();
        await writing;

        (await store.CountAsync(200_000)).ShouldBe(120_000);
        (await store.GetSyncStatusAsync()).Single().TotalRecords.ShouldBe(120_000);
        (await store.GetCoverageAsync(StoreFile.Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 120_000)]);
    }

    [Fact]
    public async Task A_connection_that_is_cut_in_the_middle_of_a_copy_leaves_nothing_behind()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var store = await database.OpenAsync();
        await store.WriteAsync(0, 10);
        await database.ExecuteAsync(
            """
            CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF NEW.open = 777 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$;
            CREATE TRIGGER cut BEFORE INSERT ON candles FOR EACH ROW EXECUTE FUNCTION cut();
            """);

        var rows = Enumerable.Range(10, 5000).Select(minute => Rows.Candle(minute, minute == 4000 ? 777 : 100));
        await Should.ThrowAsync<MarketStoreException>(async () => await store.WriteAsync(Rows.Write(StoreFile.Symbol, 1, rows, Rows.Covered(10, 5010)), default));

        (await store.CountAsync()).ShouldBe(10);
        (await store.GetCoverageAsync(StoreFile.Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 10)]);
        await database.ExecuteAsync("DROP TRIGGER cut ON candles");
        (await store.WriteAsync(Rows.Write(StoreFile.Symbol, 1, rows, Rows.Covered(10, 5010)), default)).CandlesInserted.ShouldBe(5000);
    }

    [Fact]
    public async Task A_full_disk_is_named_and_leaves_nothing_behind()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var store = await database.OpenAsync();
        await store.WriteAsync(0, 10);

        // The error that the server raises when a file cannot grow, without filling a real disk.
        await database.ExecuteAsync(
            """
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON data_coverage FOR EACH ROW EXECUTE FUNCTION full_disk();
            """);

        var exception = await Should.ThrowAsync<MarketStoreException>(async () => await store.WriteAsync(10, 2000));

        exception.Message.ShouldContain("No space left on device");
        exception.IsTransient.ShouldBeTrue();
        (await store.CountAsync()).ShouldBe(10);
        await database.ExecuteAsync("DROP TRIGGER full_disk ON data_coverage");
        (await store.WriteAsync(10, 2000)).CandlesInserted.ShouldBe(1990);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_nothing_behind_and_the_connection_serves_again()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var store = await database.OpenAsync();
        await database.ExecuteAsync(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$;
            CREATE TRIGGER slow BEFORE INSERT ON candles FOR EACH ROW EXECUTE FUNCTION slow();
            """);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Should.ThrowAsync<OperationCanceledException>(async () =>
            await store.WriteAsync(Rows.Write(StoreFile.Symbol, 1, Enumerable.Range(0, 50_000).Select(minute => Rows.Candle(minute))), cancellation.Token));

        (await store.CountAsync()).ShouldBe(0);
        (await store.GetSymbolsAsync()).ShouldBeEmpty();
    }
}
