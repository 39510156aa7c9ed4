using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>What every engine promises. One derived class per engine; the in-memory store is the oracle.</summary>
public abstract partial class MarketStoreContract : IAsyncLifetime
{
    private const string Symbol = "BTC/USD";

    private protected ManualClock Clock { get; } = new(new DateTimeOffset(2024, 6, 1, 0, 0, 0, TimeSpan.Zero));

    private protected IMarketStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_empty_store_answers_with_nothing()
    {
        (await Store.GetSymbolsAsync()).ShouldBeEmpty();
        (await Store.GetSyncStatusAsync()).ShouldBeEmpty();
        (await Store.GetSyncStatusAsync(Symbol)).ShouldBeEmpty();
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBeEmpty();
        (await Store.GetWantedFromAsync(Symbol)).ShouldBeNull();
        (await ReadAsync(0, 10)).ShouldBeEmpty();
        (await Store.ReadTradesAsync(Symbol, Rows.Minutes(0, 10), 0, 10, default)).Count.ShouldBe(0);
    }

    [Fact]
    public async Task Rows_come_back_with_every_digit()
    {
        var rows = new[]
        {
            Rows.Candle(0, 0.0000000001m, 99_999_999.9999999999m, 0.0000000001m, 1, 999_999_999_999_999_999.9999999999m, 0.0000000001m, long.MaxValue, 12_345_678.9012345678m),
            Rows.Candle(1, 42000.1m, volume: 0, count: 0),
            Rows.Candle(2, volume: 0.5m, quoteVolume: 50, vwap: 100, source: CandleSource.TimeAndSales),
        };

        var receipt = await Store.WriteAsync(Rows.Write(Symbol, 1, rows), default);

        receipt.ShouldBe(new StoreReceipt { CandlesInserted = 3 });
        (await ReadAsync(0, 10)).ShouldBe(rows);
    }

