using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Ingestion;

/// <summary>What is proven, what is claimed, what is damaged.</summary>
public sealed class StoreVerifierTests
{
    private const string Symbol = "BTC/USD";

    private static readonly List<TradeRow> Market = ListedMarket.Trades(Enumerable.Range(0, 200).Select(index => index * 17.5m));

    private readonly ManualClock _clock = new(Rows.Start.AddHours(1));
    private readonly InMemoryMarketStore _memory;
    private readonly ListedMarket _market;

    public StoreVerifierTests()
    {
        _memory = new InMemoryMarketStore(_clock);
        _market = new ListedMarket(_clock, Market);
    }

    private IMarketStore Store => _memory;

    [Fact]
    public async Task A_backfilled_symbol_is_proven()
    {
        await BackfillAsync();

        var report = await VerifyAsync();

        (report.Verdict, report.Trades, report.Findings.Count, report.MissingIds.Count, report.Gaps.Count).ShouldBe((Verdict.Proven, Market.Count, 0, 0, 0));
        report.Candles.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Candles_of_a_file_are_claimed()
    {
        var rows = ListedMarket.Minutes(Market, Rows.Minutes(0, 30)).Select(row => row with { Source = CandleSource.OhlcvtCsv });
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows, Rows.Covered(0, 30)), default);

        (await VerifyAsync()).Verdict.ShouldBe(Verdict.Claimed);
    }

    [Fact]
    public async Task Claimed_trades_that_are_not_stored_are_damage_and_repaired()
    {
        // As after a loss of rows: all ids are claimed, five are not there.
        var range = new TimeRange(Rows.Start, Rows.Start.AddSeconds(199 * 17.5));
        await Store.WriteAsync(
            new StoreWrite
            {
                Symbol = Symbol,
                Trades = TradeBatch.FromRows([.. Market.Where(row => row.Id is not (>= 50 and <= 53) and not 120)]),
                Covered = [(DataType.Trades, new CoverageRange { Range = range, Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven, FirstTradeId = 1, LastTradeId = 199 })],
                RebuildMinutes = [range],
            },
            default);

        var report = await VerifyAsync();
        report.Verdict.ShouldBe(Verdict.Damaged);
        report.MissingIds.ShouldBe([new TradeIdRange(50, 53), new TradeIdRange(120, 120)]);
        report.Findings.Count(finding => finding.Check == "trade_ids").ShouldBe(2);

        var (trades, _) = await Verifier().RepairAsync(report, _market);
        trades.ShouldBe(5);
        report = await VerifyAsync();
        report.Verdict.ShouldBe(Verdict.Proven, string.Join(Environment.NewLine, report.Findings.Select(finding => finding.Message)));
    }

    [Fact]
    public async Task Ids_that_the_exchange_never_used_are_told_from_ids_that_we_lack()
    {
        var market = new ListedMarket(_clock, [.. Market.Where(row => row.Id is not (80 or 81))]);
        await BackfillAsync(market);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await BackfillAsync(market);

        var report = await Verifier(market).VerifyAsync(Symbol);

        (report.Verdict, report.MissingIds.Count).ShouldBe((Verdict.Proven, 0));
        report.AbsentIds.ShouldBe([new TradeIdRange(80, 81)]);
    }

    [Fact]
    public async Task A_candle_that_its_trades_do_not_make_is_damage()
    {
        await BackfillAsync();
        var wrong = ListedMarket.Minutes(Market, Rows.Minutes(0, 30))[3] with { TradeCount = 99 };
        await Store.WriteAsync(Rows.Write(Symbol, 1, [wrong]), default);

        var report = await VerifyAsync();

        report.Verdict.ShouldBe(Verdict.Damaged);
        report.Findings.Select(finding => (finding.Check, finding.Time)).ShouldContain(("candles", UnixTime.ToDateTimeOffset(wrong.Timestamp)));
        report.Findings.ShouldContain(finding => finding.Check == "ohlc");

        await Verifier().RepairAsync(report, _market);
        await ShouldBeProvenAsync();
    }

    [Fact]
    public async Task A_candle_without_trades_in_a_proven_minute_is_damage_and_removed()
    {
        var quiet = new ListedMarket(_clock, [.. Market.Where(row => row.Id is < 50 or > 60).Select((row, index) => row with { Id = index + 1 })]);
        await BackfillAsync(quiet);
        var wrong = Rows.Candle(15, 100, count: 1, source: CandleSource.ProvenTrades);
        await Store.WriteAsync(Rows.Write(Symbol, 1, [wrong]), default);

        var report = await Verifier(quiet).VerifyAsync(Symbol);
        report.Findings.ShouldContain(finding => finding.Message.Contains("a candle and no trades", StringComparison.Ordinal));

        await Verifier(quiet).RepairAsync(report, quiet);
        (await Verifier(quiet).VerifyAsync(Symbol)).Verdict.ShouldBe(Verdict.Proven);
    }

    [Fact]
    public async Task Ids_that_do_not_come_again_leave_the_candles_as_they_are()
    {
        var range = new TimeRange(Rows.Start, Rows.Start.AddSeconds(199 * 17.5));
        var proven = new CoverageRange { Range = range, Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven, FirstTradeId = 1, LastTradeId = 199 };
        var fewer = Market.Where(row => row.Id is not 50).ToList();
        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows(fewer), Covered = [(DataType.Trades, proven)] }, default);
        await Store.WriteAsync(Rows.Write(Symbol, 1, ListedMarket.Minutes(Market, Rows.Minutes(0, 58)), Rows.Covered(0, 58, CandleSource.ProvenTrades, CoverageGrade.Proven)), default);
        var source = new ListedMarket(_clock, fewer);
        var report = await Verifier(source).VerifyAsync(Symbol);

        await Verifier(source).RepairAsync(report, source);

        (await Verifier(source).VerifyAsync(Symbol)).Verdict.ShouldBe(Verdict.Damaged);
        using var candles = await Store.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, 58), default);
        candles.Rows().ShouldBe(ListedMarket.Minutes(Market, Rows.Minutes(0, 58)));
    }

    [Fact]
    public async Task Proven_candles_without_proven_trades_are_damage()
    {
        var rows = ListedMarket.Minutes(Market, Rows.Minutes(0, 30));
        await Store.WriteAsync(Rows.Write(Symbol, 1, rows, Rows.Covered(0, 30, CandleSource.ProvenTrades, CoverageGrade.Proven)), default);

        var report = await VerifyAsync();
        report.Findings.Select(finding => finding.Check).Distinct().ShouldBe(["coverage"]);

        await Verifier().RepairAsync(report, _market);
        await ShouldBeProvenAsync();
    }

    private StoreVerifier Verifier(ListedMarket? market = null) => new(Store, market ?? _market, _clock);

    private async Task ShouldBeProvenAsync()
    {
        var report = await VerifyAsync();
        report.Verdict.ShouldBe(Verdict.Proven, string.Join(Environment.NewLine, report.Findings.Select(finding => finding.Message)));
    }

    private Task<VerificationReport> VerifyAsync() => Verifier().VerifyAsync(Symbol);

    private async Task BackfillAsync(ListedMarket? market = null) =>
        await new KrakenTradesBackfill(Store, market ?? _market, new KrakenTradesBackfillOptions { TimeProvider = _clock }).BackfillSymbolAsync(Symbol);
}
