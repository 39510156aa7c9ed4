using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>What ids prove, in whatever order trades come: never more than is stored, and in the end everything.</summary>
public sealed class TradeChainTests
{
    private const string Symbol = "BTC/USD";

    [Fact]
    public void Ids_that_follow_one_another_prove_the_time_between_them()
    {
        var step = TradeChain.Empty.After(Batch(Rows.Trade(7, 1), Rows.Trade(8, 5), Rows.Trade(9, 5), Rows.Trade(10, 9)));

        var proven = step.Proven.ShouldHaveSingleItem();
        proven.Range.ShouldBe(new TimeRange(Rows.Start.AddSeconds(1).AddMicroseconds(1), Rows.Start.AddSeconds(9)));
        (proven.FirstTradeId, proven.LastTradeId, proven.Grade).ShouldBe((8, 9, CoverageGrade.Proven));
    }

    [Fact]
    public void A_single_trade_proves_nothing() => TradeChain.Empty.After(Batch(Rows.Trade(7, 1))).Proven.ShouldBeEmpty();

    [Fact]
    public void A_missing_id_is_a_hole_and_a_late_trade_fills_it()
    {
        var chain = TradeChain.Empty.After(Batch(Rows.Trade(1, 1), Rows.Trade(2, 2), Rows.Trade(4, 10), Rows.Trade(5, 12))).Chain;

        var hole = chain.Holes().ShouldHaveSingleItem();
        (hole.FirstMissing, hole.LastMissing, hole.LastIdBefore).ShouldBe((3, 3, 1));
        var step = chain.After(Batch(Rows.Trade(3, 6)));

        step.Chain.Holes().ShouldBeEmpty();
        step.Proven.ShouldHaveSingleItem().Range.ShouldBe(new TimeRange(Rows.Start.AddSeconds(2), Rows.Start.AddSeconds(12)));
    }

    [Fact]
    public void What_a_fill_has_proven_joins_with_the_next_id()
    {
        var live = TradeChain.Empty.After(Batch(Rows.Trade(11, 100), Rows.Trade(12, 130))).Chain;
        var coverage = CoverageSet.Of([Rows.Covered(0, 1, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 10)]);

        var step = live.Learn(coverage);

        step.Chain.Runs.ShouldHaveSingleItem().ShouldBe(new TradeRun(1, 12, UnixTime.Microseconds(Rows.Start), UnixTime.Microseconds(Rows.Start.AddSeconds(130)), 11));
        step.Proven.ShouldHaveSingleItem().Range.ShouldBe(new TimeRange(Rows.Start.AddMinutes(1), Rows.Start.AddSeconds(130)));
        step.Proven[0].FirstTradeId.ShouldBe(11);
    }

    [Fact]
    public void A_fill_that_stops_short_leaves_the_hole()
    {
        var live = TradeChain.Empty.After(Batch(Rows.Trade(12, 100), Rows.Trade(13, 130))).Chain;

        var step = live.Learn(CoverageSet.Of([Rows.Covered(0, 1, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 10)]));

        step.Proven.ShouldBeEmpty();
        step.Chain.Holes().ShouldHaveSingleItem().FirstMissing.ShouldBe(11);
    }

    [Fact]
    public void A_quiet_stretch_that_REST_proved_is_kept()
    {
        var chain = TradeChain.Empty.Learn(CoverageSet.Of([Rows.Covered(0, 10, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 10)])).Chain;

        var step = chain.After(Batch(Rows.Trade(11, 700)));

        step.Proven.ShouldHaveSingleItem().Range.ShouldBe(new TimeRange(Rows.Start.AddMinutes(10), Rows.Start.AddSeconds(700)));
        step.Proven[0].LastTradeId.ShouldBe(10);
    }

    [Fact]
    public void In_any_order_and_with_repetitions_nothing_is_claimed_that_is_not_stored_and_in_the_end_everything_is() =>
        Prop.ForAll(Gen.Choose(1, int.MaxValue).ToArbitrary(), Holds).QuickCheckThrowOnFailure();

    private static void Holds(int seed)
    {
        var random = new Random(seed);
        var time = 0m;
        var market = Enumerable.Range(1, random.Next(2, 60)).Select(id => Rows.Trade(id, time += random.Next(4) * 7.5m)).ToList();
        var order = market.Concat(market.Where(_ => random.Next(5) == 0)).OrderBy(_ => random.Next(3) == 0 ? random.Next(60) : 0).ToList();
        var memory = new InMemoryMarketStore(new ManualClock(Rows.Start.AddDays(1)));
        IMarketStore store = memory;
        var stored = new HashSet<long>();
        var chain = TradeChain.Empty;
        for (var at = 0; at < order.Count;)
        {
            var size = Math.Min(order.Count - at, random.Next(1, 12));
            var (batch, _, _) = TradeMerge.Order(TradeBatch.FromRows(order.GetRange(at, size)));
            at += size;
            var step = chain.After(batch);
            stored.UnionWith(batch.Rows().Select(row => row.Id));
            store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = batch, Covered = [.. step.Proven.Select(range => (DataType.Trades, range))], RebuildMinutes = step.Minutes }, default).GetAwaiter().GetResult();
            chain = step.Chain;
            var coverage = store.GetCoverageAsync(Symbol, DataType.Trades).GetAwaiter().GetResult();
            market.Where(row => !stored.Contains(row.Id) && coverage.Covers(row.TimestampMicroseconds, row.TimestampMicroseconds + 1)).ShouldBeEmpty();
            if (random.Next(6) == 0)
            {
                // A restart.
                chain = TradeChain.Empty.Learn(coverage).Chain;
            }

            foreach (var range in coverage)
            {
                var inside = market.Where(row => row.TimestampMicroseconds >= range.Range.StartMicroseconds && row.TimestampMicroseconds < range.Range.EndMicroseconds).ToList();
                if (inside.Count > 0)
                {
                    (range.FirstTradeId ?? inside[0].Id, range.LastTradeId).ShouldBe((inside[0].Id, inside[^1].Id));
                }
            }
        }

        // After restarts some ids are known only to the table: a second delivery joins them.
        var last = chain.After(TradeBatch.FromRows(market));
        store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows(market), Covered = [.. last.Proven.Select(range => (DataType.Trades, range))], RebuildMinutes = last.Minutes }, default).GetAwaiter().GetResult();
        var all = store.GetCoverageAsync(Symbol, DataType.Trades).GetAwaiter().GetResult();
        all.Covers(market[0].TimestampMicroseconds + 1, Math.Max(market[0].TimestampMicroseconds + 1, market[^1].TimestampMicroseconds)).ShouldBeTrue();
        using var candles = store.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, 2000), default).GetAwaiter().GetResult();
        var whole = store.GetCoverageAsync(Symbol, "candles_1m").GetAwaiter().GetResult();
        candles.Rows().ShouldBe(whole.SelectMany(range => Ingestion.ListedMarket.Minutes(market, range.Range)));
    }

    private static TradeBatch Batch(params TradeRow[] rows) => TradeBatch.FromRows(rows);
}
