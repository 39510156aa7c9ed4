using System.Globalization;
using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

public sealed class TimeAndSalesTests : IDisposable
{
    private const string Header = "Price,Volume,Timestamp,Type,Miscellaneous,Trade ID\n";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1704067201,90.540000,1.10448420\n", 1_704_067_201_000_000_000, 0)]
    [InlineData("1704067201.5,90.54,1.1044842\r\n", 1_704_067_201_500_000_000, 0)]
    [InlineData("1704067201.123456789,90.54,1.1044842", 1_704_067_201_123_456_789, 0)]
    [InlineData("1704067201.1234567899,90.54,1.1044842", 1_704_067_201_123_456_789, 0)]
    [InlineData(Header + "90.54,1.10448420,1704067201.123456,b,l,,4711\n", 1_704_067_201_123_456_000, 4711)]
    [InlineData("90.54,1.10448420,1704067201.123456,b,l,,4711\n", 1_704_067_201_123_456_000, 4711)]
    [InlineData("90.54,1.10448420,1704067201.123456,b,l,,0\n", 1_704_067_201_123_456_000, 0)]
    [InlineData("90.54,1.10448420,1704067201.123456,b,l,,\n", 1_704_067_201_123_456_000, 0)]
    [InlineData("90.54,1.10448420,1704067201.123456,b,l,,-1\n", 1_704_067_201_123_456_000, 0)]
    public void All_layouts_are_read(string text, long nanoseconds, long id)
    {
        var trade = Parse(text).Trades.ShouldHaveSingleItem();

        trade.Nanoseconds.ShouldBe(nanoseconds);
        trade.Price.ShouldBe(905_400_000_000);
        trade.Volume.ShouldBe(11_044_842_000);
        trade.Id.ShouldBe(id);
    }

    [Theory]
    [InlineData("s", "m", "", TradeSide.Sell, "market")]
    [InlineData("b", "l", "x,y", TradeSide.Buy, "limit")]
    [InlineData("b", "", "post", TradeSide.Buy, null)]
    [InlineData("B", "L", "", TradeSide.Buy, "limit")]
    [InlineData("S", "M", "", TradeSide.Sell, "market")]
    [InlineData("buy", "Market", "", TradeSide.Buy, "market")]
    [InlineData("SELL", "limit", "", TradeSide.Sell, "limit")]
    public void Side_type_and_flags_are_kept(string side, string type, string misc, TradeSide expectedSide, string? expectedType)
    {
        var quoted = misc.Contains(',', StringComparison.Ordinal) ? "xy" : misc;

        var trade = Parse($"1.0,1.0,1704067201.5,{side},{type},{quoted},1\n").Trades.ShouldHaveSingleItem();

        trade.Side.ShouldBe(expectedSide);
        trade.OrderType.ShouldBe(expectedType);
        trade.Misc.ShouldBe(quoted);
    }

    [Theory]
    [InlineData("1704067201,90.54", "expected 3 columns but found 2")]
    [InlineData("1704067201,0,1", "the price is not in (0, 10^8)")]
    [InlineData("1704067201,1,0", "the volume is not in (0, 10^18)")]
    [InlineData("1704067201,1,-1", "the volume is not in (0, 10^18)")]
    [InlineData("1704067201,1e8,1", "the price is not in (0, 10^8)")]
    [InlineData("1704067201,1000,1e16", "price times volume is not below 10^18")]
    [InlineData("17040672,1,1", "the timestamp '17040672' is not a number of seconds between 2009 and 2100")]
    [InlineData("1704067201,x,1", "the price 'x' is not a number")]
    public void A_row_that_cannot_be_taken_says_why(string line, string reason) =>
        Parse("1704067200,1,1\n" + line + "\n").Rejected.ShouldHaveSingleItem().ShouldBe(reason);

    [Theory]
    [InlineData("banana", "l", "the side 'banana' is neither b (buy) nor s (sell)")]
    [InlineData("sel", "l", "the side 'sel' is neither b (buy) nor s (sell)")]
    [InlineData("", "l", "the side '' is neither b (buy) nor s (sell)")]
    [InlineData("b", "stop-loss", "the order type 'stop-loss' is neither m (market) nor l (limit)")]
    [InlineData("b", "maker", "the order type 'maker' is neither m (market) nor l (limit)")]
    [InlineData("b", "lemon", "the order type 'lemon' is neither m (market) nor l (limit)")]
    public void A_side_or_type_that_is_only_like_a_known_one_is_rejected(string side, string type, string reason) =>
        Parse($"1.0,1.0,1704067201.5,b,l,,1\n1.0,1.0,1704067201.5,{side},{type},,2\n").Rejected.ShouldHaveSingleItem().ShouldBe(reason);

