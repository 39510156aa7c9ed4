using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.History;

/// <summary>What the provider promises over any engine; one derived class per engine.</summary>
public abstract class HistoricalDataProviderContract : IAsyncLifetime
{
    private const string Symbol = "BTC/USD";

    private readonly ManualClock _clock = new(Rows.Start.AddDays(2));
    private IMarketStore _store = null!;
    private HistoricalDataProvider _provider = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await OpenAsync(_clock);
        _provider = new HistoricalDataProvider(_store, _clock);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_range_returns_opens_from_start_to_before_end_in_any_spelling()
    {
        await FillAsync(0, 100);

        foreach (var spelling in new[] { "BTC/USD", "XBT/USD", "XBTUSD", "XXBTZUSD", "btc/usd" })
        {
            var candles = await _provider.GetCandlesAsync(spelling, 1, At(10), At(20));

            candles.Select(candle => candle.Timestamp).ShouldBe(Enumerable.Range(10, 10).Select(minute => At(minute)));
            candles.ShouldAllBe(candle => candle.Symbol == Symbol && candle.Complete && candle.IntervalMinutes == 1);
        }

        (await _provider.GetCandlesAsync(Symbol, 1, At(10), At(20), limit: 3)).Count.ShouldBe(3);
        (await _provider.GetCandlesAsync(Symbol, 1, At(10), At(10))).ShouldBeEmpty();
        await Should.ThrowAsync<ArgumentException>(async () => await _provider.GetCandlesAsync(Symbol, 1, At(10), At(9)));
    }

