using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Ingestion;

/// <summary>Gaps before, between and behind what is stored, filled by candles or trades, against a market that is known.</summary>
public sealed class GapFillerTests
{
    private const string Symbol = "BTC/USD";

    // Two trades in every second minute, for two days.
    private static readonly List<TradeRow> Market = ListedMarket.Trades(Enumerable.Range(0, 2880).Select(index => (index / 2 * 120m) + (index % 2 * 20)));

    private readonly ManualClock _clock = new(Rows.Start.AddDays(2));
    private readonly InMemoryMarketStore _memory;

    public GapFillerTests() => _memory = new InMemoryMarketStore(_clock);

    private IMarketStore Store => _memory;

    private DateTimeOffset Now => _clock.GetUtcNow();

    [Fact]
    public async Task Head_middle_and_tail_are_found_and_only_what_is_wanted()
    {
        await ImportAsync(60, 120, wantedFrom: 30);
        await ImportAsync(180, 181, wantedFrom: 30);

        var gaps = await Filler(new ListedMarket(_clock, Market)).DetectGapsAsync();

        gaps.Select(gap => (gap.DataType, gap.StartTime, gap.EndTime)).ShouldBe(
        [
            ("candles_1m", Rows.Start.AddMinutes(30), Rows.Start.AddMinutes(60)),
            ("candles_1m", Rows.Start.AddMinutes(120), Rows.Start.AddMinutes(180)),
            ("candles_1m", Rows.Start.AddMinutes(181), Now.AddMinutes(-1)),
        ]);
        (await Filler(new ListedMarket(_clock, Market)).DetectGapsAsync(minGapMinutes: 61)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_symbol_without_data_is_wanted_for_thirty_days()
    {
        var gap = (await Filler(new ListedMarket(_clock, Market), "XBTUSD").DetectGapsAsync()).Single();

        (gap.Symbol, gap.StartTime).ShouldBe((Symbol, Now.AddDays(-30)));
        (await Filler(new ListedMarket(_clock, Market)).DetectGapsAsync()).Select(found => found.Symbol).ShouldBe(SymbolCatalog.DefaultSymbols);
    }

    [Fact]
    public async Task Recent_gaps_are_filled_by_candles_and_older_ones_by_trades()
    {
        await ImportAsync(0, 100);
        await ImportAsync(200, 2300);
        var market = new ListedMarket(_clock, Market) { PageSize = 1000 };

        var result = await Filler(market).FillAllGapsAsync();

        (result.GapsDetected, result.GapsFilled, result.Errors.Count).ShouldBe((2, 2, 0));
        result.TradesProcessed.ShouldBeGreaterThanOrEqualTo(100);
        var coverage = await Store.GetCoverageAsync(Symbol, "candles_1m");
        coverage.Single(range => range.Grade == CoverageGrade.Proven && range.Range.Start < Rows.Start.AddMinutes(200)).Range.Start.ShouldBe(Rows.Start.AddMinutes(100));
        coverage[^1].Source.ShouldBe(CandleSource.RestOhlc);
        using var candles = await Store.ReadCandlesAsync(Symbol, 1, 1, new TimeRange(Rows.Start, Now), default);
        candles.Rows().Select(row => (row.Timestamp, row.Open, row.Close, row.Volume, row.TradeCount)).ShouldBe(
            ListedMarket.Minutes(Market, new TimeRange(Rows.Start, Now)).Select(row => (row.Timestamp, row.Open, row.Close, row.Volume, row.TradeCount)));
    }

    [Fact]
    public async Task Filling_twice_changes_nothing()
    {
        await ImportAsync(0, 100);
        var market = new ListedMarket(_clock, Market) { PageSize = 1000 };
        await Filler(market).FillAllGapsAsync();
        using var before = await Store.ReadCandlesAsync(Symbol, 1, 1, new TimeRange(Rows.Start, Now), default);
        var coverage = await Store.GetCoverageAsync(Symbol, "candles_1m");

        var again = await Filler(market).FillAllGapsAsync();

        (again.GapsDetected, again.GapsFilled, again.CandlesInserted, again.TradesProcessed).ShouldBe((0, 0, 0, 0));
        using var after = await Store.ReadCandlesAsync(Symbol, 1, 1, new TimeRange(Rows.Start, Now), default);
        after.Rows().ShouldBe(before.Rows());
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBe(coverage);
    }

    [Fact]
    public async Task A_failed_fill_leaves_the_gap_and_the_next_run_repairs_it()
    {
        await ImportAsync(0, 100);
        var offline = new ListedMarket(_clock, Market) { Fail = _ => new MarketSourceException("offline") };

        var failed = await Filler(offline).FillAllGapsAsync();

        (failed.GapsDetected, failed.GapsFilled).ShouldBe((1, 0));
        failed.Errors.ShouldBe([$"Failed to fill gap for {Symbol}: offline"]);
        (await Store.GetSyncStatusAsync(Symbol)).Single().NewestTimestamp.ShouldBe(Rows.Start.AddMinutes(98));

        var repaired = await Filler(new ListedMarket(_clock, Market) { PageSize = 1000 }).FillAllGapsAsync();
        (repaired.GapsDetected, repaired.GapsFilled).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Candles_never_close_a_gap_of_trades()
    {
        var market = new ListedMarket(_clock, Market) { PageSize = 100 };
        await new KrakenTradesBackfill(Store, market, new KrakenTradesBackfillOptions { TimeProvider = _clock, Until = Now.AddHours(-5) }).BackfillSymbolAsync(Symbol);
        var filler = Filler(market);
        var gaps = await filler.DetectGapsAsync();
        gaps.Select(gap => gap.DataType).ShouldBe(["trades", "candles_1m"]);

        await filler.FillGapOhlcAsync(gaps[1]);
        (await filler.DetectGapsAsync()).Select(gap => gap.DataType).ShouldBe(["trades"]);

        (await filler.FillAllGapsAsync()).GapsFilled.ShouldBe(1);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Grade.ShouldBe(CoverageGrade.Proven);
    }

    [Fact]
    public async Task What_the_candles_do_not_reach_stays_a_gap()
    {
        await ImportAsync(0, 100);
        var market = new ListedMarket(_clock, Market) { CandleReach = TimeSpan.FromDays(3) };

        var result = await Filler(market).FillAllGapsAsync();

        (result.GapsDetected, result.GapsFilled).ShouldBe((1, 0));
        (await Filler(market).DetectGapsAsync()).Single().EndTime.ShouldBe(Now.AddMinutes(-720));
    }

    private GapFiller Filler(ListedMarket market, params string[] symbols) => new(Store, market, market, new GapFillerOptions { Symbols = symbols, TimeProvider = _clock });

    // As a file does: candles of the market, claimed.
    private async Task ImportAsync(int from, int to, int wantedFrom = 0) => await Store.WriteAsync(
        Rows.Write(Symbol, 1, ListedMarket.Minutes(Market, Rows.Minutes(from, to)).Select(row => row with { Source = CandleSource.OhlcvtCsv }), Rows.Covered(from, to)) with { WantedFrom = Rows.Start.AddMinutes(wantedFrom) },
        default);
}
