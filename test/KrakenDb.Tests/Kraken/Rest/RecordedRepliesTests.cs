using System.Text.Json;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.Rest;

/// <summary>Real replies of the exchange, to the last digit.</summary>
public sealed class RecordedRepliesTests
{
    private const string Symbol = "BTC/USDT";

    [Fact]
    public async Task A_real_page_of_trades_is_read_to_the_last_digit()
    {
        var page = await TradesAsync();

        page.Rows.ShouldBe(1000);
        page.Last.ShouldBe("1762820035982277754");
        (page.WithoutId, page.Rejected, page.Repeated).ShouldBe((0, 0, 0));
        page.Trades.Id[..1000].ShouldBe(Enumerable.Range(10218208, 1000).Select(id => (long)id));
        page.Trades[0].ShouldBe(new TradeRow
        {
            Id = 10218208,
            TimestampNanoseconds = 1_762_795_433_971_744_500,
            Price = 1_054_336_000_000_000,
            Volume = 2_762_500,
            Side = TradeSide.Buy,
            OrderType = "limit",
            Misc = "",
        });

        // The same bytes read with System.Text.Json's own decimals.
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Required.SharedData(), "rest", "nautilus_http_trades.json")));
        var index = 0;
        foreach (var row in document.RootElement.GetProperty("result").GetProperty("XBTUSDT").EnumerateArray())
        {
            var trade = page.Trades[index++].ToTrade(Symbol);
            trade.Price.ShouldBe(decimal.Parse(row[0].GetString()!));
            trade.Volume.ShouldBe(decimal.Parse(row[1].GetString()!));
            trade.TimestampNanoseconds.ShouldBe((long)(row[2].GetDecimal() * 1_000_000_000m));
            trade.Side.ShouldBe(row[3].GetString() == "b" ? TradeSide.Buy : TradeSide.Sell);
            trade.OrderType.ShouldBe(row[4].GetString() == "m" ? "market" : "limit");
        }
    }

    [Fact]
    public async Task Candles_rebuilt_from_the_trades_are_the_exchanges_own()
    {
        var trades = (await TradesAsync()).Trades;
        using var exchange = new RecordedExchange(RecordedExchange.File("nautilus_http_ohlc.json")).Connect();
        var page = await ((ICandleSource)exchange).ReadCandlesAsync(Symbol, 1, DateTimeOffset.UnixEpoch, default);
        using var candles = page.Candles;

        // The first minute is cut by the page. The last is whole: these were the newest trades, and the candles were asked for minutes later.
        var from = Interval.Minute.Ceiling((trades.TimestampNanoseconds[0] / 1000) + 1);
        var to = Interval.Minute.Ceiling(trades.TimestampNanoseconds[999] / 1000);
        var expected = candles.Rows().Where(row => row.Timestamp >= from && row.Timestamp < to).ToDictionary(row => row.Timestamp);
        var built = trades.Rows()
            .GroupBy(row => Interval.Minute.Floor(row.TimestampMicroseconds))
            .Where(minute => minute.Key >= from && minute.Key < to)
            .Select(minute => Build(minute.Key, minute))
            .ToDictionary(row => row.Timestamp);

        var minutes = 0;
        var quiet = 0;
        for (var minute = from; minute < to; minute += UnixTime.MicrosecondsPerMinute, minutes++)
        {
            if (!expected.TryGetValue(minute, out var theirs))
            {
                built.ContainsKey(minute).ShouldBeFalse();
                page.Covered.Contains(UnixTime.ToDateTimeOffset(minute)).ShouldBeTrue();
                quiet++;
                continue;
            }

            var ours = built[minute];
            (ours.Open, ours.High, ours.Low, ours.Close, ours.Volume, ours.TradeCount).ShouldBe((theirs.Open, theirs.High, theirs.Low, theirs.Close, theirs.Volume, theirs.TradeCount));

            // Kraken cuts the average to the pair's decimals: 1 for this one.
            (ours.Vwap / (FixedPoint.One / 10) * (FixedPoint.One / 10)).ShouldBe(theirs.Vwap);
        }

        (minutes, quiet).ShouldBe((410, 137));
    }

    [Fact]
    public async Task The_open_candle_is_dropped_and_flat_ones_are_covered_and_not_stored()
    {
        using var exchange = new RecordedExchange(RecordedExchange.File("nautilus_http_ohlc.json")).Connect();

        var page = await ((ICandleSource)exchange).ReadCandlesAsync(Symbol, 1, DateTimeOffset.UnixEpoch, default);

        (page.Candles.Count + page.Flat).ShouldBe(720);
        page.Covered.Start.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1762777020));
        page.Covered.End.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1762820220));
        page.Candles.Rows().ShouldAllBe(row => row.TradeCount > 0 && row.Source == CandleSource.RestOhlc);
        page.Candles.Dispose();
    }

    [Fact]
    public async Task The_time_the_status_and_the_book_are_read()
    {
        using var exchange = new RecordedExchange(
            RecordedExchange.File("nautilus_http_server_time.json"), RecordedExchange.File("nautilus_http_system_status.json"), RecordedExchange.File("nautilus_http_order_book.json")).Connect();

        (await exchange.GetTimeAsync()).ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1762820224));
        (await exchange.GetSystemStatusAsync()).ShouldBe(new KrakenSystemStatus("online", new DateTimeOffset(2025, 11, 11, 0, 17, 10, TimeSpan.Zero)));
        var depth = await exchange.GetDepthAsync("XBTUSDT", 10);
        depth.Asks[0].ShouldBe(new KrakenDepthLevel(105944.3m, 0.136m, DateTimeOffset.FromUnixTimeSeconds(1762820248)));
        depth.Asks.Select(level => level.Price).ShouldBeInOrder();
        depth.Bids.Select(level => level.Price).ShouldBeInOrder(SortDirection.Descending);
    }

    [Fact]
    public async Task A_real_list_of_pairs_gives_every_public_pair_its_names()
    {
        using var exchange = new RecordedExchange(RecordedExchange.File("cryptofeed_AssetPairs_2021-04-17.json"), RecordedExchange.File("nautilus_http_asset_pairs.json")).Connect();

        var pairs = await exchange.GetAssetPairsAsync();

        pairs.Count.ShouldBe(293);
        pairs.ShouldNotContain(pair => pair.Altname.EndsWith(".d"));
        pairs.Single(pair => pair.Symbol == "DOGE/BTC").ShouldBe(new Instrument
        {
            Symbol = "DOGE/BTC",
            Altname = "XDGXBT",
            RestKey = "XXDGXXBT",
            WsName = "XDG/XBT",
            PairDecimals = 8,
            LotDecimals = 8,
            OrderMin = 50,
        });
        (await exchange.GetAssetPairsAsync()).Single().ShouldBe(new Instrument
        {
            Symbol = Symbol,
            Altname = "XBTUSDT",
            RestKey = "XBTUSDT",
            WsName = "XBT/USDT",
            PairDecimals = 1,
            LotDecimals = 8,
            TickSize = 0.1m,
            OrderMin = 0.00005m,
            CostMin = 0.5m,
            Status = "online",
        });
    }

    [Fact]
    public async Task The_key_of_the_result_is_whatever_it_is()
    {
        // Transcribed replies to pair=XBTUSD, whose key is XXBTZUSD; one request a line.
        var lines = await File.ReadAllLinesAsync(Path.Combine(Required.SharedData(), "rest", "trades_since_count5_responses_2024-06.jsonl"));
        foreach (var line in lines)
        {
            using var document = JsonDocument.Parse(line);
            using var exchange = new RecordedExchange(RecordedExchange.Text(document.RootElement.GetProperty("response").GetRawText())).Connect();

            var page = await ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "0", default);

            page.Trades.Count.ShouldBe(5);
            page.Last!.Length.ShouldBe(19);
        }
    }

    private static async Task<TradesPage> TradesAsync()
    {
        using var exchange = new RecordedExchange(RecordedExchange.File("nautilus_http_trades.json")).Connect();
        return await ((ITradeSource)exchange).ReadTradesAsync(Symbol, "1762795433971744500", default);
    }

    private static CandleRow Build(long minute, IEnumerable<TradeRow> trades)
    {
        var builder = new MinuteBuilder(minute);
        foreach (var trade in trades)
        {
            builder.Add(trade.Price, trade.Volume);
        }

        return builder.Build(CandleSource.ProvenTrades);
    }
}
