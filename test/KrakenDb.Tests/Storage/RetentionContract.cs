using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>Retention on every engine: off until asked for, a step per transaction, and no answer of a kept rollup changes.</summary>
public abstract partial class RetentionContract : IAsyncLifetime
{
    private const string Symbol = "BTC/USD";

    // In minutes of the history.
    private const int ProvenFrom = 24_000;

    private static readonly string Minutes = DataType.Candles(Interval.Minute);

    // Five weeks of minutes from a Monday on; the present is a Thursday in the sixth.
    private static readonly DateTimeOffset Now = Rows.Start.AddDays(38).AddHours(10);
    private static readonly DateTimeOffset Edge = Rows.Start.AddDays(21);

    private readonly ManualClock _clock = new(Now);
    private IStorePlace _place = null!;
    private IMarketStore _store = null!;

    /// <summary>An empty place for a store; null for the one in memory.</summary>
    private protected abstract Task<IStorePlace?> CreatePlaceAsync();

    public async ValueTask InitializeAsync()
    {
        _place = await CreatePlaceAsync() ?? new InMemoryPlace();
        _store = await _place.OpenAsync(_clock);
    }

    public async ValueTask DisposeAsync()
    {
        await (_store?.DisposeAsync() ?? default);
        await (_place?.DisposeAsync() ?? default);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nothing_is_dropped_before_it_is_asked_for()
    {
        await WriteAsync(Hostile());

        (await RunAsync()).ShouldBeEmpty();

        (await CountAsync(Minutes)).ShouldBe(Hostile().Count);
        (await _store.GetRetentionAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Policies_are_kept_with_the_store_and_end()
    {
        await _store.SetRetentionAsync(DataType.Trades, 90, default);
        await _store.SetRetentionAsync(Minutes, 400, default);
        await _store.SetRetentionAsync(Minutes, 365, default);
        await ReopenAsync();
        (await _store.GetRetentionAsync(default)).ShouldBe([new RetentionPolicy(Minutes, 365), new RetentionPolicy(DataType.Trades, 90)]);

        await _store.SetRetentionAsync(DataType.Trades, keepDays: null, default);
        (await _store.GetRetentionAsync(default)).ShouldBe([new RetentionPolicy(Minutes, 365)]);
    }

    [Fact]
    public async Task No_answer_of_a_rollup_changes_when_its_minutes_go()
    {
        await WriteHistoryAsync();
        var before = await AnswersAsync();
        await _store.SetRetentionAsync(Minutes, 14, default);

        var lines = await RunAsync();

        lines.ShouldHaveSingleItem().Edge.ShouldBe(Edge);
        lines[0].Rows.Dropped.ShouldBe(Hostile().Count(row => row.Timestamp < UnixTime.Microseconds(Edge)));
        lines[0].Rows.Kept.ShouldBeGreaterThan(2_000);
        Same(await AnswersAsync(), before);
        await ReopenAsync();
        Same(await AnswersAsync(), before);
        (await RunAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Multiples_of_a_kept_rollup_that_divide_a_week_are_made_of_it()
    {
        await WriteAsync([.. Enumerable.Range(0, 35 * 1440).Select(minute => Rows.Candle(minute, 100 + (minute % 77), quoteVolume: 100, vwap: 100))], Rows.Covered(0, 35 * 1440));
        var before = await AskAsync();
        await _store.SetRetentionAsync(Minutes, 14, default);
        await RunAsync();

        Same(await AskAsync(), before);

        async Task<List<string>> AskAsync()
        {
            var provider = new HistoricalDataProvider(_store, _clock);
            var answers = await Task.WhenAll(new Interval[] { 10, 45, 120, 360 }.Select(interval => provider.GetCandlesAsync(Symbol, interval, Rows.Start, Now)));
            return [.. answers.SelectMany(candles => candles).Select(Line)];
        }
    }

    [Fact]
    public async Task No_answer_changes_when_later_ingestions_refresh()
    {
        await WriteHistoryAsync();
        await _store.SetRetentionAsync(Minutes, 14, default);
        await RunAsync();
        var before = await AnswersAsync(Edge);

        await WriteAsync([.. Enumerable.Range(21 * 1440, 500).Select(minute => Rows.Candle(minute, 777, count: 99, source: CandleSource.RestOhlc))]);
        await _store.RefreshRollupsAsync(range: null, default);
        await _store.RefreshRollupsAsync(new TimeRange(Rows.Start.AddYears(-1), Now), default);

        Same(await AnswersAsync(Edge), before);
    }

    [Fact]
    public async Task A_run_that_was_killed_between_two_steps_leaves_every_answer_and_is_ended_by_the_next()
    {
        await WriteHistoryAsync();
        var before = await AnswersAsync();
        await _store.SetRetentionAsync(Minutes, 14, default);
        await _store.ExpireAsync(Symbol, Minutes, Rows.Start.AddDays(7), default);

        await ReopenAsync();
        Same(await AnswersAsync(), before);
        (await _store.GetCoverageAsync(Symbol, Minutes))[0].Range.End.ShouldBe(Rows.Start.AddDays(7));
        (await RunAsync()).ShouldHaveSingleItem();

        Same(await AnswersAsync(), before);
        await using var oracle = new InMemoryMarketStore(_clock);
        await WriteHistoryAsync(oracle);
        await ((IMarketStore)oracle).SetRetentionAsync(Minutes, 14, default);
        await RetentionRun.RunAsync(oracle, Now, CaptureText.Wire, default);
        (await StoreContent.ReadAsync(_store, withHistory: false, Symbol)).ShouldBe(await StoreContent.ReadAsync(oracle, withHistory: false, Symbol));
    }

    [Fact]
    public async Task What_was_dropped_is_expired_and_no_gap()
    {
        // From the third day on, with a hole of two days: both are older than the edge.
        await WriteAsync([.. Hostile().Where(row => row.Timestamp >= UnixTime.Microseconds(Rows.Start.AddDays(2)))], Rows.Covered(2 * 1440, 5 * 1440), Rows.Covered(7 * 1440, 35 * 1440));
        var provider = new HistoricalDataProvider(_store, _clock);
        (await GapsAsync()).Count.ShouldBe(3);
        await _store.SetRetentionAsync(Minutes, 14, default);

        await RunAsync();

        var coverage = await _store.GetCoverageAsync(Symbol, Minutes);
        coverage[0].ShouldBe(new CoverageRange { Range = new TimeRange(Rows.Start, Edge), Source = CandleSource.None, Grade = CoverageGrade.Expired });
        coverage[1].Range.ShouldBe(new TimeRange(Edge, Rows.Start.AddDays(35)));
        (await GapsAsync()).ShouldHaveSingleItem().StartTime.ShouldBe(Rows.Start.AddDays(35));

        async Task<IReadOnlyList<DataGap>> GapsAsync() => (await provider.GetCoverageStatusAsync(Symbol)).Single(row => row.DataType == Minutes).Gaps;
    }

    [Fact]
    public async Task Rows_that_the_next_run_would_drop_are_refused_with_the_numbers()
    {
        await _store.SetRetentionAsync(Minutes, 14, default);
        await _store.SetRetentionAsync(DataType.Trades, 14, default);
        var rows = Enumerable.Range((21 * 1440) - 10, 30).Select(minute => Rows.Candle(minute));
        var write = Rows.Write(Symbol, 1, rows, Rows.Covered((21 * 1440) - 10, (21 * 1440) + 20));

        var refused = await Should.ThrowAsync<ExpiringRowsException>(() => _store.WriteAsync(write, default));
        var refusedTrades = await Should.ThrowAsync<ExpiringRowsException>(() => _store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([Rows.Trade(7)]) }, default));

        refused.Message.ShouldContain("10 of 30 rows lie before 2024-01-22, the edge of the retention policy candles_1m 14 days; the first is of 2024-01-21 23:50");
        refused.Message.ShouldContain("--allow-expiring");
        refusedTrades.Message.ShouldContain("1 of 1 rows lie before 2024-01-25, the edge of the retention policy trades 14 days");
        (await _store.GetSymbolsAsync()).ShouldBeEmpty();

        (await _store.WriteAsync(write with { AllowExpiring = true }, default)).CandlesInserted.ShouldBe(30);
        (await RunAsync()).ShouldHaveSingleItem().Rows.Dropped.ShouldBe(10);
        (await _store.WriteAsync(Rows.Write(Symbol, 5, [Rows.Candle(0)]), default)).CandlesInserted.ShouldBe(1);
    }

    [Fact]
    public async Task Minutes_that_came_back_are_read_and_go_again_with_the_next_run()
    {
        await WriteHistoryAsync();
        var before = await AnswersAsync();
        await _store.SetRetentionAsync(Minutes, 14, default);
        await RunAsync();

        await WriteHistoryAsync(_store, allowExpiring: true);
        await _store.RefreshRollupsAsync(range: null, default);
        Same(await AnswersAsync(), before);
        (await CountAsync(Minutes)).ShouldBe(Hostile().Count);
        (await RunAsync()).ShouldHaveSingleItem();

        Same(await AnswersAsync(), before);
    }

    [Fact]
    public async Task A_rollup_is_kept_as_long_as_its_own_policy_says()
    {
        await WriteAsync(Hostile(), Rows.Covered(0, 35 * 1440));
        await _store.SetRetentionAsync(Minutes, 7, default);
        await _store.SetRetentionAsync(DataType.Candles(5), 14, default);

        await RunAsync();

        var provider = new HistoricalDataProvider(_store, _clock);
        (await provider.GetCandlesAsync(Symbol, 5, Rows.Start, Now))[0].Timestamp.ShouldBeInRange(Edge, Edge.AddHours(3));
        (await provider.GetCandlesAsync(Symbol, 15, Rows.Start, Now))[0].Timestamp.ShouldBeLessThan(Rows.Start.AddHours(3));
        _clock.Advance(TimeSpan.FromDays(7));
        await RunAsync();
        (await provider.GetCandlesAsync(Symbol, 5, Rows.Start, Now))[0].Timestamp.ShouldBeInRange(Edge.AddDays(7), Edge.AddDays(7).AddHours(3));
        (await _store.GetCoverageAsync(Symbol, DataType.Candles(5)))[0].Grade.ShouldBe(CoverageGrade.Expired);
    }

    [Fact]
    public async Task Trades_go_by_whole_days_and_leave_their_minutes()
    {
        var trades = Enumerable.Range(1, 4_000).Select(id => Rows.Trade(id, id * 600m)).ToArray();
        await _store.WriteAsync(
            new StoreWrite
            {
                Symbol = Symbol,
                Trades = TradeBatch.FromRows(trades),
                Covered = [(DataType.Trades, Rows.Covered(0, 40_010, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 4_000))],
                RebuildMinutes = [Rows.Minutes(0, 40_010)],
                WantedFrom = Rows.Start,
            },
            default);
        await _store.SetRetentionAsync(DataType.Trades, 20, default);

        var line = (await RunAsync()).ShouldHaveSingleItem();

        line.Edge.ShouldBe(Rows.Start.AddDays(18));
        line.Rows.ShouldBe(new ExpiredRows((18 * 144) - 1, 0));
        var left = await _store.ReadTradesAsync(Symbol, new TimeRange(Rows.Start, Now), 0, 10_000, default);
        left.Count.ShouldBe(4_000 - ((18 * 144) - 1));
        (await _store.GetCoverageAsync(Symbol, DataType.Trades))[1].ShouldBe(Rows.Covered(18 * 1440, 40_010, CandleSource.ProvenTrades, CoverageGrade.Proven, null, 4_000));
        (await CountAsync(Minutes)).ShouldBe(4_000);
        (await new StoreVerifier(_store, candles: null, _clock).VerifyAsync(Symbol)).Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Minutes_of_trades_are_not_built_where_their_policy_drops_them()
    {
        await _store.SetRetentionAsync(Minutes, 14, default);
        var write = new StoreWrite
        {
            Symbol = Symbol,
            Trades = TradeBatch.FromRows([.. Enumerable.Range(1, 3_000).Select(id => Rows.Trade(id, id * 900m))]),
            Covered = [(DataType.Trades, Rows.Covered(0, 45_000, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 3_000))],
            RebuildMinutes = [Rows.Minutes(0, 45_000)],
            WantedFrom = Rows.Start,
        };
        await _store.WriteAsync(write, default);
        await RunAsync();

        (await _store.GetSyncStatusAsync(Symbol)).Single(row => row.DataType == Minutes).OldestTimestamp.ShouldBe(Edge);
        (await MinutesFromTrades.BuildAsync(_store, Symbol, new TimeRange(Rows.Start, Now), again: true, Now, default)).CandlesInserted.ShouldBe(0);
        (await _store.GetCoverageAsync(Symbol, Minutes))[0].Range.ShouldBe(new TimeRange(Rows.Start, Edge));
    }

    // Holes, minutes without volume, value or average, sources that differ; hours without a minute.
    private static List<CandleRow> Hostile() =>
    [
        .. Enumerable.Range(0, 35 * 1440).Where(minute => minute % 11 != 3 && minute % 1500 > 90).Select(minute => (minute % 5) switch
        {
            0 => Rows.Candle(minute, 100 + (minute % 13), volume: 0, count: 0),
            1 => Rows.Candle(minute, 100 + (minute % 13), high: 120, low: 1, volume: 3.1m, vwap: 101.1235m, count: 4),
            2 => Rows.Candle(minute, 100 + (minute % 17), volume: 0.0000000001m * (minute + 1), quoteVolume: 0.0000000003m, vwap: 100, count: minute, source: CandleSource.TimeAndSales),
            3 => Rows.Candle(minute, 100 + (minute % 7), volume: 123_456_789_012.123456789m, count: 2),
            _ => Rows.Candle(minute, 100, volume: 2, quoteVolume: 200, vwap: 100, source: CandleSource.RestOhlc),
        }).Select(row => row.Timestamp < Rows.Minutes(ProvenFrom, ProvenFrom + 1).StartMicroseconds ? row : row with { Source = CandleSource.ProvenTrades }),
    ];

    // Minutes with stretches that are not covered (one across a Monday: half-covered weeks), and imported candles that overlap and contradict them.
    private Task WriteHistoryAsync() => WriteHistoryAsync(_store);

    private static async Task WriteHistoryAsync(IMarketStore store, bool allowExpiring = false)
    {
        var minutes = Rows.Write(
            Symbol, 1, Hostile(), Rows.Covered(0, 6_000), Rows.Covered(6_500, 9_000, CandleSource.TimeAndSales), Rows.Covered(11_003, ProvenFrom, CandleSource.RestOhlc),
            Rows.Covered(ProvenFrom, 35 * 1440, CandleSource.ProvenTrades, CoverageGrade.Proven));
        await store.WriteAsync(minutes with { AllowExpiring = allowExpiring }, default);
        if (!allowExpiring)
        {
            await store.WriteAsync(Rows.Write(Symbol, 60, Enumerable.Range(0, 500).Where(hour => hour % 9 != 4).Select(hour => Rows.Candle(hour * 60, 300, count: 30, source: CandleSource.TimeAndSales)), Rows.Covered(600, 12_000)), default);
            await store.WriteAsync(Rows.Write(Symbol, 15, Enumerable.Range(100, 900).Select(quarter => Rows.Candle(quarter * 15, 400, count: 90_000, source: CandleSource.OhlcvtCsv)), Rows.Covered(9_000, 10_500)), default);
        }

        await store.RefreshRollupsAsync(range: null, default);
    }

    private async Task WriteAsync(List<CandleRow> rows, params CoverageRange[] covered)
    {
        await _store.WriteAsync(Rows.Write(Symbol, 1, rows, covered), default);
        await _store.RefreshRollupsAsync(range: null, default);
    }

    // Every way to ask, for the eight rollups and for intervals that are made of them.
    private async Task<List<string>> AnswersAsync(DateTimeOffset? end = null)
    {
        var provider = new HistoricalDataProvider(_store, _clock);
        var lines = new List<string>();
        foreach (var interval in Interval.Rollups)
        {
            lines.AddRange((await provider.GetCandlesAsync(Symbol, interval, Rows.Start.AddDays(-9), end ?? Now)).Select(Line));
            await foreach (var candle in provider.ReplayCandlesAsync(Symbol, interval, Rows.Start.AddDays(3), end ?? Now, speed: 0))
            {
                lines.Add(Line(candle));
            }

            var asOf = CandleQuery.Default with { AsOf = end ?? Edge.AddHours(1) };
            lines.AddRange((await provider.GetLatestCandlesAsync(Symbol, interval, 100, asOf)).Select(Line));
            lines.AddRange((await provider.GetWarmupDataAsync(Symbol, interval, 700, asOf)).Candles.Select(Line));
        }

        foreach (var candles in (await provider.GetMultiTimeframeCandlesAsync(Symbol, Rows.Start.AddDays(18).AddMinutes(7), Interval.Rollups)).Values)
        {
            lines.AddRange(candles.Select(Line));
        }

        return lines;
    }

    private static string Line(Candle candle) =>
        $"{candle.Interval} {candle.Timestamp:u} {candle.Open} {candle.High} {candle.Low} {candle.Close} {candle.Volume} {candle.QuoteVolume} {candle.TradeCount} {candle.Vwap} {candle.Complete}";

    // A candle that was not complete may have become so.
    private static void Same(List<string> answers, List<string> before)
    {
        var differing = answers.Zip(before).FirstOrDefault(pair => pair.First != pair.Second && !(pair.Second.EndsWith("False", StringComparison.Ordinal) && pair.First.EndsWith("True", StringComparison.Ordinal)));
        if (differing != default)
        {
            Assert.Fail($"{differing.First} was {differing.Second}");
        }

        answers.Count.ShouldBe(before.Count);
    }

    private Task<IReadOnlyList<RetentionRun.Line>> RunAsync() => RetentionRun.RunAsync(_store, _clock.GetUtcNow(), CaptureText.Wire, default);

    private async Task<long> CountAsync(string dataType) => (await _store.GetSyncStatusAsync(Symbol)).SingleOrDefault(row => row.DataType == dataType)?.TotalRecords ?? 0;

    private async Task ReopenAsync()
    {
        if (_place is not InMemoryPlace)
        {
            await _store.DisposeAsync();
            _store = await _place.OpenAsync(_clock);
        }
    }

    private sealed class InMemoryPlace : IStorePlace
    {
        public Task<IMarketStore> OpenAsync(TimeProvider clock) => Task.FromResult<IMarketStore>(new InMemoryMarketStore(clock));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
