using KrakenDb.Tests.Ingestion;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>No hole at the seams: at the start, over reconnects, where the feed omits, and where nothing happens.</summary>
public sealed class LiveCollectorTests : IAsyncLifetime
{
    private const string Symbol = "BTC/USD";

    private readonly ManualClock _clock = new(Rows.Start.AddMinutes(10));
    private readonly GrowingList _market = new();
    private readonly InMemoryMarketStore _memory;
    private readonly ListedMarket _rest;
    private readonly CancellationTokenSource _stop = new();
    private readonly KeptLog _log = new();
    private ScriptedFeed _feed;
    private DatabaseWriter? _writer;
    private LiveCollector? _collector;
    private Task _running = Task.CompletedTask;
    private CancellationTokenSource? _stopRun;
    private DateTimeOffset? _since;

    public LiveCollectorTests()
    {
        _memory = new InMemoryMarketStore(_clock);
        _rest = new ListedMarket(_clock, _market);
        _feed = new ScriptedFeed(_clock);
    }

    private IMarketStore Store => _memory;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_symbol_without_history_starts_at_now()
    {
        var start = _clock.GetUtcNow();
        Trade(1, 100);
        await StartAsync();
        await BringAsync(Trade(2, 605), Trade(3, 610));

        await AdvanceUntilAsync(async () => (await TradesAsync()).Any(range => range.Range.Start == start && range.LastTradeId >= 2));

        (await Store.GetWantedFromAsync(Symbol)).ShouldBe(start);
        (await StoredAsync()).ShouldBe([2, 3]);
        (await TradesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_happened_since_the_last_run_is_fetched_and_joins_the_live_trades()
    {
        foreach (var id in Enumerable.Range(1, 55))
        {
            Trade(id, id * 10);
        }

        var known = _market.Take(5).ToList();
        await Store.WriteAsync(
            new StoreWrite
            {
                Symbol = Symbol,
                Trades = TradeBatch.FromRows(known),
                Covered = [(DataType.Trades, new CoverageRange { Range = new TimeRange(Rows.Start, Rows.Start.AddSeconds(50)), Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven, FirstTradeId = 1, LastTradeId = 4 })],
            },
            default);
        await StartAsync();
        await BringAsync(Trade(56, 601), Trade(57, 602));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 56 }]);