    [Fact]
    public async Task Equal_rows_are_separate_trades()
    {
        await using var store = new InMemoryMarketStore();
        var text = $"{CsvText.Start},100.0,1.5\n{CsvText.Start},100.0,1.5\n{CsvText.Start + 30},103.0,0.5\n{CsvText.Start + 59},99.0,0.25\n{CsvText.Start + 60},99.5,1\n";

        var file = await ImportAsync(store, text);

        file.Rows.ShouldBe(5);
        file.Inserted.ShouldBe(5);
        file.Candles.ShouldBe(2);
        file.IsTimeAndSales.ShouldBeTrue();
        using var candles = await ReadAsync(store);
        candles[0].ShouldBe(new CandleRow
        {
            Timestamp = CsvText.Start * 1_000_000,
            Open = Price(100),
            High = Price(103),
            Low = Price(99),
            Close = Price(99),
            Volume = FixedPoint.VolumeFromDecimal(3.75m),
            QuoteVolume = FixedPoint.VolumeFromDecimal(376.25m),
            TradeCount = 4,
            Vwap = FixedPoint.PriceFromDecimal(100.3333333333m),
            Source = CandleSource.TimeAndSales,
        });
        candles[1].Source.ShouldBe(CandleSource.TimeAndSalesEdge);
        (await CsvText.CoveredAsync(store, "BTC/USD", "candles_1m", Cancellation)).ShouldBe("0-1");
        (await store.GetCoverageAsync("BTC/USD", DataType.Trades, Cancellation)).Count.ShouldBe(0);
    }

    [Fact]
    public async Task Rows_count_by_what_became_of_their_minute()
    {
        await using var store = new InMemoryMarketStore();
        var text = string.Concat(Enumerable.Range(0, 10).Select(index => $"{CsvText.Start + (index * 25)},100.0,1.5\n"));
        await ImportAsync(store, text);

        (await ImportAsync(store, text)).Unchanged.ShouldBe(10);
        var changed = await ImportAsync(store, text + $"{CsvText.Start + 226},100.0,1\n{CsvText.Start + 240},100.0,1\n{CsvText.Start + 241},100.0,1\n");

        // Minutes 0 to 2 are the same, minute 3 has one row more than before and is no edge any more, minute 4 is new.
        (changed.Unchanged, changed.Conflicting, changed.Inserted).ShouldBe((8, 3, 2));
    }

    [Theory]
    [InlineData("no break", "0 30 60 100 130 180 200", "0-3", "SSSE")]
    [InlineData("the first minute is cut", "10 70 130 190", "1-3", "ESSE")]
    [InlineData("a rejected row without a time breaks from neighbour to neighbour", "0 30 60 ? 130 190 250", "0-1 3-4", "SEESE")]
    [InlineData("within one minute", "0 70 ? 100 130 190", "0-1 2-3", "SESE")]
    [InlineData("a rejected row with a time breaks its minute", "0 70 !130 190 250", "0-2 3-4", "SSSE")]
    [InlineData("in the minute of its neighbour", "0 70 !100 130 190", "0-1 2-3", "SESE")]
    [InlineData("both kinds", "0 70 !130 ? 190 250 310", "0-2 4-5", "SSESE")]
    [InlineData("before the first trade", "? 0 60 120", "1-2", "ESE")]
    [InlineData("behind the last", "0 60 120 !130 ?", "0-2", "SSE")]
    public async Task Only_minutes_wholly_inside_unbroken_rows_are_covered(string why, string rows, string covered, string sources)
    {
        var text = string.Concat(rows.Split(' ').Select(row => row switch
        {
            "?" => "no row\n",
            ['!', ..] => $"{CsvText.Start + int.Parse(row[1..], null)},-1,1\n",
            _ => $"{CsvText.Start + int.Parse(row, null)},1.0,1\n",
        }));
        for (var batchSize = 1; batchSize < 8; batchSize++)
        {
            await using var store = new InMemoryMarketStore();

            await ImportAsync(store, text, batchSize);

            (await CsvText.CoveredAsync(store, "BTC/USD", "candles_1m", Cancellation)).ShouldBe(covered, $"{why}, {batchSize}");
            using var candles = await ReadAsync(store);
            string.Concat(candles.Rows().Select(row => row.Source == CandleSource.TimeAndSales ? 'S' : 'E')).ShouldBe(sources, $"{why}, {batchSize}");
        }
    }