    [Fact]
    public async Task Nothing_that_closes_after_the_asked_time_is_returned()
    {
        await FillAsync(0, 600);

        var minutes = await _provider.GetCandlesAsync(Symbol, 1, At(0), At(600), query: new CandleQuery { AsOf = At(100).AddSeconds(59) });
        var hours = await _provider.GetCandlesAsync(Symbol, 60, At(0), At(600), query: new CandleQuery { AsOf = At(119).AddSeconds(59) });
        var atClose = await _provider.GetCandlesAsync(Symbol, 60, At(0), At(600), query: new CandleQuery { AsOf = At(120) });

        minutes[^1].Timestamp.ShouldBe(At(99));
        hours.Count.ShouldBe(1);
        atClose.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Now_is_the_default_of_as_of()
    {
        await FillAsync(0, 4000);

        var latest = await _provider.GetLatestCandlesAsync(Symbol, 1, 1);

        latest.Single().CloseTime.ShouldBe(_clock.GetUtcNow());
    }

    [Fact]
    public async Task Every_timeframe_ends_at_or_before_the_end_time()
    {
        await FillAsync(0, 2000);
        var end = At(1234).AddSeconds(30);

        var timeframes = await _provider.GetMultiTimeframeCandlesAsync(Symbol, end);

        timeframes.Keys.Select(interval => interval.Minutes).ShouldBe([1, 5, 15, 60, 240], ignoreOrder: true);
        foreach (var (interval, candles) in timeframes)
        {
            candles[^1].CloseTime.ShouldBe(interval.Floor(end));
            candles.Count.ShouldBe(Math.Min(100, 1234 / interval.Minutes));
        }
    }

    [Fact]
    public async Task Latest_widens_over_quiet_stretches_and_stops_at_the_first_row()
    {
        var minutes = new[] { 0, 1, 700, 1500, 1501, 2800 };
        await _store.WriteAsync(Rows.Write(Symbol, 1, minutes.Select(minute => Rows.Candle(minute)), Rows.Covered(0, 2880)), default);

        (await _provider.GetLatestCandlesAsync(Symbol, 1, 4)).Select(candle => candle.Timestamp).ShouldBe([At(700), At(1500), At(1501), At(2800)]);
        (await _provider.GetLatestCandlesAsync(Symbol, 1, 100)).Count.ShouldBe(6);
        (await _provider.GetLatestCandlesAsync(Symbol, 1, 0)).ShouldBeEmpty();
        (await _provider.GetLatestCandlesAsync(Symbol, 60, 2)).Select(candle => candle.Timestamp).ShouldBe([At(1500), At(2760)]);
    }

    [Fact]
    public async Task Warmup_is_exact_or_states_its_shortfall()
    {
        await FillAsync(0, 600);

        var enough = await _provider.GetWarmupDataAsync(Symbol, 5, 100, new CandleQuery { AsOf = At(550) });
        var tooFew = await _provider.GetWarmupDataAsync(Symbol, 60, 200);

        enough.Candles.Count.ShouldBe(100);
        enough.Candles[^1].CloseTime.ShouldBe(At(550));
        enough.Shortfall.ShouldBe(0);
        tooFew.Candles.Count.ShouldBe(10);
        tooFew.Shortfall.ShouldBe(190);
    }

    [Fact]
    public async Task The_source_of_a_bucket_is_minutes_then_its_own_row_then_the_coarsest_that_divides_it()
    {
        // Hour 0: minutes cover it. Hour 1: an imported hour. Hour 2: quarters. Hour 3: only half of the minutes.
        await _store.WriteAsync(Rows.Write(Symbol, 1, Minutes(0, 60, 1).Concat(Minutes(180, 210, 1)), Rows.Covered(0, 60), Rows.Covered(180, 210)), default);
        await _store.WriteAsync(Rows.Write(Symbol, 60, [Rows.Candle(0, 2), Rows.Candle(60, 2)], Rows.Covered(0, 120)), default);
        await _store.WriteAsync(Rows.Write(Symbol, 15, [Rows.Candle(60, 3), Rows.Candle(120, 3), Rows.Candle(165, 3)], Rows.Covered(60, 180)), default);
        await _store.WriteAsync(Rows.Write(Symbol, 5, [Rows.Candle(120, 4)], Rows.Covered(120, 180)), default);

        var hours = await _provider.GetCandlesAsync(Symbol, 60, At(0), At(300));

        hours.Select(candle => (candle.Open, candle.Complete)).ShouldBe([(1m, true), (2m, true), (3m, true), (1m, false)]);
        hours[2].TradeCount.ShouldBe(2);
    }

    [Fact]
    public async Task An_uncovered_bucket_takes_the_source_that_saw_the_most_trades()
    {
        await _store.WriteAsync(Rows.Write(Symbol, 1, Minutes(0, 5, 1)), default);
        await _store.WriteAsync(Rows.Write(Symbol, 60, [Rows.Candle(0, 2, count: 6)]), default);

        (await _provider.GetCandlesAsync(Symbol, 60, At(0), At(60))).Single().ShouldSatisfyAllConditions(
            candle => candle.Open.ShouldBe(2),
            candle => candle.Complete.ShouldBeFalse());
    }

    [Fact]
    public async Task Holes_are_included_skipped_or_fatal()
    {
        await _store.WriteAsync(Rows.Write(Symbol, 1, Minutes(0, 10, 1).Concat(Minutes(20, 40, 1)), Rows.Covered(0, 8), Rows.Covered(20, 40)), default);

        var included = await _provider.GetCandlesAsync(Symbol, 5, At(0), At(40));
        var skipped = await _provider.GetCandlesAsync(Symbol, 5, At(0), At(40), query: new CandleQuery { Holes = Holes.Skip });
        var failed = await Should.ThrowAsync<IncompleteDataException>(async () => await _provider.GetCandlesAsync(Symbol, 5, At(0), At(40), query: new CandleQuery { Holes = Holes.Fail }));
        var whole = await _provider.GetCandlesAsync(Symbol, 5, At(20), At(40), query: new CandleQuery { Holes = Holes.Fail });

        included.Select(candle => candle.Complete).ShouldBe([true, false, true, true, true, true]);
        skipped.Select(candle => candle.Timestamp).ShouldBe([At(0), At(20), At(25), At(30), At(35)]);
        failed.Gaps.Select(gap => (gap.StartTime, gap.EndTime)).ShouldBe([(At(5), At(20))]);
        whole.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Failing_on_holes_notices_a_missing_head_and_tail()
    {
        await FillAsync(10, 20);

        var failure = await Should.ThrowAsync<IncompleteDataException>(async () => await _provider.GetCandlesAsync(Symbol, 1, At(5), At(25), query: new CandleQuery { Holes = Holes.Fail }));

        failure.Gaps.Select(gap => (gap.StartTime, gap.EndTime)).ShouldBe([(At(5), At(10)), (At(20), At(25))]);
    }

    [Fact]
    public async Task Latest_asks_for_holes_only_where_its_candles_are()
    {
        await _store.WriteAsync(Rows.Write(Symbol, 1, Minutes(0, 60, 1), Rows.Covered(0, 10), Rows.Covered(11, 60)), default);
        var failing = new CandleQuery { Holes = Holes.Fail, AsOf = At(40) };

        (await _provider.GetLatestCandlesAsync(Symbol, 1, 5, failing)).Count.ShouldBe(5);
        (await Should.ThrowAsync<IncompleteDataException>(async () => await _provider.GetLatestCandlesAsync(Symbol, 1, 30, failing))).Gaps.Single().StartTime.ShouldBe(At(10));
        (await Should.ThrowAsync<IncompleteDataException>(async () => await _provider.GetLatestCandlesAsync(Symbol, 1, 5, failing with { AsOf = At(62) }))).Gaps.Single().StartTime.ShouldBe(At(60));
    }

    [Fact]
    public async Task An_interval_that_nothing_stored_divides_is_named_with_what_is_stored()
    {
        await _store.WriteAsync(Rows.Write(Symbol, 60, [Rows.Candle(0)]), default);

        var refused = await Should.ThrowAsync<UnknownIntervalException>(async () => await _provider.GetLatestCandlesAsync(Symbol, 5, 1));

        refused.Stored.ShouldBe([Interval.Hour]);
        refused.Message.ShouldContain("1h");
        (await _provider.GetLatestCandlesAsync(Symbol, 120, 1)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Reading_open_candles_never_disturbs_other_reads()
    {
        await FillAsync(0, 2000);
        await FillAsync(0, 2000, "ETH/USD");
        var expected = await _provider.GetCandlesAsync("ETH/USD", 1, At(0), At(2000));

        var opens = Task.Run(async () =>
        {
            for (var minute = 100; minute < 400; minute++)
            {
                await _provider.GetLatestCandlesAsync(Symbol, 60, 3, new CandleQuery { AsOf = At(minute), IncludeOpen = true });
            }
        });
        while (!opens.IsCompleted)
        {
            var reads = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => _provider.GetCandlesAsync("ETH/USD", 1, At(0), At(2000))));
            reads.ShouldAllBe(read => read.SequenceEqual(expected));
        }

        await opens;
    }

    [Fact]
    public async Task Expired_data_are_neither_complete_nor_a_gap()
    {
        await _store.WriteAsync(Rows.Write(Symbol, 1, Minutes(10, 20, 1), Rows.Covered(0, 10, grade: CoverageGrade.Expired), Rows.Covered(10, 2880)), default);

        (await Should.ThrowAsync<IncompleteDataException>(async () => await _provider.GetCandlesAsync(Symbol, 1, At(5), At(15), query: new CandleQuery { Holes = Holes.Fail })))
            .Gaps.Single().EndTime.ShouldBe(At(10));
        (await _provider.GetCoverageStatusAsync(Symbol)).Single().Gaps.ShouldBeEmpty();
    }

    [Fact]
    public async Task Any_multiple_of_a_minute_is_aggregated()
    {
        await FillAsync(0, 700);

        var sevens = await _provider.GetCandlesAsync(Symbol, 7, At(0), At(700));

        sevens.ShouldAllBe(candle => candle.TradeCount == 7 && new Interval(7).Floor(candle.Timestamp) == candle.Timestamp);
        sevens.Count.ShouldBe(100);
    }

    [Fact]
    public async Task The_open_candle_comes_only_when_asked_for_from_closed_minutes_and_covered_trades()
    {
        var asOf = At(63).AddSeconds(40);
        await _store.WriteAsync(Rows.Write(Symbol, 1, Minutes(0, 63, 10), Rows.Covered(0, 63)), default);
        TradeRow[] trades = [Rows.Trade(1, (63 * 60) + 1, 20, 2), Rows.Trade(2, (63 * 60) + 30, 5, 1), Rows.Trade(3, (63 * 60) + 41, 99, 1), Rows.Trade(4, (63 * 60) + 35, 77, 1)];
        await _store.WriteAsync(
            new StoreWrite
            {
                Symbol = Symbol,
                Trades = TradeBatch.FromRows(trades),
                Covered = [(DataType.Trades, new CoverageRange { Range = new TimeRange(At(63), At(63).AddSeconds(32)), Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven })],
            },
            default);

        var without = await _provider.GetLatestCandlesAsync(Symbol, 60, 5, new CandleQuery { AsOf = asOf });
        var with = await _provider.GetLatestCandlesAsync(Symbol, 60, 5, new CandleQuery { AsOf = asOf, IncludeOpen = true });
        var range = await _provider.GetCandlesAsync(Symbol, 60, At(0), At(120), query: new CandleQuery { AsOf = asOf, IncludeOpen = true });

        without.Count.ShouldBe(1);
        with.Count.ShouldBe(2);
        with[1].ShouldSatisfyAllConditions(
            open => open.Timestamp.ShouldBe(At(60)),
            open => open.Open.ShouldBe(10),
            open => open.High.ShouldBe(20),
            open => open.Low.ShouldBe(5),
            open => open.Close.ShouldBe(5),
            open => open.TradeCount.ShouldBe(5),
            open => open.Complete.ShouldBeFalse());
        range.ShouldBe(with);
    }

    [Fact]
    public async Task Replay_emits_a_candle_when_its_clock_reaches_the_close()
    {
        await FillAsync(0, 3);
        var emitted = new List<(DateTimeOffset Close, DateTimeOffset At)>();
        var started = _clock.GetUtcNow();

        var replay = Task.Run(async () =>
        {
            await foreach (var candle in _provider.ReplayCandlesAsync(Symbol, 1, At(0), At(3), speed: 60))
            {
                lock (emitted)
                {
                    emitted.Add((candle.CloseTime, _clock.GetUtcNow()));
                }
            }
        });
        while (!replay.IsCompleted)
        {
            if (_clock.Waiting > 0)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(250));
            }

            await Task.Yield();
        }

        await replay;
        emitted.ShouldBe([(At(1), started.AddSeconds(1)), (At(2), started.AddSeconds(2)), (At(3), started.AddSeconds(3))]);
    }

