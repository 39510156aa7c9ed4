using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Tests.Kraken;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Ingestion;

/// <summary>Trades page by page, against a market that is known: what is stored, and what is claimed of it.</summary>
public sealed class TradesBackfillTests
{
    private const string Symbol = "BTC/USD";

    // Bursts, quiet minutes, ten at one time.
    private static readonly List<TradeRow> Market = ListedMarket.Trades(
        [.. Enumerable.Range(0, 40).Select(index => index * 7.25m), .. Enumerable.Repeat(300m, 8), .. Enumerable.Range(0, 30).Select(index => 700 + (index * 31.000001m))]);

    private readonly ManualClock _clock = new(Rows.Start.AddHours(1));
    private readonly InMemoryMarketStore _memory;

    public TradesBackfillTests() => _memory = new InMemoryMarketStore(_clock);

    private IMarketStore Store => _memory;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task All_of_history_is_stored_and_proven_whatever_since_means(bool exclusive, bool withoutLast)
    {
        var result = await BackfillAsync(new ListedMarket(_clock, Market) { SinceIsExclusive = exclusive, LeavesOutLast = withoutLast });

        (result.Error, result.TradesInserted, result.MissingIds).ShouldBe((null, Market.Count, 0));
        await ShouldBeCompleteAsync();
    }