    [Theory]
    [InlineData("no break", "1@0 2@30 3@60 4@100 5@130", "0-2", "0-2.1667 1..4", 5)]
    [InlineData("missing ids", "1@0 2@30 5@90 6@130 7@190", "2-3", "0-0.5 1..1, 1.5-3.1667 6..6", 5)]
    [InlineData("a row without id", "1@0 2@60 0@90 4@130 5@190 6@250", "0-4", "0-1 1..1, 2.1667-4.1667 5..5", 5)]
    [InlineData("a rejected row takes its id with it", "1@0 2@70 !130 4@190 5@250 6@310", "0-2 3-5", "0-2 1..2, 3-5.1667 4..5", 5)]
    public async Task Trades_are_covered_where_their_ids_are_contiguous(string why, string rows, string minutes, string trades, int stored)
    {
        var text = Header + string.Concat(rows.Split(' ').Select(row => row[0] == '!'
            ? $"-1,1.0,{CsvText.Start + int.Parse(row[1..], null)}.0,b,l,,77\n"
            : row.Split('@') is [var id, var at] ? $"1.0,1.0,{CsvText.Start + int.Parse(at, null)}.000000,b,l,,{id}\n" : ""));
        for (var batchSize = 1; batchSize < 8; batchSize++)
        {
            await using var store = new InMemoryMarketStore();

            var file = await ImportAsync(store, text, batchSize);

            (await CsvText.CoveredAsync(store, "BTC/USD", "candles_1m", Cancellation)).ShouldBe(minutes, $"{why}, {batchSize}");
            var ranges = await store.GetCoverageAsync("BTC/USD", DataType.Trades, Cancellation);
            string.Join(", ", ranges.Select(range => FormattableString.Invariant($"{Minutes(range.Range.Start)}-{Minutes(range.Range.End)} {range.FirstTradeId}..{range.LastTradeId}")))
                .ShouldBe(trades, $"{why}, {batchSize}");
            (await store.GetStatusAsync(Cancellation)).Trades.ShouldBe(stored);
            (file.Inserted + file.Rejected).ShouldBe(file.Rows);
        }

        static string Minutes(DateTimeOffset time) => ((decimal)(time - DateTimeOffset.FromUnixTimeSeconds(CsvText.Start)).Ticks / TimeSpan.TicksPerMinute).ToString("0.####", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_killed_import_goes_on_to_the_result_of_an_undisturbed_one()
    {
        var text = Header + string.Concat(Enumerable.Range(1, 40).Select(id => id switch
        {
            7 or 8 => "",
            15 => "no row\n",
            22 => $"-1,1.0,{CsvText.Start + (id * 13)}.5,b,l,,22\n",
            30 => $"1.0,1.0,{CsvText.Start + (id * 13)}.5,b,l,,0\n",
            _ => $"{id}.25,0.125,{CsvText.Start + (id * 13)}.{id:000000},{(id % 2 == 0 ? 'b' : 's')},m,,{id}\n",
        }));
        for (var batchSize = 1; batchSize < 12; batchSize += 3)
        {
            await using var undisturbed = new InMemoryMarketStore();
            var whole = await ImportAsync(undisturbed, text, batchSize, "whole");
            for (var writes = 1; writes < 10; writes++)
            {
                await using var store = new InMemoryMarketStore();
                try
                {
                    await ImportAsync(new StoppingStore(store, writes), text, batchSize, $"{batchSize}-{writes}");
                }
                catch (MarketStoreException)
                {
                }

                var rest = await ImportAsync(store, text: null, batchSize, $"{batchSize}-{writes}");

                (await CsvText.DumpAsync(store, Cancellation)).ShouldBe(await CsvText.DumpAsync(undisturbed, Cancellation), $"killed after {writes} writes of {batchSize}");
                (rest.Rows, rest.Rejected, rest.Candles, rest.Inserted + rest.Unchanged).ShouldBe((whole.Rows, whole.Rejected, whole.Candles, whole.Inserted));
                (await File.ReadAllTextAsync(rest.RejectedFile!, Cancellation)).ShouldBe(await File.ReadAllTextAsync(whole.RejectedFile!, Cancellation));
            }
        }
    }

    [Fact]
    public async Task A_file_out_of_order_gives_the_same_store_as_one_in_order()
    {
        var lines = Enumerable.Range(1, 30).Select(id => $"{id}.5,0.25,{CsvText.Start + (id * 17)}.000001,s,l,,{id}\n").ToArray();
        await using var ordered = new InMemoryMarketStore();
        await ImportAsync(ordered, string.Concat(lines), name: "ordered");
        await using var store = new InMemoryMarketStore();

        var file = await ImportAsync(store, string.Concat(lines.Reverse()) + lines[4], batchSize: 5);

        (await CsvText.DumpAsync(store, Cancellation)).ShouldBe(await CsvText.DumpAsync(ordered, Cancellation));
        (file.Inserted, file.Unchanged).ShouldBe((30, 1));
    }

    [Theory]
    [InlineData("1@0 2@30 2@30 3@60", true)]
    [InlineData("1@0 2@30 2@30 2@30 3@30 3@90", true)]
    [InlineData("1@30 2@30 0@30 0@30 3@30", true)]
    [InlineData("1@0 2@30 3@60 2@90", false)]
    [InlineData("1@0 2@60 3@30", false)]
    [InlineData("1@0 2@30 0@30 2@30 3@60", false)]
    [InlineData("0@60 0@30", false)]
    public void Only_a_step_back_sends_a_file_into_memory(string rows, bool streams)
    {
        var path = CsvText.Write(_folder, "XBTUSD.csv", Header + Rows(rows));

        TimeAndSalesSorted.IsNotNeeded(CsvSource.OfFile(path, "XBTUSD.csv"), Cancellation).ShouldBe(streams);
    }

    [Theory]
    [InlineData("1@0 2@70 2@70 3@130 4@190", 4, 1)]
    [InlineData("1@0 2@59 2@59 2@59 3@130 4@130 4@130 5@190 5@190", 5, 4)]
    public async Task A_repeated_id_is_one_trade_and_breaks_nothing(string rows, int inserted, int unchanged)
    {
        await using var once = new InMemoryMarketStore();
        await ImportAsync(once, Header + Rows(string.Join(' ', rows.Split(' ').Distinct(StringComparer.Ordinal))), name: "once");
        for (var batchSize = 1; batchSize < 6; batchSize++)
        {
            await using var store = new InMemoryMarketStore();

            var file = await ImportAsync(store, Header + Rows(rows), batchSize);

            (file.Inserted, file.Unchanged).ShouldBe((inserted, unchanged));
            (await CsvText.DumpAsync(store, Cancellation)).ShouldBe(await CsvText.DumpAsync(once, Cancellation), $"batch size {batchSize}");
        }
    }

    [Fact]
    public void Rejected_rows_of_a_file_out_of_order_do_not_pile_up()
    {
        var text = string.Concat(Enumerable.Range(0, 25_000).Select(row => $"{CsvText.Start - (row * 60)},1.0,1\nno row\n"));
        var path = CsvText.Write(_folder, "XBTUSD.csv", text);
        using var pieces = new TimeAndSalesSorted(CsvSource.OfFile(path, "XBTUSD.csv"), batchSize: 10_000);

        var all = CsvText.Pieces(pieces, Cancellation);

        all.Select(piece => piece.Rejected.Count).Max().ShouldBeLessThanOrEqualTo(10_000);
        all.Sum(piece => piece.Rejected.Count).ShouldBe(25_000);
        all.Sum(piece => piece.Candles?.Count ?? 0).ShouldBe(25_000);
        all.SelectMany(piece => piece.Covered).ShouldBeEmpty();
        all.Select(piece => piece.Rows).ShouldBeInOrder();
    }

    [Fact]
    public void A_file_out_of_order_that_is_too_large_for_memory_says_so()
    {
        var path = CsvText.Write(_folder, "XBTUSD.csv", Rows("3@70 2@30 1@0"));
        using var pieces = new TimeAndSalesSorted(CsvSource.OfFile(path, "XBTUSD.csv"), batchSize: 10, rowsMax: 2);

        Should.Throw<ImportException>(() => pieces.Next(Cancellation)).Message.ShouldContain("Sort it by time");
    }

    [Fact]
    public void Damaged_text_never_crashes()
    {
        var original = Encoding.ASCII.GetBytes(Header + string.Concat(Enumerable.Range(1, 10).Select(id => $"{id}.5,0.25,{CsvText.Start + (id * 17)}.000001,s,l,,{id}\n")));
        Prop.ForAll(
            Gen.Choose(0, original.Length - 1).SelectMany(at => Gen.Choose(0, 255), (at, value) => (at, value)).ArrayOf().ToArbitrary(),
            changes =>
            {
                var bytes = (byte[])original.Clone();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = (byte)value;
                }

                try
                {
                    Parse(bytes).Trades.All(trade => (trade.ToRow() with { Id = 1 }).Fault() is null).ShouldBeTrue();
                }
                catch (ImportException exception)
                {
                    exception.Message.ShouldNotBeEmpty();
                }
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Minutes_equal_those_added_up_by_hand()
    {
        var random = new Random(7);
        var second = CsvText.Start;
        var trades = Enumerable.Range(0, 2000).Select(_ => (Second: second += random.Next(0, 9), Price: random.Next(1, 1_000_000) / 100m, Volume: random.NextInt64(1, 100_000_000_000) / 100_000_000m)).ToList();
        await using var store = new InMemoryMarketStore();

        await ImportAsync(store, string.Concat(trades.Select(trade => string.Create(CultureInfo.InvariantCulture, $"{trade.Second},{trade.Price},{trade.Volume}\n"))), batchSize: 97);

        using var candles = await ReadAsync(store);
        var minutes = trades.GroupBy(trade => trade.Second / 60 * 60).ToList();
        candles.Count.ShouldBe(minutes.Count);
        for (var index = 0; index < minutes.Count; index++)
        {
            var (row, minute) = (candles[index], minutes[index].ToList());
            row.Timestamp.ShouldBe(minutes[index].Key * 1_000_000);
            FixedPoint.ToDecimal(row.Open).ShouldBe(minute[0].Price);
            FixedPoint.ToDecimal(row.High).ShouldBe(minute.Max(trade => trade.Price));
            FixedPoint.ToDecimal(row.Low).ShouldBe(minute.Min(trade => trade.Price));
            FixedPoint.ToDecimal(row.Close).ShouldBe(minute[^1].Price);
            FixedPoint.ToDecimal(row.Volume).ShouldBe(minute.Sum(trade => trade.Volume));
            FixedPoint.ToDecimal(row.QuoteVolume).ShouldBe(minute.Sum(trade => trade.Price * trade.Volume));
            row.Vwap.ShouldBe(TradeValue.AveragePrice(
                minute.Aggregate(BigInteger.Zero, (sum, trade) => sum + ((BigInteger)Price(trade.Price) * FixedPoint.VolumeFromDecimal(trade.Volume))), row.Volume)!.Value);
            row.TradeCount.ShouldBe(minute.Count);
        }
    }

    private static string Rows(string rows) => string.Concat(rows.Split(' ').Select(row =>
        row.Split('@') is [var id, var at] ? $"1.5,1.0,{CsvText.Start + int.Parse(at, null)}.000000,b,l,,{id}\n" : ""));

    private static long Price(decimal price) => FixedPoint.PriceFromDecimal(price);

    private static (List<TradeText> Trades, List<string> Rejected) Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    private static (List<TradeText> Trades, List<string> Rejected) Parse(byte[] text)
    {
        var parser = new TimeAndSalesParser("test.csv");
        var trades = new List<TradeText>();
        var rejected = new List<string>();
        using var blocks = CsvText.Blocks(text, chunk: 50);
        while (blocks.Fill())
        {
            switch (parser.Read(blocks.Lines, trades.Count + rejected.Count == 0, out var trade, out var length))
            {
                case LineOutcome.Trade:
                    trades.Add(trade);
                    break;
                case LineOutcome.Rejected:
                    rejected.Add(parser.Reason);
                    break;
            }

            blocks.Advance(length);
        }

        return (trades, rejected);
    }

    private static Task<CandleBatch> ReadAsync(IMarketStore store) =>
        store.ReadCandlesAsync("BTC/USD", Interval.Minute, Interval.Minute, new TimeRange(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100)), Cancellation);

    private async Task<ImportedFile> ImportAsync(IMarketStore store, string? text, int batchSize = 1000, string name = "")
    {
        var path = text is null ? _folder[$"{name}/XBTUSD.csv"] : CsvText.Write(_folder, $"{name}/XBTUSD.csv".TrimStart('/'), text);
        return await new BulkCsvImporter(store, new() { BatchSize = batchSize }).ImportCsvFileAsync(path, cancellationToken: Cancellation);
    }
}
