using KrakenDb.Kraken;
using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Kraken;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

public sealed class StoreCopyTests : IDisposable
{
    private static readonly Func<IBookWire> Wire = () => new KrakenBookWire();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_to_PostgreSQL_and_back_is_the_same_store()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await ThereAndBackAsync(database);
    }

    [Fact]
    public async Task A_file_to_TimescaleDB_and_back_is_the_same_store()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await ThereAndBackAsync(database);
        (await database.ScalarAsync<long>("SELECT count(*) FROM pending_refresh")).ShouldBe(0);
        (await database.ScalarAsync<long>("SELECT count(*) FROM candles_1d")).ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task A_server_to_a_server_is_the_same_store()
    {
        await using var first = await TestDatabase.CreatePlainAsync();
        await using var second = await TestDatabase.CreatePlainAsync();
        await using var source = await first.OpenAsync();
        await using var destination = await second.OpenAsync();
        await FilledStore.FillAsync(source);

        (await new StoreCopy(source, destination, Wire).RunAsync(default)).ShouldBeSame();

        (await FilledStore.StateAsync(destination)).ShouldBe(await FilledStore.StateAsync(source));
    }

    [Fact]
    public async Task A_copy_that_is_killed_before_any_commit_goes_on_where_it_was()
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await FilledStore.FillAsync(source);
        var expected = await FilledStore.StateAsync(source);
        var repeated = new List<long>();
        var kills = 0;
        for (var isWhole = false; !isWhole; kills += kills < 4 ? 1 : 6)
        {
            await using var destination = await StoreFile.OpenAsync(_folder[$"killed{kills}.duckdb"]);
            try
            {
                await new StoreCopy(source, new StoppingStore(destination, kills), Wire).RunAsync(default);
                isWhole = true;
            }
            catch (MarketStoreException exception) when (exception.Message == "killed")
            {
                var progress = new CountedProgress();
                (await new StoreCopy(source, destination, Wire, isMerge: false, progress).RunAsync(default)).ShouldBeSame();
                repeated.Add(progress.Reports);
            }

            (await FilledStore.StateAsync(destination)).ShouldBe(expected, customMessage: $"killed before commit {kills}");
        }

        // Each commit more is a piece less to do again.
        kills.ShouldBeGreaterThan(20);
        repeated.ShouldBe(repeated.OrderDescending());
        repeated[^1].ShouldBeLessThan(repeated[0] / 2);
    }

    [Fact]
    public async Task A_copy_again_changes_nothing()
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var destination = await StoreFile.OpenAsync(_folder["destination.duckdb"]);
        await FilledStore.FillAsync(source);
        await new StoreCopy(source, destination, Wire).RunAsync(default);
        var before = await FilledStore.StateAsync(destination);

        var report = await new StoreCopy(source, new StoppingStore(destination, 0), Wire).RunAsync(default);

        report.WasEqual.ShouldBeTrue();
        report.ShouldBeSame();
        (await FilledStore.StateAsync(destination)).ShouldBe(before);
    }

    [Fact]
    public async Task A_destination_that_holds_something_else_is_refused_as_it_is()
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var destination = await StoreFile.OpenAsync(_folder["destination.duckdb"]);
        await FilledStore.FillAsync(source);
        await destination.WriteAsync(0, 10);
        var before = await FilledStore.StateAsync(destination);

        var refusal = await Should.ThrowAsync<MarketStoreException>(() => new StoreCopy(source, destination, Wire).RunAsync(default));

        refusal.Message.ShouldContain("is not empty");
        refusal.Message.ShouldContain("--merge");
        (await FilledStore.StateAsync(destination)).ShouldBe(before);
    }

    [Fact]
    public async Task An_unfinished_copy_of_another_store_is_refused()
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var other = await StoreFile.OpenAsync(_folder["other.duckdb"]);
        await using var destination = await StoreFile.OpenAsync(_folder["destination.duckdb"]);
        await FilledStore.FillAsync(source);
        await FilledStore.FillAsync(other, 200);
        await Should.ThrowAsync<MarketStoreException>(() => new StoreCopy(source, new StoppingStore(destination, 5), Wire).RunAsync(default));

        (await Should.ThrowAsync<MarketStoreException>(() => new StoreCopy(other, destination, Wire).RunAsync(default))).Message.ShouldContain("unfinished copy of duckdb:");
    }

    [Fact]
    public async Task A_store_is_not_copied_onto_itself()
    {
        await using var store = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var again = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var server = await database.OpenAsync();
        await using var serverAgain = await database.OpenAsync();

        (await Should.ThrowAsync<MarketStoreException>(() => new StoreCopy(store, again, Wire).RunAsync(default))).Message.ShouldContain("both --from and --to");
        (await Should.ThrowAsync<MarketStoreException>(() => new StoreCopy(server, serverAgain, Wire).RunAsync(default))).Message.ShouldContain("both --from and --to");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_merge_keeps_what_takes_precedence_whichever_side_has_it(bool swapped)
    {
        await using var left = await StoreFile.OpenAsync(_folder["left.duckdb"]);
        await using var right = await StoreFile.OpenAsync(_folder["right.duckdb"]);
        await left.WriteAsync(Rows.Write("BTC/USD", 1, [Rows.Candle(0, 100), Rows.Candle(1, 100, source: CandleSource.RestOhlc), Rows.Candle(2)], Rows.Covered(0, 3)), default);
        await right.WriteAsync(Rows.Write("BTC/USD", 1, [Rows.Candle(0, 200, source: CandleSource.ProvenTrades), Rows.Candle(1, 200), Rows.Candle(7, source: CandleSource.ProvenTrades)], Rows.Covered(2, 8, CandleSource.ProvenTrades, CoverageGrade.Proven)), default);
        await left.WriteAsync(new StoreWrite { Symbol = "BTC/USD", Trades = TradeBatch.FromRows([Rows.Trade(1, 1), Rows.Trade(2, 2.000001m)]) }, default);
        await right.WriteAsync(new StoreWrite { Symbol = "BTC/USD", Trades = TradeBatch.FromRows([Rows.Trade(2, 2), Rows.Trade(3, 3)]) }, default);
        var (source, destination) = swapped ? (right, left) : (left, right);

        var report = await new StoreCopy(source, destination, Wire, isMerge: true).RunAsync(default);

        report.IsGood.ShouldBeTrue(report.Story());
        report.Checks.ShouldContain(check => check.Verdict == CopyVerdict.Contained);
        using var candles = await destination.ReadCandlesAsync("BTC/USD", 1, 1, Rows.Minutes(0, 10), default);

        // The third minute is proven to be quiet on one side.
        candles.Rows().ShouldBe([Rows.Candle(0, 200, source: CandleSource.ProvenTrades), Rows.Candle(1, 100, source: CandleSource.RestOhlc), Rows.Candle(7, source: CandleSource.ProvenTrades)]);
        (await destination.ReadTradesAsync("BTC/USD", Rows.Minutes(0, 10), 0, 10, default)).Rows().ShouldBe([Rows.Trade(1, 1), Rows.Trade(2, 2), Rows.Trade(3, 3)]);
        (await destination.GetCoverageAsync("BTC/USD", "candles_1m")).ShouldBe([Rows.Covered(0, 2), Rows.Covered(2, 8, CandleSource.ProvenTrades, CoverageGrade.Proven)]);
        (await destination.GetSyncStatusAsync()).Sum(row => row.TotalRecords).ShouldBe(6);
    }

    [Fact]
    public async Task A_merge_leaves_other_rows_of_the_destination_alone()
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var destination = await StoreFile.OpenAsync(_folder["destination.duckdb"]);
        await FilledStore.FillAsync(source);
        await destination.WriteIndicatorsAsync([new ExternalIndicator { Timestamp = Rows.Start, IndicatorName = "fear_greed", Value = 1, Source = "alternative.me" }], default);

        var report = await new StoreCopy(source, destination, Wire, isMerge: true).RunAsync(default);

        report.IsGood.ShouldBeTrue(report.Story());
        (await destination.GetExternalIndicatorsAsync("fear_greed", Rows.Minutes(0, 10_000))).Select(indicator => indicator.Value).ShouldBe([1, 71.5m]);
    }

    [Fact]
    public async Task What_differs_is_found_and_shown()
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using (var destination = await StoreFile.OpenAsync(_folder["destination.duckdb"]))
        {
            await FilledStore.FillAsync(source);
            await new StoreCopy(source, destination, Wire).RunAsync(default);
        }

        (string Sql, string Table, string Evidence)[] damages =
        [
            ("UPDATE candles SET close = close + 0.0000000001, high = high + 1 WHERE interval_minutes = 1 AND timestamp = TIMESTAMP '2024-01-01 08:20:00'", "candles", "2024-01-01 08:20:00Z"),
            ("DELETE FROM trades WHERE id = 77", "trades", "trade 77"),
            ("UPDATE trades SET misc = 'x' WHERE id = 78", "trades", "trade 78"),
            ("UPDATE external_indicators SET value = value + 0.0000000001 WHERE indicator_name = 'fear_greed'", "external_indicators", "65.0000000001"),
            ("UPDATE data_coverage SET grade = 3 WHERE data_type = 'book_10'", "data_coverage", "book_10"),
            ("UPDATE backtest_runs SET metrics = '{}' WHERE trades IS NULL", "backtest_runs", "sharpe"),
            ("INSERT INTO instrument_changes VALUES ('A/B', TIMESTAMP '2030-01-01', 'listed', NULL, NULL)", "instrument_changes", "rows that the source does not have"),
            ("UPDATE instruments SET tick_size = '0.2' WHERE symbol = 'BTC/USD'", "instruments", "0.2"),
            ("DELETE FROM absent_trade_ids", "absent_trade_ids", "nothing"),
            ("DELETE FROM import_cursors", "import_cursors", "ETHUSD_1.csv"),
            ("UPDATE kraken_orderbook_messages SET received_rest_ns = 1 WHERE session_id = 7 AND sequence = 99", "kraken_orderbook_messages", "message 99 of session 7"),
            ("UPDATE orderbook_levels SET quantity_digits = quantity_digits + 1 WHERE session_id = 8 AND sequence = 100", "kraken_orderbook_messages", "message 100 of session 8"),
            ("UPDATE capture_sessions SET verified = 0 WHERE session_id = 7", "capture_sessions", "7"),
            ("DELETE FROM orderbook_incidents", "orderbook_incidents", "unreadable"),
        ];
        foreach (var (sql, table, evidence) in damages)
        {
            var path = _folder[$"damaged-{Array.FindIndex(damages, damage => damage.Sql == sql)}.duckdb"];
            File.Copy(_folder["destination.duckdb"], path);
            StoreFile.Execute(path, sql);
            await using var damaged = await StoreFile.OpenAsync(path, create: false);

            var checks = await new StoreComparison(source, damaged, StoreTables.All, Wire).RunAsync(isMerge: false, default);

            var different = checks.Where(check => check.Verdict == CopyVerdict.Different).ToList();
            different.Select(check => check.Table).Distinct().ShouldBe([table], customMessage: sql);
            different[0].Evidence.ShouldNotBeNull().ShouldContain(evidence, customMessage: sql);
        }
    }

    private async Task ThereAndBackAsync(TestDatabase database)
    {
        await using var source = await StoreFile.OpenAsync(_folder["source.duckdb"]);
        await using var server = await database.OpenAsync();
        await using var back = await StoreFile.OpenAsync(_folder["back.duckdb"]);
        await FilledStore.FillAsync(source);

        (await new StoreCopy(source, server, Wire).RunAsync(default)).ShouldBeSame();
        (await new StoreCopy(server, back, Wire).RunAsync(default)).ShouldBeSame();

        (await FilledStore.StateAsync(back)).ShouldBe(await FilledStore.StateAsync(source));
        (await back.GetSyncStatusAsync()).ShouldBe(await source.GetSyncStatusAsync());
        (await back.GetInstrumentsAsync()).ShouldBe(await source.GetInstrumentsAsync());
        (await back.GetCoverageAsync(FilledStore.Symbol, "candles_1m")).ShouldBe(await source.GetCoverageAsync(FilledStore.Symbol, "candles_1m"));
        (await new BookVerifier(back, Wire).VerifyAsync()).Damage.ShouldBeEmpty();
        var keyframe = (await KeyframeAsync(source)).ShouldNotBeNull();
        foreach (var copy in (IMarketStore[])[server, back])
        {
            var again = (await KeyframeAsync(copy)).ShouldNotBeNull();
            (again with { Levels = keyframe.Levels }).ShouldBe(keyframe);
            again.Levels.ShouldBe(keyframe.Levels);
        }

        (await back.GetImportCursorAsync("ETHUSD_1.csv|77|1", default)).ShouldBe(new ImportCursor("ETHUSD_1.csv|77|1", 55, "{\"rows\":3}"));
    }

    private static Task<BookKeyframe?> KeyframeAsync(IMarketStore store) =>
        BookArchive.Of(store).FindKeyframeAsync(8, "SOL/USD", long.MaxValue, byExchangeTime: false, long.MaxValue, default);

    private sealed class CountedProgress : IProgress<StoreCopyProgress>
    {
        public long Reports { get; private set; }

        public void Report(StoreCopyProgress value) => Reports++;
    }
}