    [Fact]
    public async Task A_second_backfill_fetches_only_what_happened_since()
    {
        await BackfillAsync(new ListedMarket(_clock, Market));
        _clock.Advance(TimeSpan.FromMinutes(5));
        var market = new ListedMarket(_clock, [.. Market, Rows.Trade(Market.Count + 1, 3700)]);

        var result = await BackfillAsync(market);

        market.Calls.ShouldBe(1);
        (result.TradesInserted, result.TradesUnchanged).ShouldBe((1, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task More_trades_at_one_time_than_fit_a_page_do_not_loop(bool exclusive)
    {
        var trades = ListedMarket.Trades([1m, 2m, .. Enumerable.Repeat(61m, 25), 125m, 190m]);
        var market = new ListedMarket(_clock, trades) { SinceIsExclusive = exclusive };

        var result = await BackfillAsync(market);

        market.Calls.ShouldBeLessThan(12);
        result.MissingIds.ShouldBeGreaterThan(0);
        var coverage = await Store.GetCoverageAsync(Symbol, DataType.Trades);
        coverage.Covers(new TimeRange(Rows.Start.AddSeconds(61), Rows.Start.AddSeconds(62))).ShouldBeFalse();
        coverage.Covers(new TimeRange(Rows.Start.AddSeconds(126), Rows.Start.AddMinutes(30))).ShouldBeTrue();
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Covers(Rows.Minutes(1, 2)).ShouldBeFalse();

        // They exist: no number of looks makes them absent.
        for (var look = 0; look < 3; look++)
        {
            _clock.Advance(TimeSpan.FromMinutes(2));
            await BackfillAsync(new ListedMarket(_clock, trades) { SinceIsExclusive = exclusive });
        }

        (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Covers(new TimeRange(Rows.Start.AddSeconds(61), Rows.Start.AddSeconds(62))).ShouldBeFalse();
    }

    [Fact]
    public async Task Rows_that_one_reply_lacks_are_asked_for_again()
    {
        var market = new ListedMarket(_clock, Market) { Change = (call, page) => call % 3 == 1 && page.Rows > 6 ? Without(page, 3, 2) : page };

        var result = await BackfillAsync(market);

        result.MissingIds.ShouldBe(0);
        await ShouldBeCompleteAsync();
    }

    [Fact]
    public async Task Rows_twice_in_a_reply_are_stored_once()
    {
        var market = new ListedMarket(_clock, Market) { Change = (_, page) => page with { Rows = page.Rows + 1, Repeated = 1 } };

        await BackfillAsync(market);

        await ShouldBeCompleteAsync();
    }

    [Fact]
    public async Task Ids_that_nobody_shows_are_a_gap_until_a_second_look_a_minute_later()
    {
        var skipped = Market.Where(row => row.Id is not (20 or 21)).ToList();

        var first = await BackfillAsync(new ListedMarket(_clock, skipped));

        first.MissingIds.ShouldBe(2);
        var absent = (await Store.GetAbsentTradeIdsAsync(Symbol)).Single();
        (absent.FirstId, absent.LastId, absent.Confirmed).ShouldBe((20, 21, false));
        var hole = new TimeRange(UnixTime.Microseconds(Rows.Start.AddSeconds(18 * 7.25)), UnixTime.Microseconds(Rows.Start.AddSeconds(21 * 7.25)) + 1);
        (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Gaps(new TimeRange(Rows.Start, Rows.Start.AddMinutes(50))).ShouldBe([hole]);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Gaps(Rows.Minutes(0, 50)).ShouldBe([Rows.Minutes(2, 3)]);

        _clock.Advance(TimeSpan.FromSeconds(30));
        (await BackfillAsync(new ListedMarket(_clock, skipped))).MissingIds.ShouldBe(2);
        _clock.Advance(TimeSpan.FromSeconds(31));
        (await BackfillAsync(new ListedMarket(_clock, skipped))).MissingIds.ShouldBe(0);

        (await Store.GetAbsentTradeIdsAsync(Symbol)).Single().Confirmed.ShouldBeTrue();
        await ShouldBeCompleteAsync(skipped);
    }

    [Fact]
    public async Task Trades_without_an_id_are_counted_and_their_range_stays_a_gap()
    {
        var market = new ListedMarket(_clock, Market) { Change = (call, page) => call == 3 ? page with { Trades = TradeBatch.FromRows([]), WithoutId = page.Rows } : page };

        var result = await BackfillAsync(market);

        result.NotStored.ShouldBe(10);
        (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Gaps(new TimeRange(Rows.Start, Rows.Start.AddMinutes(50))).ShouldNotBeEmpty();
        await BackfillAsync(new ListedMarket(_clock, Market));
        await ShouldBeCompleteAsync();
    }

    [Fact]
    public async Task History_grows_backwards_and_forwards()
    {
        var market = new ListedMarket(_clock, Market);
        await BackfillAsync(market, options => options with { Since = Rows.Start.AddMinutes(10), Until = Rows.Start.AddMinutes(15) });
        (await Store.GetWantedFromAsync(Symbol)).ShouldBe(Rows.Start.AddMinutes(10));
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Covers(Rows.Minutes(10, 15)).ShouldBeTrue();

        await BackfillAsync(market, options => options with { Since = Rows.Start.AddMinutes(4) });
        (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Single().Range.Start.ShouldBe(Rows.Start.AddMinutes(4));

        await BackfillAsync(market);
        await ShouldBeCompleteAsync();
    }

    [Fact]
    public async Task Resuming_takes_only_what_lies_after_the_newest_page()
    {
        var market = new ListedMarket(_clock, Market);
        await BackfillAsync(market, options => options with { Since = Rows.Start.AddMinutes(10), Until = Rows.Start.AddMinutes(12) });

        await BackfillAsync(market, options => options with { Resume = true });

        var stored = (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Single().Range;
        (stored.Start, stored.End).ShouldBe((Rows.Start.AddMinutes(10), _clock.GetUtcNow().AddSeconds(-10)));
    }

    [Fact]
    public async Task The_resume_point_is_last_as_it_came()
    {
        var backfill = new KrakenTradesBackfill(Store, new ListedMarket(_clock, Market), Options());
        (await backfill.GetResumePointAsync("XBTUSD")).ShouldBe("0");

        await backfill.BackfillSymbolAsync("XBTUSD");

        (await backfill.GetResumePointAsync("XBTUSD")).ShouldBe(Market[^1].TimestampNanoseconds.ToString());
    }

    [Fact]
    public async Task The_open_minute_is_withheld_and_a_quiet_market_is_proven_to_ten_seconds_ago()
    {
        var clock = new ManualClock(Rows.Start.AddSeconds(150));
        var market = new ListedMarket(clock, ListedMarket.Trades([5, 65, 125]));

        await new KrakenTradesBackfill(Store, market, Options() with { TimeProvider = clock }).BackfillSymbolAsync(Symbol);

        (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Single().Range.ShouldBe(new TimeRange(Rows.Start, Rows.Start.AddSeconds(140)));
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Range.ShouldBe(Rows.Minutes(0, 2));
        using var candles = await Store.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, 10), default);
        candles.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_claims_nothing_that_has_not_happened_at_the_exchange()
    {
        var market = new ListedMarket(_clock, Market) { ClockOffset = TimeSpan.FromMinutes(-7) };

        var plan = await new KrakenTradesBackfill(Store, market, Options()).PlanAsync(Symbol);
        await BackfillAsync(market);

        plan.ClockOffset.ShouldBe(TimeSpan.FromMinutes(-7));
        (await Store.GetCoverageAsync(Symbol, DataType.Trades)).Single().Range.End.ShouldBe(Rows.Start.AddMinutes(53).AddSeconds(-10));
    }

    [Fact]
    public async Task A_plan_counts_trades_by_their_ids_and_says_what_files_cover()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(1)], Rows.Covered(1, 3)), default);
        var backfill = new KrakenTradesBackfill(Store, new ListedMarket(_clock, Market), Options());

        var plan = await backfill.PlanAsync(Symbol);

        (plan.EstimatedTrades, plan.EstimatedCalls, plan.StoredTrades).ShouldBe((Market.Count, (Market.Count / 10) + 1, 0));
        plan.Ranges.ShouldBe([new BackfillRange(null, _clock.GetUtcNow())]);
        plan.ClaimedCandles.ShouldBe([Rows.Minutes(1, 3)]);
        await backfill.BackfillSymbolAsync(Symbol, plan);
        (await backfill.PlanAsync(Symbol)).EstimatedTrades.ShouldBe(0);
    }

    [Fact]
    public async Task Without_candles_the_trades_wait_and_the_next_run_builds_them()
    {
        await BackfillAsync(new ListedMarket(_clock, Market), options => options with { BuildCandles = false });
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBeEmpty();

        var built = await new KrakenTradesBackfill(Store, new ListedMarket(_clock, Market), Options()).BuildCandlesFromTradesAsync(Symbol, Rows.Start, Rows.Start.AddHours(1));

        built.ShouldBeGreaterThan(10);
        await ShouldBeCompleteAsync();
    }

    [Fact]
    public async Task A_failure_on_the_way_keeps_what_was_fetched_and_says_why()
    {
        var market = new ListedMarket(_clock, Market) { Fail = call => call == 4 ? new MarketSourceException("offline") { IsTransient = true } : null };

        var result = await BackfillAsync(market);

        (result.Error, result.Calls).ShouldBe(("offline", 3));
        (await Store.GetStatusAsync()).Trades.ShouldBe(result.TradesInserted);
        await BackfillAsync(new ListedMarket(_clock, Market));
        await ShouldBeCompleteAsync();
    }

    [Fact]
    public void Killed_before_any_commit_and_run_again_the_store_is_as_after_one_run() =>
        Prop.ForAll(Gen.Choose(0, 9).ListOf(3).ToArbitrary(), Gen.Choose(2, 20).ToArbitrary(), Gen.Choose(0, 1).ToArbitrary(), (kills, pageSize, exclusive) =>
            Task.Run(async () =>
            {
                var store = new InMemoryMarketStore(_clock);
                foreach (var kill in kills)
                {
                    var run = new KrakenTradesBackfill(new StoppingStore(store, kill), Fresh(pageSize, exclusive), Options());
                    try
                    {
                        await run.BackfillSymbolAsync(Symbol);
                    }
                    catch (MarketStoreException)
                    {
                        // The kill.
                    }
                }

                await new KrakenTradesBackfill(store, Fresh(pageSize, exclusive), Options()).BackfillSymbolAsync(Symbol);
                await ShouldBeCompleteAsync(Market, store);
            }).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Fetched_without_being_stored_each_trade_comes_once()
    {
        var seen = new List<long>();
        await foreach (var page in new KrakenTradesBackfill(Store, new ListedMarket(_clock, Market), Options()).FetchAllTradesAsync(Symbol))
        {
            seen.AddRange(page.Select(trade => trade.Id));
        }

        seen.ShouldBe(Market.Select(row => row.Id));
        (await Store.GetSymbolsAsync()).ShouldBeEmpty();
    }

    private static TradesPage Without(TradesPage page, int index, int count) => page with
    {
        Trades = TradeBatch.FromRows([.. page.Trades.Rows().Where((_, at) => at < index || at >= index + count)]),
        Rows = page.Rows - count,
    };

    private ListedMarket Fresh(int pageSize, int exclusive) => new(_clock, Market) { PageSize = Math.Max(pageSize, 10), SinceIsExclusive = exclusive == 1 };

    private KrakenTradesBackfillOptions Options() => new() { TimeProvider = _clock };

    private Task<BackfillResult> BackfillAsync(ListedMarket market, Func<KrakenTradesBackfillOptions, KrakenTradesBackfillOptions>? change = null) =>
        new KrakenTradesBackfill(Store, market, change is null ? Options() : change(Options())).BackfillSymbolAsync(Symbol);

    private Task ShouldBeCompleteAsync() => ShouldBeCompleteAsync(Market, _memory);

    private Task ShouldBeCompleteAsync(List<TradeRow> market) => ShouldBeCompleteAsync(market, _memory);

    private async Task ShouldBeCompleteAsync(List<TradeRow> market, IMarketStore store)
    {
        var all = new TimeRange(Rows.Start, _clock.GetUtcNow());
        (await store.ReadTradesAsync(Symbol, all, 0, int.MaxValue, default)).Rows().ShouldBe(market);
        var coverage = (await store.GetCoverageAsync(Symbol, DataType.Trades)).Single();
        (coverage.Range.Start, coverage.Range.End, coverage.Grade).ShouldBe((Rows.Start, _clock.GetUtcNow().AddSeconds(-10), CoverageGrade.Proven));
        (coverage.FirstTradeId, coverage.LastTradeId).ShouldBe((market[0].Id, market[^1].Id));
        var minutes = (await store.GetCoverageAsync(Symbol, "candles_1m")).Single();
        (minutes.Range, minutes.Grade).ShouldBe((new TimeRange(Rows.Start, Interval.Minute.Floor(_clock.GetUtcNow().AddSeconds(-10))), CoverageGrade.Proven));
        using var candles = await store.ReadCandlesAsync(Symbol, 1, 1, all, default);
        candles.Rows().ShouldBe(ListedMarket.Minutes(market, minutes.Range));
        (await store.GetWantedFromAsync(Symbol)).ShouldBe(Rows.Start);
    }
}