    [Fact]
    public async Task Several_streams_are_merged_by_close_time_then_symbol()
    {
        await FillAsync(0, 120);
        await FillAsync(0, 120, "ETH/USD");

        var merged = new List<string>();
        await foreach (var candle in _provider.ReplayCandlesAsync([new ReplayStream("ETH/USD", 30), new ReplayStream(Symbol, 60), new ReplayStream(Symbol, 30)], At(0), At(120), speed: 0))
        {
            merged.Add($"{candle.Symbol} {candle.Interval} {(candle.CloseTime - Rows.Start).TotalMinutes}");
        }

        merged.ShouldBe(
        [
            "BTC/USD 30m 30", "ETH/USD 30m 30",
            "BTC/USD 30m 60", "BTC/USD 1h 60", "ETH/USD 30m 60",
            "BTC/USD 30m 90", "ETH/USD 30m 90",
            "BTC/USD 30m 120", "BTC/USD 1h 120", "ETH/USD 30m 120",
        ]);
    }

    [Fact]
    public async Task A_replay_can_be_left_early_and_cancelled()
    {
        await FillAsync(0, 2000);
        using var cancellation = new CancellationTokenSource();

        await foreach (var candle in _provider.ReplayCandlesAsync(Symbol, 1, At(0), At(2000), speed: 0))
        {
            if (candle.Timestamp == At(5))
            {
                break;
            }
        }

        var waiting = Task.Run(async () =>
        {
            await foreach (var candle in _provider.ReplayCandlesAsync(Symbol, 1, At(0), At(2000), speed: 1, cancellationToken: cancellation.Token))
            {
                throw new InvalidOperationException($"The clock stands still, but {candle} was emitted.");
            }
        });
        while (_clock.Waiting == 0)
        {
            await Task.Yield();
        }

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    [Fact]
    public async Task Unknown_symbols_are_reported_with_what_is_stored_and_near_names()
    {
        (await Should.ThrowAsync<UnknownSymbolException>(async () => await _provider.GetLatestCandlesAsync(Symbol, 1, 1))).Message.ShouldContain("empty");
        await FillAsync(0, 1);

        var notStored = await Should.ThrowAsync<UnknownSymbolException>(async () => await _provider.GetLatestCandlesAsync("ETH/USD", 1, 1));
        var noMarket = await Should.ThrowAsync<UnknownSymbolException>(async () => await _provider.GetDataRangeAsync("BTC/UDS"));

        notStored.Message.ShouldBe("Nothing of ETH/USD is stored. Stored are: BTC/USD.");
        noMarket.Message.ShouldContain("no market");
        noMarket.NearMatches.ShouldContain(Symbol);
    }

    [Fact]
    public async Task Data_range_status_and_health_tell_what_is_there()
    {
        await FillAsync(5, 25);
        await _store.WriteAsync(Rows.Write(Symbol, 60, [Rows.Candle(-60)]), default);

        var range = await _provider.GetDataRangeAsync("XBTUSD");
        var health = await _provider.HealthCheckAsync();
        var coverage = await _provider.GetCoverageStatusAsync(Symbol);

        range.ShouldBe(new DataRange { Symbol = Symbol, Interval = 1, Oldest = At(5), Newest = At(24), TotalCandles = 20 });
        health.Connected.ShouldBeTrue();
        health.TotalCandles.ShouldBe(20);
        health.OldestData.ShouldBe(At(-60));
        health.NewestData.ShouldBe(At(24));
        health.Symbols.ShouldBe([Symbol]);
        coverage.Select(row => row.DataType).ShouldBe(["candles_1m", "candles_60m"]);
        coverage[0].Gaps.Select(gap => (gap.StartTime, gap.EndTime)).ShouldBe([(At(0), At(5)), (At(25), _clock.GetUtcNow())]);
        (await _provider.GetSyncStatusAsync(Symbol)).Count.ShouldBe(2);
    }

    private protected abstract Task<IMarketStore> OpenAsync(TimeProvider clock);

    private static DateTimeOffset At(int minute) => Rows.Start.AddMinutes(minute);

    private static IEnumerable<CandleRow> Minutes(int from, int to, decimal price) => Enumerable.Range(from, to - from).Select(minute => Rows.Candle(minute, price));

    private Task FillAsync(int from, int to, string symbol = Symbol) =>
        _store.WriteAsync(Rows.Write(symbol, 1, Enumerable.Range(from, to - from).Select(minute => Rows.Candle(minute, 100 + minute)), Rows.Covered(from, to)), default);
}