    [Fact]
    public async Task A_range_includes_its_start_and_excludes_its_end()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, Enumerable.Range(0, 5).Select(minute => Rows.Candle(minute))), default);

        (await ReadAsync(1, 3)).Select(row => row.Timestamp).ShouldBe([Rows.Candle(1).Timestamp, Rows.Candle(2).Timestamp]);
        (await ReadAsync(2, 2)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_rows_again_change_nothing()
    {
        var rows = Enumerable.Range(0, 100).Select(minute => Rows.Candle(minute, 100 + minute)).ToList();
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows, Rows.Covered(0, 99)), default);
        var before = await Store.GetSyncStatusAsync();
        Clock.Advance(TimeSpan.FromHours(1));

        var receipt = await Store.WriteAsync(Rows.Write(Symbol, 1, rows, Rows.Covered(0, 99)), default);

        receipt.ShouldBe(new StoreReceipt { CandlesUnchanged = 100 });
        (await Store.GetSyncStatusAsync()).ShouldBe(before);
        (await ReadAsync(0, 200)).ShouldBe(rows);
    }

    [Fact]
    public async Task A_hole_is_filled_and_read_in_order()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(0), Rows.Candle(5), Rows.Candle(9)]), default);

        var receipt = await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(1), Rows.Candle(5), Rows.Candle(7, 200)]), default);

        receipt.ShouldBe(new StoreReceipt { CandlesInserted = 2, CandlesUnchanged = 1 });
        (await ReadAsync(0, 10)).Select(row => row.Timestamp).ShouldBe(new[] { 0, 1, 5, 7, 9 }.Select(minute => Rows.Candle(minute).Timestamp));
        (await Store.GetSyncStatusAsync(Symbol)).Single().TotalRecords.ShouldBe(5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_row_with_precedence_stays_whatever_the_order_of_arrival(bool betterFirst)
    {
        var csv = Rows.Candle(0, 100, count: 50);
        var trades = Rows.Candle(0, 101, count: 3, quoteVolume: 101, vwap: 101, source: CandleSource.TimeAndSales);
        var fewer = Rows.Candle(1, 100, count: 5);
        var more = Rows.Candle(1, 101, count: 6);
        var smaller = Rows.Candle(2, 9, volume: 3);
        var greater = Rows.Candle(2, 10, volume: 3.0000000001m);
        CandleRow[] better = [trades, more, greater];
        CandleRow[] worse = [csv, fewer, smaller];

        await Store.WriteAsync(Rows.Write(Symbol, 1, betterFirst ? better : worse), default);
        var receipt = await Store.WriteAsync(Rows.Write(Symbol, 1, betterFirst ? worse : better), default);

        receipt.ShouldBe(new StoreReceipt { CandlesConflicting = 3 });
        (await ReadAsync(0, 10)).ShouldBe(better);
        (await Store.GetSyncStatusAsync(Symbol)).Single().TotalRecords.ShouldBe(3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_values_from_a_better_source_keep_the_better_rank(bool betterFirst)
    {
        var better = Rows.Candle(0, source: CandleSource.RestOhlc);
        var worse = Rows.Candle(0, source: CandleSource.OhlcvtCsv);

        await Store.WriteAsync(Rows.Write(Symbol, 1, [betterFirst ? better : worse]), default);
        var receipt = await Store.WriteAsync(Rows.Write(Symbol, 1, [betterFirst ? worse : better]), default);

        receipt.ShouldBe(new StoreReceipt { CandlesUnchanged = 1 });
        (await ReadAsync(0, 10)).ShouldBe([better]);
    }

    [Fact]
    public async Task Symbols_and_intervals_are_kept_apart()
    {
        await Store.WriteAsync(Rows.Write("BTC/USD", 1, [Rows.Candle(0, 1)]), default);
        await Store.WriteAsync(Rows.Write("BTC/USD", 60, [Rows.Candle(0, 2)]), default);
        await Store.WriteAsync(Rows.Write("ETH/USD", 1, [Rows.Candle(0, 3)]), default);

        (await Store.GetSymbolsAsync()).ShouldBe(["BTC/USD", "ETH/USD"]);
        (await Store.GetSyncStatusAsync()).Select(row => $"{row.Symbol} {row.DataType}").ShouldBe(["BTC/USD candles_1m", "BTC/USD candles_60m", "ETH/USD candles_1m"]);
        (await ReadAsync(0, 1)).Single().ShouldBe(Rows.Candle(0, 1));
        using var hour = await Store.ReadCandlesAsync("BTC/USD", 60, 60, Rows.Minutes(0, 60), default);
        hour.Rows().Single().ShouldBe(Rows.Candle(0, 2));
    }

    [Fact]
    public async Task Coverage_wanted_from_and_cursor_commit_with_the_rows()
    {
        var write = Rows.Write(Symbol, 1, [Rows.Candle(0)], Rows.Covered(0, 10)) with { Cursor = new ImportCursor("a.csv|1|2", 77, "{}") };

        await Store.WriteAsync(write, default);

        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 10)]);
        (await Store.GetWantedFromAsync(Symbol)).ShouldBe(Rows.Start);
        (await Store.GetImportCursorAsync("a.csv|1|2", default)).ShouldBe(new ImportCursor("a.csv|1|2", 77, "{}"));
        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, FinishedFile = "a.csv|1|2", WantedFrom = Rows.Start.AddDays(-1) }, default);
        (await Store.GetImportCursorAsync("a.csv|1|2", default)).ShouldBeNull();
        (await Store.GetWantedFromAsync(Symbol)).ShouldBe(Rows.Start.AddDays(-1));
    }

    [Fact]
    public async Task Touching_coverage_is_joined_and_better_coverage_cuts_it()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, [], Rows.Covered(0, 10)), default);
        await Store.WriteAsync(Rows.Write(Symbol, 1, [], Rows.Covered(10, 20)), default);
        await Store.WriteAsync(Rows.Write(Symbol, 1, [], Rows.Covered(5, 6, CandleSource.ProvenTrades, CoverageGrade.Proven)), default);

        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBe(
            [Rows.Covered(0, 5), Rows.Covered(5, 6, CandleSource.ProvenTrades, CoverageGrade.Proven), Rows.Covered(6, 20)]);
    }

    [Fact]
    public async Task A_refused_write_leaves_nothing_behind()
    {
        var unordered = Rows.Write(Symbol, 1, [Rows.Candle(1), Rows.Candle(0)], Rows.Covered(0, 10));
        var offGrid = Rows.Write(Symbol, 5, [Rows.Candle(3)], Rows.Covered(0, 10));
        var negative = Rows.Write(Symbol, 1, [Rows.Candle(0) with { Low = -1 }], Rows.Covered(0, 10));
        var tooLarge = Rows.Write(Symbol, 1, [Rows.Candle(0) with { Volume = FixedPoint.VolumeLimit }], Rows.Covered(0, 10));

        foreach (var write in new[] { unordered, offGrid, negative, tooLarge })
        {
            await Should.ThrowAsync<ArgumentException>(async () => await Store.WriteAsync(write, default));
        }

        (await Store.GetSymbolsAsync()).ShouldBeEmpty();
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Buckets_follow_the_rules_of_aggregation()
    {
        CandleRow[] rows =
        [
            Rows.Candle(0, 10, 15, 9, 11, volume: 1, count: 2),
            Rows.Candle(3, 11, 12, 8, 9, volume: 2, quoteVolume: 20, count: 3, vwap: 10),
            Rows.Candle(4, 9, 9, 9, 9, volume: 0, count: 0),
            Rows.Candle(5, 20, 21, 19, 20, volume: 4, count: 1, quoteVolume: 80.0000000001m, vwap: 20),
            Rows.Candle(11, 30, volume: 3, vwap: 29.5m),
            Rows.Candle(13, 31, volume: 1, quoteVolume: 31, vwap: 31),
        ];
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows), default);

        using var buckets = await Store.ReadCandlesAsync(Symbol, 1, 5, Rows.Minutes(0, 15), default);

        buckets.Rows().Select(row => row with { Source = default }).ShouldBe(
        [
            Rows.Candle(0, 10, 15, 8, 9, volume: 3, count: 5, vwap: 10, source: default),
            Rows.Candle(5, 20, 21, 19, 20, volume: 4, count: 1, quoteVolume: 80.0000000001m, vwap: 20, source: default),
            Rows.Candle(10, 30, 31, 30, 31, volume: 4, count: 2, vwap: 29.875m, source: default),
        ]);
    }

    [Fact]
    public async Task Averages_of_the_largest_volumes_stay_exact()
    {
        const decimal Huge = 999_999_999_999_999_999.9999999999m;
        CandleRow[] rows =
        [
            Rows.Candle(0, 99_999_999.9999999999m, volume: Huge, vwap: 99_999_999.9999999999m),
            Rows.Candle(1, 99_999_999.9999999999m, volume: Huge, vwap: 99_999_999.9999999998m),
            Rows.Candle(2, 99_999_999.9999999999m, volume: Huge, vwap: 99_999_999.9999999997m),
        ];
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows), default);

        using var bucket = await Store.ReadCandlesAsync(Symbol, 1, 3, Rows.Minutes(0, 3), default);

        bucket.Count.ShouldBe(1);
        bucket.Volume[0].ShouldBe(3 * FixedPoint.VolumeFromDecimal(Huge));
        bucket.Vwap[0].ShouldBe(FixedPoint.PriceFromDecimal(99_999_999.9999999998m));
    }

    [Fact]
    public async Task Weeks_begin_on_monday_and_odd_intervals_at_the_origin()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(-1), Rows.Candle(0), Rows.Candle(7 * 24 * 60)]), default);

        using var weeks = await Store.ReadCandlesAsync(Symbol, 1, Interval.Week, new TimeRange(Rows.Start.AddDays(-30), Rows.Start.AddDays(30)), default);
        using var sevens = await Store.ReadCandlesAsync(Symbol, 1, 7, Rows.Minutes(-10, 10), default);

        weeks.Rows().Select(row => UnixTime.ToDateTimeOffset(row.Timestamp)).ShouldBe([Rows.Start.AddDays(-7), Rows.Start, Rows.Start.AddDays(7)]);
        sevens.Rows().Select(row => (row.Timestamp - Interval.OriginMicroseconds) % (7 * UnixTime.MicrosecondsPerMinute)).ShouldAllBe(rest => rest == 0);
    }

    [Fact]
    public async Task Trades_are_read_by_id_within_a_range_of_time()
    {
        var trades = Enumerable.Range(1, 9).Select(id => Rows.Trade(id, id * 10, 100 + id, 0.0000000001m * id, id % 2 == 0 ? TradeSide.Sell : TradeSide.Buy)).ToList();
        trades[3] = trades[3] with { OrderType = null, Misc = "a text longer than twelve" };

        var receipt = await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows(trades) }, default);

        receipt.ShouldBe(new StoreReceipt { TradesInserted = 9 });
        var range = new TimeRange(Rows.Start.AddSeconds(20), Rows.Start.AddSeconds(80));
        (await Store.ReadTradesAsync(Symbol, range, 0, 100, default)).Rows().ShouldBe(trades[1..7]);
        (await Store.ReadTradesAsync(Symbol, range, 3, 2, default)).Rows().ShouldBe(trades[3..5]);
        var status = (await Store.GetSyncStatusAsync(Symbol)).Single();
        status.ShouldBe(new SyncStatus
        {
            Symbol = Symbol,
            DataType = "trades",
            OldestTimestamp = Rows.Start.AddSeconds(10),
            NewestTimestamp = Rows.Start.AddSeconds(90),
            LastSyncAt = Clock.GetUtcNow(),
            TotalRecords = 9,
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_trade_seen_twice_is_stored_once_with_its_earlier_time(bool earlierFirst)
    {
        var earlier = Rows.Trade(7, 1.000001m);
        var later = Rows.Trade(7, 1.000002m);

        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([earlierFirst ? earlier : later]) }, default);
        var receipt = await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([earlierFirst ? later : earlier]) }, default);

        receipt.ShouldBe(new StoreReceipt { TradesUnchanged = 1 });
        (await Store.ReadTradesAsync(Symbol, Rows.Minutes(0, 10), 0, 10, default)).Rows().ShouldBe([earlier]);
    }

    [Fact]
    public async Task One_id_with_another_price_is_counted_as_conflicting()
    {
        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([Rows.Trade(7, 1, 100)]) }, default);

        var receipt = await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([Rows.Trade(7, 1, 101), Rows.Trade(8, 2)]) }, default);

        receipt.ShouldBe(new StoreReceipt { TradesInserted = 1, TradesConflicting = 1 });
        (await Store.ReadTradesAsync(Symbol, Rows.Minutes(0, 10), 0, 10, default)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Names_added_to_the_catalog_are_kept()
    {
        await Store.AddInstrumentsAsync([new Instrument { Symbol = "FOO/USD", Altname = "FOOUSD" }], default);
        await Store.AddInstrumentsAsync([new Instrument { Symbol = "FOO/USD", Altname = "FOOZUSD" }, new Instrument { Symbol = "BAR/USD", Altname = "BARUSD" }], default);

        (await Store.GetInstrumentsAsync()).Select(instrument => $"{instrument.Symbol}={instrument.Altname}").ShouldBe(["BAR/USD=BARUSD", "FOO/USD=FOOZUSD"]);
    }

    [Fact]
    public async Task Compacting_keeps_every_row()
    {
        var rows = Enumerable.Range(0, 5000).Select(minute => Rows.Candle(minute, 100 + (minute % 7))).ToList();
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows.Where((_, index) => index % 2 == 1), Rows.Covered(0, 5000)), default);
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows), default);
        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([Rows.Trade(1)]) }, default);

        await Store.CompactAsync();

        (await ReadAsync(0, 5000)).ShouldBe(rows);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 5000)]);
        (await Store.ReadTradesAsync(Symbol, Rows.Minutes(0, 10), 0, 10, default)).Count.ShouldBe(1);
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(5000)]), default);
        (await Store.GetSyncStatusAsync(Symbol))[0].TotalRecords.ShouldBe(5001);
    }

    private protected abstract Task<IMarketStore> OpenAsync();

    private async Task<List<CandleRow>> ReadAsync(int from, int to)
    {
        using var batch = await Store.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(from, to), default);
        return [.. batch.Rows()];
    }
}