        (await StoredAsync()).ShouldBe(Enumerable.Range(1, 57).Select(id => (long)id));
        await ShouldHaveTrueCandlesAsync();
    }

    [Fact]
    public async Task A_kill_before_the_stretch_since_a_given_time_was_fetched_leaves_it_to_the_next_start()
    {
        foreach (var id in Enumerable.Range(1, 40))
        {
            Trade(id, id * 14);
        }

        // What a killed run had stored: live trades alone.
        var live = new[] { Trade(41, 590), Trade(42, 595) };
        var step = TradeChain.Empty.After(TradeBatch.FromRows(live));
        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows(live), Covered = [.. step.Proven.Select(range => (DataType.Trades, range))] }, default);
        _since = Rows.Start;
        await StartAsync();
        await BringAsync(Trade(43, 605));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 42 }]);

        (await TradesAsync())[0].Range.Start.ShouldBe(Rows.Start);
        (await StoredAsync()).ShouldBe(Enumerable.Range(1, 43).Select(id => (long)id));
    }

    [Fact]
    public async Task A_kill_before_the_first_question_leaves_a_gap_that_is_known_and_fetched_by_the_next_start()
    {
        var start = _clock.GetUtcNow();
        Trade(1, 590);
        Trade(2, 600.5m);
        await StartAsync();
        await _writer!.UpdateSyncStatusAsync(Symbol, DataType.Trades, start);
        (await Store.GetWantedFromAsync(Symbol)).ShouldBe(start, "before the first trade");
        await BringAsync(Trade(3, 602), Trade(4, 603), Trade(5, 604));
        await _writer!.UpdateSyncStatusAsync(Symbol, DataType.Trades, _clock.GetUtcNow());
        (await TradesAsync()).Covers(new TimeRange(start, start.AddSeconds(2))).ShouldBeFalse();
        await StopAsync(isKilled: true);

        _clock.Advance(TimeSpan.FromMinutes(2));
        await StartAsync();
        await BringAsync(Trade(6, 725), Trade(7, 726));
        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 6 }] && (await StoredAsync()).Count == 6);

        (await TradesAsync())[0].Range.Start.ShouldBe(start);
        (await StoredAsync()).ShouldBe([2, 3, 4, 5, 6, 7]);
    }

    [Fact]
    public async Task A_kill_in_a_market_that_was_quiet_so_far_leaves_no_hole_before_its_first_trade()
    {
        // A REST reply without a trade covers the quiet; there is no id to join.
        var quiet = new CoverageRange { Range = new TimeRange(Rows.Start, Rows.Start.AddSeconds(500)), Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven };
        Trade(1, 520);
        TradeRow[] live = [Trade(2, 530), Trade(3, 540), Trade(4, 550)];
        var step = TradeChain.Empty.After(TradeBatch.FromRows(live));
        await Store.WriteAsync(
            new StoreWrite { Symbol = Symbol, WantedFrom = Rows.Start, Trades = TradeBatch.FromRows(live), Covered = [(DataType.Trades, quiet), .. step.Proven.Select(range => (DataType.Trades, range))] },
            default);
        (await TradesAsync()).Count.ShouldBe(2);
        _since = Rows.Start;
        await StartAsync();
        await BringAsync(Trade(5, 601));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 4 }] && (await StoredAsync()).Count == 5);

        (await StoredAsync()).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_reply_with_a_row_that_cannot_be_stored_is_logged_and_asked_for_again()
    {
        var harmed = 0;
        var rest = new ListedMarket(_clock, _market) { Change = (_, page) => page.Trades.Rows().Any(row => row.Id == 3) && harmed++ == 0 ? page with { Rejected = 1 } : page };
        await StartAsync(rest, Symbol);
        await BringAsync(Trade(1, 601), Trade(2, 602));
        await AdvanceUntilAsync(async () => (await TradesAsync()).Any(range => range.Range.Start == Rows.Start.AddMinutes(10)));
        Trade(3, 640);
        await BringAsync(Trade(4, 641), Trade(5, 642));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 4 }] && (await StoredAsync()).Count == 5);

        harmed.ShouldBeGreaterThan(1);
        _log.Lines.ShouldContain(line => line.Contains("1 of ", StringComparison.Ordinal) && line.Contains("cannot be true", StringComparison.Ordinal));
        (await StoredAsync()).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_trade_that_the_feed_omits_is_fetched()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601), Trade(2, 602));
        Trade(3, 603);
        await BringAsync(Trade(4, 604), Trade(5, 670));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 4 }]);

        (await StoredAsync()).ShouldBe([1, 2, 3, 4, 5]);
        await AdvanceUntilAsync(() => Task.FromResult(_collector!.GetStatus().Single().Gaps == 0));
    }

    [Fact]
    public async Task A_late_trade_fills_its_hole_without_a_question()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601), Trade(2, 602));
        await AdvanceUntilAsync(async () => (await TradesAsync()).Any(range => range.Range.Start == Rows.Start.AddMinutes(10)));
        var calls = _rest.Calls;
        var late = Trade(3, 625);
        await BringAsync(Trade(4, 626));
        await BringAsync(late);

        await AdvanceUntilAsync(async () => (await StoredAsync()).Count == 4, TimeSpan.FromMilliseconds(500));

        (await TradesAsync()).ShouldHaveSingleItem();
        _rest.Calls.ShouldBe(calls);
    }

    [Fact]
    public async Task What_happened_while_the_connection_was_cut_is_fetched()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601));
        foreach (var id in Enumerable.Range(2, 40))
        {
            Trade(id, 602 + id);
        }

        _clock.Advance(TimeSpan.FromSeconds(60));
        await _feed.CutAsync(Symbol);
        await BringAsync(Trade(42, 661));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 41 }] && (await StoredAsync()).Count == 42);

        _collector!.Reconnects.ShouldBe(1);
        await ShouldHaveTrueCandlesAsync();
    }

    [Fact]
    public async Task A_quiet_market_is_proven_quiet_by_REST_and_its_minutes_are_covered()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601));

        await AdvanceUntilAsync(async () => (await TradesAsync()).Covers(Rows.Minutes(11, 20)));

        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Covers(Rows.Minutes(11, 19)).ShouldBeTrue();
        _rest.Calls.ShouldBeLessThan(30);
    }

    [Fact]
    public async Task A_sample_after_a_long_silence_begins_where_the_proof_ends()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601), Trade(2, 602));
        await AdvanceUntilAsync(async () => (await TradesAsync()).Covers(Rows.Minutes(11, 13)));

        // The machine slept, or had no processor: the sample and the look at the quiet market are due together.
        _clock.Advance(TimeSpan.FromMinutes(10));
        var now = _clock.GetUtcNow();

        await AdvanceUntilAsync(async () => (await TradesAsync())[^1].Range.End > now);
        (await TradesAsync()).ShouldHaveSingleItem().LastTradeId.ShouldBe(2);
    }

    [Fact]
    public async Task A_sample_soon_after_the_start_does_not_reach_back_before_what_is_wanted()
    {
        // The more markets, the sooner the first of them is sampled.
        var start = _clock.GetUtcNow();
        await StartAsync([Symbol, .. Enumerable.Range(1, 19).Select(number => $"QUIET{number}/USD")]);
        await BringAsync(Trade(1, 601), Trade(2, 602));

        await AdvanceUntilAsync(async () => await TradesAsync() is [.., var newest] && newest.Range.End > start.AddSeconds(60));

        (await TradesAsync()).ShouldHaveSingleItem().Range.Start.ShouldBe(start);
    }

    [Fact]
    public async Task A_feed_that_brings_less_than_REST_shows_is_connected_anew()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601));
        Trade(2, 640);
        Trade(3, 650);

        await AdvanceUntilAsync(() => Task.FromResult(!_feed.Reconnects.IsEmpty));

        (await StoredAsync()).ShouldBe([1, 2, 3]);
        _feed.Reconnects.TryPeek(out var asked).ShouldBeTrue();
        asked.Reason.ShouldContain("trade 3");
    }

    [Fact]
    public async Task A_refused_symbol_is_named_and_the_others_run()
    {
        await StartAsync(Symbol, "XXX/YYY");
        (await _feed.HandlerAsync()).OnRefused(0, "XXX/YYY", "trade", "Currency pair not supported XXX/YYY");
        await BringAsync(Trade(1, 601), Trade(2, 602));

        await AdvanceUntilAsync(async () => (await StoredAsync()).Count == 2);

        var status = _collector!.GetStatus();
        status.Single(symbol => symbol.Symbol == "XXX/YYY").Refused.ShouldBe("Currency pair not supported XXX/YYY");
        status.Single(symbol => symbol.Symbol == Symbol).Refused.ShouldBeNull();
    }

    [Fact]
    public async Task Ids_that_the_exchange_never_used_are_proven_absent_after_two_looks()
    {
        await StartAsync();
        await BringAsync(Trade(1, 601), Trade(2, 602));
        await BringAsync(Trade(5, 610), Trade(6, 611));

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 5 }]);

        (await Store.GetAbsentTradeIdsAsync(Symbol)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            absent => (absent.FirstId, absent.LastId).ShouldBe((3, 4)),
            absent => absent.Confirmed.ShouldBeTrue());
    }

    [Fact]
    public async Task REST_that_fails_for_a_while_delays_the_proof_and_loses_nothing()
    {
        var failing = true;
        var rest = new ListedMarket(_clock, _market) { Fail = _ => failing ? new MarketSourceException("503") { IsTransient = true } : null };
        await StartAsync(rest, Symbol);
        await BringAsync(Trade(1, 601), Trade(2, 602));
        Trade(3, 603);
        await BringAsync(Trade(4, 604));
        await AdvanceUntilAsync(async () => (await StoredAsync()).Count == 3 && rest.Calls >= 2);
        failing = false;

        await AdvanceUntilAsync(async () => await TradesAsync() is [{ LastTradeId: >= 3 }]);

        (await StoredAsync()).ShouldBe([1, 2, 3, 4]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task With_random_faults_and_restarts_the_store_ends_as_the_market(int seed)
    {
        var random = new Random(seed);
        var time = 600m;
        await StartAsync();
        var id = 0;
        for (var round = 0; round < 60; round++)
        {
            var frames = new List<List<TradeRow>>();
            for (var frame = random.Next(1, 6); frame > 0; frame--)
            {
                var trades = new List<TradeRow>();
                for (var count = random.Next(1, 4); count > 0; count--)
                {
                    time += random.Next(4) == 0 ? 0 : random.Next(1, 40) / 10m;
                    trades.Add(Trade(++id, time));
                }

                frames.Add(trades);
            }

            _clock.Advance(Rows.Start.AddSeconds((double)time + 0.01) - _clock.GetUtcNow() is var ahead && ahead > TimeSpan.Zero ? ahead : TimeSpan.Zero);
            foreach (var frame in frames.OrderBy(_ => random.Next(4) == 0 ? random.Next() : 0).ToList())
            {
                switch (random.Next(12))
                {
                    case 0:
                        break;
                    case 1:
                        await BringAsync([.. frame, .. frame]);
                        break;
                    case 2:
                        await _feed.CutAsync(Symbol);
                        break;
                    default:
                        await BringAsync([.. frame]);
                        break;
                }
            }

            if (round % 20 == 19)
            {
                await StopAsync(isKilled: random.Next(2) == 0);
                await StartAsync();
            }

            await Task.Delay(1);
        }

        // The last trades may be omitted; a quiet while shows them.
        var end = _clock.GetUtcNow().AddMinutes(1);
        await AdvanceUntilAsync(async () => await TradesAsync() is [var range] && range.Range.End > end);

        (await StoredAsync()).ShouldBe(Enumerable.Range(1, id).Select(number => (long)number));
        await ShouldHaveTrueCandlesAsync();
    }

    private TradeRow Trade(long id, decimal seconds)
    {
        var row = Rows.Trade(id, seconds, 100 + (id % 13), 1 + (id % 3));
        _market.Add(row);
        return row;
    }

    private Task BringAsync(params TradeRow[] trades)
    {
        // A trade is brought after it happened.
        var now = Rows.Start.AddMicroseconds((trades.Max(row => row.TimestampNanoseconds) / 1000) - UnixTime.Microseconds(Rows.Start));
        if (_clock.GetUtcNow() < now)
        {
            _clock.Advance(now - _clock.GetUtcNow());
        }

        return _feed.BringAsync(Symbol, trades);
    }

    private Task StartAsync(params string[] symbols) => StartAsync(_rest, symbols);

    private async Task StartAsync(ListedMarket rest, params string[] symbols)
    {
        _feed = new ScriptedFeed(_clock);
        _writer = new DatabaseWriter(_memory, new DatabaseWriterOptions { TimeProvider = _clock, TradeFlushInterval = TimeSpan.FromSeconds(1) });
        await _writer.StartAsync();
        _collector = new LiveCollector(_memory, _feed, rest, _writer, new LiveCollectorOptions { Symbols = symbols.Length > 0 ? symbols : [Symbol], Since = _since, TimeProvider = _clock, Logger = _log });
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _running = Task.Run(() => _collector.RunAsync(stop.Token));
        _stopRun = stop;
        await _feed.HandlerAsync();
    }

    private async Task StopAsync(bool isKilled = false)
    {
        if (_writer is null)
        {
            return;
        }

        await _stopRun!.CancelAsync();
        await _running;
        if (isKilled)
        {
            // Without a journal a cancelled stop drops what is queued, as a kill does.
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await _writer.StopAsync(now.Token);
        }
        else
        {
            await _writer.StopAsync();
        }

        _writer = null;
        _stopRun.Dispose();
    }

    private async Task<CoverageSet> TradesAsync() => await Store.GetCoverageAsync(Symbol, DataType.Trades);

    private async Task<List<long>> StoredAsync() => [.. (await Store.ReadTradesAsync(Symbol, Rows.Minutes(0, 10_000), 0, int.MaxValue, default)).Rows().Select(row => row.Id)];

    private async Task ShouldHaveTrueCandlesAsync()
    {
        var covered = await Store.GetCoverageAsync(Symbol, "candles_1m");
        using var candles = await Store.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, 10_000), default);
        candles.Rows().ShouldBe(covered.SelectMany(range => ListedMarket.Minutes(_market, range.Range)));
        candles.Count.ShouldBeGreaterThan(0);
    }

    private async Task AdvanceUntilAsync(Func<Task<bool>> holds, TimeSpan? step = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            patience.IsCancellationRequested.ShouldBeFalse(await StoryAsync());
            _clock.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }
    }

    /// <summary>Everything that is known about the run, for a failing assertion.</summary>
    private async Task<string> StoryAsync() => string.Join(
        Environment.NewLine,
        [
            $"{_clock.GetUtcNow():O}, {_clock.Waiting} timers wait, {_rest.Calls} calls",
            $"coverage {await TradesAsync()}, stored {string.Join(' ', await StoredAsync())}",
            .. _collector!.GetStatus().Select(symbol => $"{symbol}, {string.Join(' ', _writer!.ChainOf(symbol.Symbol).Runs)}"),
            $"{_writer!.GetStats()}",
            .. _log.Lines.TakeLast(30),
        ]);

    /// <summary>A list that one thread reads while another adds.</summary>
    private sealed class GrowingList : IReadOnlyList<TradeRow>
    {
        private volatile TradeRow[] _rows = [];

        public int Count => _rows.Length;

        public TradeRow this[int index] => _rows[index];

        public void Add(TradeRow row) => _rows = [.. _rows, row];

        public IEnumerator<TradeRow> GetEnumerator() => ((IEnumerable<TradeRow>)_rows).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
