using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>The writer between a live feed and a store that is slow, refuses, or is away.</summary>
public sealed class DatabaseWriterTests : IAsyncDisposable
{
    private const string Symbol = "BTC/USD";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new(Rows.Start.AddHours(24));
    private readonly InMemoryMarketStore _memory;
    private readonly ScriptedStore _store;
    private readonly List<DatabaseWriter> _writers = [];

    public DatabaseWriterTests()
    {
        _memory = new InMemoryMarketStore(_clock);
        _store = new ScriptedStore(_memory);
    }

    private IMarketStore Memory => _memory;

    public async ValueTask DisposeAsync()
    {
        // What a failed test left: without patience, because the clock stands still and the store may be away for ever.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        foreach (var writer in _writers)
        {
            await writer.StopAsync(now.Token);
            await writer.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public void The_documents_limits_are_the_defaults()
    {
        var options = new DatabaseWriterOptions();

        (options.TradeBufferSize, options.TradeFlushInterval.TotalSeconds, options.CandleFlushInterval.TotalSeconds).ShouldBe((100, 5, 1));
        (DatabaseWriter.MaxTradeBufferSize, DatabaseWriter.MaxCandleBufferSize).ShouldBe((10_000, 1_000));
    }

    [Fact]
    public async Task A_hundred_trades_start_a_flush_that_takes_everything()
    {
        var writer = Writer();
        await writer.StartAsync();
        for (var id = 1; id <= 100; id++)
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        await UntilAsync(() => writer.GetStats() is { TradesWritten: 100, TradeBufferSize: 0, FlushCount: > 0 });
        var stats = writer.GetStats();
        (stats.TradeBufferSize, stats.ErrorCount, stats.OverflowCount, stats.CandlesWritten, stats.CandleBufferSize).ShouldBe((0, 0, 0, 0, 0));
        stats.FlushCount.ShouldBeGreaterThan(0);
        (await StoredAsync()).Count.ShouldBe(100);
    }

    [Fact]
    public async Task Fewer_are_stored_when_the_interval_is_over()
    {
        var writer = Writer();
        await writer.StartAsync();
        await writer.WriteTradeAsync(Trade(1));
        await writer.WriteTradeAsync(Trade(2));

        await AdvanceUntilAsync(() => writer.GetStats().TradesWritten == 2);

        (await StoredAsync()).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Stopping_stores_what_is_queued_and_ends_the_taking()
    {
        var writer = Writer();
        await writer.StartAsync();
        await writer.WriteTradeAsync(Trade(1));

        await writer.StopAsync();

        (await StoredAsync()).ShouldBe([1]);
        await Should.ThrowAsync<InvalidOperationException>(async () => await writer.WriteTradeAsync(Trade(2)));
    }

    [Fact]
    public async Task Coverage_commits_with_the_rows_and_candles_are_built_from_them()
    {
        var writer = Writer();
        await writer.StartAsync();
        var trades = Enumerable.Range(1, 300).Select(id => Trade(id)).ToList();
        foreach (var trade in trades)
        {
            await writer.WriteTradeAsync(trade);
        }

        await writer.UpdateSyncStatusAsync(Symbol, DataType.Trades, _clock.GetUtcNow());

        var coverage = (await Memory.GetCoverageAsync(Symbol, DataType.Trades)).ShouldHaveSingleItem();
        (coverage.Grade, coverage.LastTradeId).ShouldBe((CoverageGrade.Proven, 299));
        using var candles = await Memory.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, 60), default);
        candles.Rows().ShouldBe(Ingestion.ListedMarket.Minutes(trades.Select(Row), Rows.Minutes(1, 5)));
        candles.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Taking_never_waits_for_the_database()
    {
        var (begun, open) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _store.Before = (_, _) =>
        {
            begun.TrySetResult();
            return open.Task;
        };
        var writer = Writer();
        await writer.StartAsync();

        for (var id = 1; id <= 12_000; id++)
        {
            writer.WriteTradeAsync(Trade(id)).AsTask().IsCompleted.ShouldBeTrue();
            if (id == 100)
            {
                await begun.Task;
            }
        }

        writer.GetStats().TradesWritten.ShouldBe(0);
        writer.GetStats().OverflowCount.ShouldBeGreaterThan(0);
        open.SetResult();
        await writer.StopAsync();
        (await StoredAsync()).ShouldBe(Enumerable.Range(1, 12_000).Select(id => (long)id));
        (await Memory.GetCoverageAsync(Symbol, DataType.Trades)).ShouldHaveSingleItem().LastTradeId.ShouldBe(11_999);
    }

    [Fact]
    public async Task A_record_that_the_store_refuses_is_set_aside_and_the_rest_stored()
    {
        _store.Before = (write, _) => write.Trades?.Rows().Any(row => row.Id is 33 or 77) == true ? throw new MarketStoreException("value out of range") { RefusesRows = true } : Task.CompletedTask;
        var writer = Writer();
        await writer.StartAsync();
        for (var id = 1; id <= 100; id++)
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        await writer.StopAsync();

        (await StoredAsync()).ShouldBe(Enumerable.Range(1, 100).Except([33, 77]).Select(id => (long)id));
        (writer.GetStats().Rejected, writer.GetStats().ErrorCount).ShouldBe((2, 0));
        var lines = await File.ReadAllLinesAsync(_folder[RejectedRecords.FileName]);
        lines.Length.ShouldBe(3);
        lines[1].ShouldContain("value out of range");
        (await Memory.GetCoverageAsync(Symbol, DataType.Trades)).Count.ShouldBe(3);
        writer.ChainOf(Symbol).Holes().Select(hole => (hole.FirstMissing, hole.LastMissing)).ShouldBe([(33L, 33L), (77L, 77L)]);
    }

    [Theory]
    [InlineData(0, 1, 1, 100)]
    [InlineData(-1, 1, 1, 100)]
    [InlineData(100, 0, 1, 100)]
    [InlineData(100, -5, 1, 100)]
    [InlineData(100_000_000, 1, 1, 100)]
    [InlineData(100, 1, 0, 100)]
    [InlineData(100, 1, -3, 100)]
    [InlineData(100, 1, 1, -2_000_000_000)]
    [InlineData(100, 1, 1, 200_000)]
    public async Task Impossible_trades_are_rejected_with_the_reason(int price, int volume, int id, int seconds)
    {
        var writer = Writer();
        await writer.StartAsync();
        await writer.WriteTradeAsync(new TradeRecord { Symbol = Symbol, Id = id, Price = price, Volume = volume, Side = TradeSide.Buy, Timestamp = Rows.Start.AddSeconds(seconds) });
        await writer.WriteTradeAsync(Trade(5));
        await writer.StopAsync();

        (writer.GetStats().Rejected, writer.GetStats().TradesWritten).ShouldBe((1, 1));
        (await StoredAsync()).ShouldBe([5]);
    }

    [Fact]
    public async Task A_failed_flush_is_tried_again_until_the_store_is_back()
    {
        var isAway = true;
        _store.Before = (_, _) => isAway ? throw new MarketStoreException("away") { IsTransient = true } : Task.CompletedTask;
        var writer = Writer();
        await writer.StartAsync();
        for (var id = 1; id <= 25_000; id++)
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        await AdvanceUntilAsync(() => writer.GetStats().ErrorCount >= 3);
        var stats = writer.GetStats();
        (stats.TradesWritten, stats.Dropped, stats.LastError).ShouldBe((0, 0, "away"));
        stats.JournalBytes.ShouldBeGreaterThan(0);
        isAway = false;
        await AdvanceUntilAsync(() => writer.GetStats().TradesWritten == 25_000);

        (await Memory.GetCoverageAsync(Symbol, DataType.Trades)).ShouldHaveSingleItem().LastTradeId.ShouldBe(24_999);
        await writer.StopAsync();
        Directory.GetFiles(_folder.Path, "*.journal").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancelled_stop_leaves_the_rest_in_the_journal_and_the_next_start_stores_it()
    {
        _store.Before = (_, token) => Task.Delay(Timeout.Infinite, token);
        var writer = Writer();
        await writer.StartAsync();
        for (var id = 1; id <= 150; id++)
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        using var impatient = new CancellationTokenSource();
        var stopping = writer.StopAsync(impatient.Token);
        await impatient.CancelAsync();
        await stopping;
        (await StoredAsync()).ShouldBeEmpty();
        writer.GetStats().Dropped.ShouldBe(0);

        _store.Before = null;
        var next = Writer();
        await next.StartAsync();
        await next.StopAsync();

        (await StoredAsync()).ShouldBe(Enumerable.Range(1, 150).Select(id => (long)id));
    }

    [Fact]
    public async Task What_the_journal_drops_at_its_limit_is_counted_and_not_covered()
    {
        var isAway = true;
        _store.Before = (_, _) => isAway ? throw new MarketStoreException("away") { IsTransient = true } : Task.CompletedTask;
        var writer = Writer(options => options with { JournalLimitBytes = 400_000 });
        await writer.StartAsync();
        for (var id = 1; id <= 30_000; id++)
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        await AdvanceUntilAsync(() => writer.GetStats().Dropped > 0);
        isAway = false;
        await AdvanceUntilAsync(() => writer.GetStats() is { TradeBufferSize: 0, JournalRecords: 0 });

        var (stats, stored) = (writer.GetStats(), await StoredAsync());
        stats.Dropped.ShouldBeGreaterThan(0);
        (stats.TradesWritten + stats.Dropped).ShouldBe(30_000);
        stored.Count.ShouldBe((int)stats.TradesWritten);
        var coverage = await Memory.GetCoverageAsync(Symbol, DataType.Trades);
        var missing = Enumerable.Range(1, 30_000).Select(id => (long)id).Except(stored).ToList();
        missing.ShouldAllBe(id => !coverage.Covers(Row(Trade((int)id)).TimestampMicroseconds, Row(Trade((int)id)).TimestampMicroseconds + 1));
    }

    [Fact]
    public async Task With_a_full_disk_the_oldest_go_and_the_newest_stay()
    {
        var isAway = true;
        _store.Before = (_, _) => isAway ? throw new MarketStoreException("away") { IsTransient = true } : Task.CompletedTask;
        var writer = Kept(new DatabaseWriter(_store, Options()) { JournalFiles = _ => throw new IOException("No space left on device") });
        await writer.StartAsync();
        for (var id = 1; id <= 30_000; id++)
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        isAway = false;
        await AdvanceUntilAsync(() => writer.GetStats() is { TradeBufferSize: 0, JournalRecords: 0 } || writer.GetStats().TradesWritten + writer.GetStats().Dropped == 30_000 - writer.GetStats().JournalRecords && writer.GetStats().TradeBufferSize == 0);

        writer.GetStats().Dropped.ShouldBeGreaterThan(0);
        (await StoredAsync()).ShouldContain(30_000);
        writer.ChainOf(Symbol).Holes().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task An_open_candle_is_never_written_and_its_last_version_counts()
    {
        var writer = Writer();
        await writer.StartAsync();
        await writer.WriteCandleAsync(Candle(24 * 60, 1));
        await writer.WriteCandleAsync(Candle(24 * 60, 2));
        await writer.UpdateSyncStatusAsync(Symbol, "candles_1m", _clock.GetUtcNow());
        writer.GetStats().CandlesWritten.ShouldBe(0);

        _clock.Advance(TimeSpan.FromSeconds(61));
        await AdvanceUntilAsync(() => writer.GetStats().CandlesWritten == 1);

        using var candles = await Memory.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, 2000), default);
        candles.Rows().Single().TradeCount.ShouldBe(2);
        (await Memory.GetCoverageAsync(Symbol, "candles_1m")).ShouldHaveSingleItem().Source.ShouldBe(CandleSource.WebSocketOhlc);
        await writer.WriteCandleAsync(Candle(24 * 60 + 20, 9));
        await writer.StopAsync();
        writer.GetStats().CandlesWritten.ShouldBe(1);
    }

    [Fact]
    public async Task Ten_closed_candles_start_a_flush()
    {
        var writer = Writer();
        await writer.StartAsync();
        for (var minute = 0; minute < 10; minute++)
        {
            await writer.WriteCandleAsync(Candle(minute, 1));
        }

        await UntilAsync(() => writer.GetStats().CandlesWritten == 10);
    }

    [Fact]
    public async Task Many_symbols_are_stored_at_once_with_coverage_and_candles()
    {
        await using var store = await StoreFile.OpenAsync(_folder["kraken.duckdb"]);
        var writer = new DatabaseWriter(store, new DatabaseWriterOptions { JournalDirectory = _folder["journal"] });
        string[] symbols = [.. Enumerable.Range(1, 12).Select(number => $"S{number}/USD")];
        foreach (var id in Enumerable.Range(1, 200))
        {
            foreach (var symbol in symbols)
            {
                writer.WriteTrades(symbol, [Rows.Trade(id, id)]);
            }
        }

        await writer.StartAsync();
        await writer.StopAsync();

        writer.GetStats().TradesWritten.ShouldBe(2400);
        foreach (var symbol in symbols)
        {
            var covered = (await store.GetCoverageAsync(symbol, DataType.Trades)).ShouldHaveSingleItem();
            (covered.LastTradeId, covered.Range.End).ShouldBe((199, Rows.Start.AddSeconds(200)));
            using var candles = await store.ReadCandlesAsync(symbol, 1, 1, Rows.Minutes(0, 10), default);
            candles.Count.ShouldBe(2);
        }

        await writer.DisposeAsync();
    }

    [Fact]
    public async Task The_same_trades_again_change_nothing()
    {
        var writer = Writer();
        await writer.StartAsync();
        foreach (var id in Enumerable.Range(1, 120).Concat(Enumerable.Range(1, 120)))
        {
            await writer.WriteTradeAsync(Trade(id));
        }

        await writer.StopAsync();

        (writer.GetStats().TradesWritten, writer.GetStats().Duplicates).ShouldBe((120, 120));
        (await StoredAsync()).Count.ShouldBe(120);
    }

    private static TradeRecord Trade(int id) => new() { Symbol = Symbol, Id = id, Price = 100 + (id % 7), Volume = 1, Side = TradeSide.Sell, Timestamp = Rows.Start.AddSeconds(id) };

    private static TradeRow Row(TradeRecord trade)
    {
        RecordConversion.TryConvert(trade, out var row).ShouldBeNull();
        return row;
    }

    private static CandleRecord Candle(int minute, long count) => new()
    {
        Symbol = Symbol,
        Timestamp = Rows.Start.AddMinutes(minute),
        IntervalMinutes = 1,
        Open = 1,
        High = 2,
        Low = 1,
        Close = 2,
        Volume = 5,
        TradeCount = count,
    };

    private DatabaseWriterOptions Options() => new() { JournalDirectory = _folder.Path, TimeProvider = _clock };

    private DatabaseWriter Writer(Func<DatabaseWriterOptions, DatabaseWriterOptions>? change = null) => Kept(new DatabaseWriter(_store, (change ?? (options => options))(Options())));

    private DatabaseWriter Kept(DatabaseWriter writer)
    {
        _writers.Add(writer);
        return writer;
    }

    private async Task<List<long>> StoredAsync() => [.. (await Memory.ReadTradesAsync(Symbol, Rows.Minutes(0, 1_000_000), 0, int.MaxValue, default)).Rows().Select(row => row.Id)];

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(1, patience.Token);
        }
    }

    // The clock moves as the writer waits for it.
    private async Task AdvanceUntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, patience.Token);
        }
    }
}
