using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>Minutes from stored trades, the cursor of their fetch, ids that were not shown.</summary>
public abstract partial class MarketStoreContract
{
    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(1000)]
    public async Task Pages_of_trades_have_each_once_in_the_order_of_their_ids_also_where_times_do_not_rise_with_them(int pageSize)
    {
        // Many of one time, and some that happened minutes before or after their neighbours.
        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([.. Enumerable.Range(1, 1_000).Select(id => Rows.Trade(id, (id / 9 * 4) + (id * 7919 % 200)))]) }, default);

        var ids = new List<long>();
        await foreach (var page in TradePages.ReadAsync(Store, Symbol, Rows.Minutes(0, 60), pageSize, default))
        {
            page.Count.ShouldBeLessThanOrEqualTo(pageSize);
            ids.AddRange(page.Id.Take(page.Count));
        }

        ids.ShouldBe(Enumerable.Range(1, 1_000).Select(id => (long)id));
    }

    [Fact]
    public async Task A_minute_over_two_pages_is_built_from_all_its_trades_and_only_once()
    {
        TradeRow[] trades = [Rows.Trade(1, 5, 100, 1), Rows.Trade(2, 50, 102, 2), Rows.Trade(3, 70, 99, 3), Rows.Trade(4, 110, 101, 4), Rows.Trade(5, 130, 98, 5)];

        var first = await Store.WriteAsync(Page(trades[..3], 0, 70), default);
        first.ShouldBe(new StoreReceipt { TradesInserted = 3, CandlesInserted = 1 });
        (await ReadAsync(0, 10)).Count.ShouldBe(1, "the second minute may have more trades");

        var second = await Store.WriteAsync(Page(trades[2..], 70, 130), default);
        second.ShouldBe(new StoreReceipt { TradesInserted = 2, TradesUnchanged = 1, CandlesInserted = 1 });
        CandleRow[] expected =
        [
            Rows.Candle(0, 100, 102, 100, 102, volume: 3, quoteVolume: 304, count: 2, vwap: 101.3333333333m, source: CandleSource.ProvenTrades),
            Rows.Candle(1, 99, 101, 99, 101, volume: 7, quoteVolume: 701, count: 2, vwap: 100.1428571429m, source: CandleSource.ProvenTrades),
        ];
        (await ReadAsync(0, 10)).ShouldBe(expected);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 2, CandleSource.ProvenTrades, CoverageGrade.Proven)]);

        var again = await Store.WriteAsync(Page(trades, 0, 130), default);
        again.ShouldBe(new StoreReceipt { TradesUnchanged = 5, CandlesUnchanged = 2 });
        (await ReadAsync(0, 10)).ShouldBe(expected);
    }

    [Fact]
    public async Task No_minute_is_built_where_proven_coverage_does_not_contain_all_of_it()
    {
        var claimed = Page([Rows.Trade(1, 5), Rows.Trade(2, 65)], 0, 120) with
        {
            Covered = [(DataType.Trades, Rows.Covered(0, 2, CandleSource.TimeAndSales))],
        };

        (await Store.WriteAsync(claimed, default)).CandlesInserted.ShouldBe(0);
        (await Store.WriteAsync(Page([Rows.Trade(3, 130)], 121, 179), default)).CandlesInserted.ShouldBe(0);
        (await Store.WriteAsync(Page([Rows.Trade(4, 185)], 179, 240), default)).CandlesInserted.ShouldBe(1);

        (await ReadAsync(0, 10)).Single().Timestamp.ShouldBe(Rows.Candle(3).Timestamp);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Range.ShouldBe(Rows.Minutes(3, 4));
    }

    [Fact]
    public async Task A_quiet_minute_in_proven_coverage_is_covered_without_a_row()
    {
        await Store.WriteAsync(Page([Rows.Trade(1, 5), Rows.Trade(2, 305)], 0, 305), default);

        (await ReadAsync(0, 10)).Count.ShouldBe(1);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Range.ShouldBe(Rows.Minutes(0, 5));
    }

    [Fact]
    public async Task Candles_of_stored_trades_can_be_built_later()
    {
        await Store.WriteAsync(Page([Rows.Trade(1, 5), Rows.Trade(2, 65), Rows.Trade(3, 125)], 0, 125) with { RebuildMinutes = [] }, default);
        (await ReadAsync(0, 10)).ShouldBeEmpty();

        var receipt = await Store.WriteAsync(new StoreWrite { Symbol = Symbol, RebuildMinutes = [Rows.Minutes(0, 10)] }, default);

        receipt.ShouldBe(new StoreReceipt { CandlesInserted = 2 });
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Range.ShouldBe(Rows.Minutes(0, 2));
    }

    [Fact]
    public async Task Candles_from_proven_trades_take_the_place_of_claimed_ones()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(0, 77, count: 99)], Rows.Covered(0, 1)), default);

        var receipt = await Store.WriteAsync(Page([Rows.Trade(1, 5), Rows.Trade(2, 65)], 0, 65), default);

        receipt.CandlesConflicting.ShouldBe(1);
        (await ReadAsync(0, 1)).Single().Source.ShouldBe(CandleSource.ProvenTrades);
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Grade.ShouldBe(CoverageGrade.Proven);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_files_candle_in_a_minute_proven_to_be_quiet_is_not_stored_in_either_order(bool fileComesFirst)
    {
        var file = Rows.Write(Symbol, 1, [Rows.Candle(0, 100, 100, 100, 100), Rows.Candle(2, 77), Rows.Candle(9, 78)], Rows.Covered(0, 9));
        var page = Page([Rows.Trade(1, 5), Rows.Trade(2, 305)], 0, 305);

        var first = await Store.WriteAsync(fileComesFirst ? file : page, default);
        var second = await Store.WriteAsync(fileComesFirst ? page : file, default);

        (first.CandlesRemoved, second.CandlesRemoved, second.CandlesConflicting).ShouldBe(fileComesFirst ? (0, 1, 1) : (0, 0, 2));
        (await ReadAsync(0, 10)).ShouldBe([Rows.Candle(0, quoteVolume: 100, vwap: 100, source: CandleSource.ProvenTrades), Rows.Candle(9, 78)]);
        var status = (await Store.GetSyncStatusAsync(Symbol)).Single(row => row.DataType == "candles_1m");
        (status.TotalRecords, status.OldestTimestamp, status.NewestTimestamp).ShouldBe((2, Rows.Start, Rows.Start.AddMinutes(9)));
        (await Store.GetStatusAsync()).Candles.ShouldBe(2);
    }

    [Fact]
    public async Task A_minute_that_is_built_again_holds_what_its_trades_make_and_nothing_else()
    {
        TradeRow[] trades = [Rows.Trade(1, 5), Rows.Trade(2, 65), Rows.Trade(3, 185), Rows.Trade(4, 245)];
        await Store.WriteAsync(Page(trades, 0, 245), default);
        var right = await ReadAsync(0, 10);
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(1, 100, count: 99, source: CandleSource.ProvenTrades), Rows.Candle(2, 100, source: CandleSource.ProvenTrades)]), default);
        (await ReadAsync(0, 10)).Count.ShouldBe(right.Count + 1);

        var receipt = await Store.WriteAsync(new StoreWrite { Symbol = Symbol, RebuildMinutes = [Rows.Minutes(0, 4)] }, default);

        receipt.ShouldBe(new StoreReceipt { CandlesUnchanged = 2, CandlesConflicting = 1, CandlesRemoved = 1 });
        (await ReadAsync(0, 10)).ShouldBe(right);
        (await Store.GetSyncStatusAsync(Symbol)).Single(row => row.DataType == "candles_1m").TotalRecords.ShouldBe(3);
    }

    [Fact]
    public async Task Nothing_is_left_of_a_files_candles_where_nothing_was_traded()
    {
        await Store.WriteAsync(Rows.Write(Symbol, 1, [Rows.Candle(2, 77)], Rows.Covered(2, 3)), default);
        var quiet = Rows.Covered(0, 5, CandleSource.ProvenTrades, CoverageGrade.Proven);

        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Covered = [(DataType.Trades, quiet)], RebuildMinutes = [quiet.Range] }, default);

        (await ReadAsync(0, 10)).ShouldBeEmpty();
        (await Store.GetSyncStatusAsync(Symbol)).ShouldBeEmpty();
        (await Store.GetCoverageAsync(Symbol, "candles_1m")).Single().Grade.ShouldBe(CoverageGrade.Proven);
    }

    [Fact]
    public async Task The_cursor_of_the_newest_reply_stays_unchanged_text()
    {
        await Store.WriteAsync(Page([Rows.Trade(1, 5)], 0, 5) with { LastKrakenSince = "1762820035982277754" }, default);
        await Store.WriteAsync(Page([Rows.Trade(2, 3)], 0, 3) with { LastKrakenSince = "999999999999999999" }, default);
        (await Cursor()).ShouldBe("1762820035982277754");

        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, LastKrakenSince = "1762820035982277755" }, default);
        (await Cursor()).ShouldBe("1762820035982277755");

        async Task<string?> Cursor() => (await Store.GetSyncStatusAsync(Symbol)).Single(row => row.DataType == DataType.Trades).LastKrakenSince;
    }

    [Fact]
    public async Task Ids_that_were_not_shown_are_kept_until_they_are()
    {
        AbsentTradeIds[] seen = [Absent(3, 4), Absent(8, 8)];
        await Store.WriteAsync(Page([Rows.Trade(2, 5), Rows.Trade(5, 6)], 0, 5) with { Absent = seen }, default);
        (await Store.GetAbsentTradeIdsAsync(Symbol)).ShouldBe(seen);

        await Store.WriteAsync(new StoreWrite { Symbol = Symbol, Absent = [Absent(8, 8) with { Confirmed = true }] }, default);
        await Store.WriteAsync(Page([Rows.Trade(4, 5.5m)], 0, 5), default);

        (await Store.GetAbsentTradeIdsAsync(Symbol)).ShouldBe([Absent(8, 8) with { Confirmed = true }]);
        (await Store.GetAbsentTradeIdsAsync("ETH/USD")).ShouldBeEmpty();

        AbsentTradeIds Absent(long first, long last) => new() { FirstId = first, LastId = last, FirstSeen = Rows.Start, Confirmed = false };
    }

    // A page of a REST reply: its trades, and what it proves, in seconds.
    private static StoreWrite Page(TradeRow[] trades, int from, int to)
    {
        var range = new TimeRange(Rows.Start.AddSeconds(from), Rows.Start.AddSeconds(to));
        return new StoreWrite
        {
            Symbol = Symbol,
            Trades = TradeBatch.FromRows(trades),
            Covered = [(DataType.Trades, new CoverageRange { Range = range, Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven, FirstTradeId = trades[0].Id, LastTradeId = trades[^1].Id })],
            RebuildMinutes = [range],
        };
    }
}
