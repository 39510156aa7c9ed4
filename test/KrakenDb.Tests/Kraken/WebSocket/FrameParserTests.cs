using System.Text;
using KrakenDb.Kraken;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.WebSocket;

public sealed class FrameParserTests
{
    private const string ThreeTrades =
        """
        {"channel":"trade","type":"update","data":[{"symbol":"BTC/USDT","side":"buy","price":118832.9,"qty":0.00409283,"ord_type":"market","trade_id":9622656,"timestamp":"2025-07-23T04:41:46.919844Z"},{"symbol":"BTC/USDT","side":"sell","price":118837.0,"qty":0.00033315,"ord_type":"limit","trade_id":9622657,"timestamp":"2025-07-23T04:41:46.919844Z"},{"symbol":"BTC/USDT","side":"buy","price":118837.5,"qty":0.07963402,"ord_type":"market","trade_id":9622658,"timestamp":"2025-07-23T04:41:46.919845Z"}]}
        """;

    [Fact]
    public void Several_trades_of_a_frame_come_together_and_exactly()
    {
        var seen = new SeenFrames().Read(ThreeTrades);

        seen.TradeCalls.ShouldBe(["BTC/USDT"]);
        seen.Trades[0].Trade.ShouldBe(new TradeRow
        {
            Id = 9622656,
            TimestampNanoseconds = 1753245706_919844000,
            Price = FixedPoint.PriceFromDecimal(118832.9m),
            Volume = FixedPoint.VolumeFromDecimal(0.00409283m),
            Side = TradeSide.Buy,
            OrderType = "market",
            Misc = "",
        });
        seen.Trades[1].Trade.Side.ShouldBe(TradeSide.Sell);
        seen.Trades[1].Trade.OrderType.ShouldBe("limit");
        seen.Trades.ShouldAllBe(trade => !trade.IsSnapshot);
    }

    [Theory]
    [InlineData("58033", "58033")]
    [InlineData("77120.0", "77120")]
    [InlineData("1E-7", "0.0000001")]
    [InlineData("1e-08", "0.00000001")]
    [InlineData("1E-10", "0.0000000001")]
    [InlineData("5.5E+2", "550")]
    [InlineData("\"77120.5\"", "77120.5")]
    [InlineData("0.0000000001", "0.0000000001")]
    [InlineData("99999999.9999999999", "99999999.9999999999")]
    public void Numbers_keep_their_digits(string wire, string value)
    {
        var expected = decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        var trade = new SeenFrames().Read(Trade(price: wire, quantity: wire)).Trades.ShouldHaveSingleItem().Trade;

        FixedPoint.ToDecimal(trade.Price).ShouldBe(expected);
        FixedPoint.ToDecimal(trade.Volume).ShouldBe(expected);
    }

    [Theory]
    [InlineData("2026-09-10T17:44:43.105760475Z", 1789062283_105760475)]
    [InlineData("2026-09-10T17:44:43.1057604759Z", 1789062283_105760475)]
    [InlineData("2026-09-10T17:44:43.1Z", 1789062283_100000000)]
    [InlineData("2026-09-10T17:44:43Z", 1789062283_000000000)]
    [InlineData("2024-02-29T23:59:59.999999999Z", 1709251199_999999999)]
    [InlineData("2016-12-31T23:59:60Z", 1483228800_000000000)]
    public void Times_keep_nine_digits(string wire, long nanoseconds) =>
        new SeenFrames().Read(Trade(time: wire)).Trades.ShouldHaveSingleItem().Trade.TimestampNanoseconds.ShouldBe(nanoseconds);

    [Fact]
    public void Times_of_every_day_are_those_of_the_calendar()
    {
        for (var day = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero); day.Year < 2105; day = day.AddDays(1).AddSeconds(7))
        {
            WireTime.TryNanoseconds(Encoding.ASCII.GetBytes(day.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture)), out var nanoseconds).ShouldBeTrue();
            nanoseconds.ShouldBe(day.ToUnixTimeSeconds() * 1_000_000_000);
        }
    }

    [Theory]
    [InlineData("0", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("-1", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("-1e30", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("1E-11", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("100000000", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("1e999999", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("null", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("[1]", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("\"much\"", "1", "1", "2025-07-23T04:41:46Z")]
    [InlineData("1", "0.00000000", "1", "2025-07-23T04:41:46Z")]
    [InlineData("1", "-0.5", "1", "2025-07-23T04:41:46Z")]
    [InlineData("1", "1e18", "1", "2025-07-23T04:41:46Z")]
    [InlineData("1", "1", "0", "2025-07-23T04:41:46Z")]
    [InlineData("1", "1", "-5", "2025-07-23T04:41:46Z")]
    [InlineData("1", "1", "1.5", "2025-07-23T04:41:46Z")]
    [InlineData("1", "1", "99999999999999999999999", "2025-07-23T04:41:46Z")]
    [InlineData("1", "1", "1", "2010-12-31T23:59:59.999999Z")]
    [InlineData("1", "1", "1", "2026-11-21T00:01:00.000001Z")]
    [InlineData("1", "1", "1", "2025-02-29T00:00:00Z")]
    [InlineData("1", "1", "1", "yesterday")]
    [InlineData("1", "1", "1", "2025-07-23T04:41:46.Z")]
    [InlineData("1", "1", "1", "2025-07-23T04:41:46+02:00")]
    public void What_cannot_be_is_rejected_and_the_rest_of_the_frame_stays(string price, string quantity, string id, string time)
    {
        var seen = new SeenFrames().Read(Frame(TradeText(price, quantity, id, time), TradeText("2", "3", "4", "2026-11-21T00:01:00Z")));

        seen.Counters.Rejected.ShouldBe(1);
        seen.Counters.Malformed.ShouldBe(0);
        seen.Trades.ShouldHaveSingleItem().Trade.Id.ShouldBe(4);
    }

    [Theory]
    [InlineData("symbol")]
    [InlineData("side")]
    [InlineData("price")]
    [InlineData("qty")]
    [InlineData("trade_id")]
    [InlineData("timestamp")]
    public void A_trade_without_one_of_its_fields_is_rejected(string field)
    {
        var seen = new SeenFrames().Read(Trade().Replace($"\"{field}\":", "\"other\":", StringComparison.Ordinal));

        seen.Counters.Rejected.ShouldBe(1);
        seen.Counters.UnknownFields.ShouldBe(1);
        seen.Trades.ShouldBeEmpty();
    }

    [Fact]
    public void Keys_may_stand_in_any_order() =>
        new SeenFrames().Read("""{"data":[{"timestamp":"2025-07-23T04:41:46.919844Z","trade_id":7,"qty":1,"price":2,"side":"sell","symbol":"BTC\/USD"}],"type":"snapshot","channel":"trade"}""")
            .Trades.ShouldHaveSingleItem().ShouldBe(("BTC/USD", new TradeRow
            {
                Id = 7,
                TimestampNanoseconds = 1753245706_919844000,
                Price = 2 * FixedPoint.One,
                Volume = FixedPoint.One,
                Side = TradeSide.Sell,
                OrderType = null,
                Misc = "",
            }, true));

    [Fact]
    public void Symbols_that_are_mixed_in_one_frame_are_told_apart()
    {
        var seen = new SeenFrames().Read(Frame(TradeText(id: "1"), TradeText(id: "2", symbol: "ETH/USD"), TradeText(id: "3"), TradeText(id: "4", symbol: "ETH/USD")));

        seen.TradeCalls.ShouldBe(["BTC/USD", "ETH/USD"]);
        seen.Trades.Select(trade => (trade.Symbol, trade.Trade.Id)).ShouldBe([("BTC/USD", 1), ("BTC/USD", 3), ("ETH/USD", 2), ("ETH/USD", 4)]);
    }

    [Fact]
    public void Fields_and_channels_that_nobody_knows_are_ignored_and_counted()
    {
        var seen = new SeenFrames().Read(
            Trade().Replace("\"side\"", "\"venue\":{\"deep\":[1,{\"x\":null}]},\"side\"", StringComparison.Ordinal),
            """{"channel":"trade","type":"update","sequence":[1,2],"data":[]}""",
            """{"channel":"weather","type":"update","data":[{"sun":true}]}""",
            """{"channel":"heartbeat"}""");

        seen.Trades.Count.ShouldBe(1);
        seen.Counters.UnknownFields.ShouldBe(2);
        seen.Counters.UnknownChannels.ShouldBe(1);
        seen.Counters.Rejected.ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"channel\":\"trade\",\"data\":{}}")]
    [InlineData("{\"channel\":\"trade\",\"data\":[1]}")]
    [InlineData("{\"channel\":\"instrument\",\"data\":[]}")]
    [InlineData("{\"channel\":\"heartbeat\"} {}")]
    [InlineData("{\"channel\":\"heartbeat\"")]
    [InlineData("<html>502</html>")]
    public void What_is_no_message_is_counted_and_nothing_of_it_used(string message) => new SeenFrames().Read(message).Counters.Malformed.ShouldBe(1);

    [Fact]
    public void Bytes_that_are_no_text_are_counted()
    {
        var bytes = Encoding.UTF8.GetBytes(ThreeTrades);
        bytes[ThreeTrades.IndexOf("BTC", StringComparison.Ordinal)] = 0xFF;
        var seen = new SeenFrames();
        seen.Read(bytes);

        seen.Counters.Malformed.ShouldBe(1);
        seen.Trades.ShouldBeEmpty();
    }

    [Fact]
    public void A_message_that_is_cut_anywhere_gives_nothing()
    {
        var bytes = Encoding.UTF8.GetBytes(ThreeTrades.Trim());
        for (var length = 0; length < bytes.Length; length++)
        {
            var seen = new SeenFrames();
            seen.Read(bytes.AsSpan(0, length));
            seen.Trades.ShouldBeEmpty();
            seen.Counters.Malformed.ShouldBe(1);
        }
    }

    [Fact]
    public void A_candle_opens_at_interval_begin_not_at_the_timestamp_that_is_its_end()
    {
        var candle = new SeenFrames().Read(
            """{"channel":"ohlc","type":"snapshot","timestamp":"2026-09-10T17:44:43.105760475Z","data":[{"symbol":"BTC/USDT","open":77400.0,"high":77445.8,"low":77400.0,"close":77416.3,"trades":15.0,"volume":0.25302078,"vwap":77416.2,"interval_begin":"2026-09-10T17:30:00.000000000Z","interval":5,"timestamp":"2026-09-10T17:35:00.000000Z"}]}""")
            .Candles.ShouldHaveSingleItem();

        candle.Interval.ShouldBe(new Interval(5));
        candle.IsSnapshot.ShouldBeTrue();
        candle.Candle.Timestamp.ShouldBe(UnixTime.Microseconds(new DateTimeOffset(2026, 9, 10, 17, 30, 0, TimeSpan.Zero)));
        candle.Candle.TradeCount.ShouldBe(15);
        candle.Candle.QuoteVolume.ShouldBe(CandleRow.UnknownVolume);
        candle.Candle.Source.ShouldBe(CandleSource.WebSocketOhlc);
    }

    [Theory]
    [InlineData("\"low\":77400.0", "\"low\":0")]
    [InlineData("\"low\":77400.0", "\"low\":77500")]
    [InlineData("\"volume\":0.25302078", "\"volume\":-1")]
    [InlineData("\"volume\":0.25302078", "\"other\":-1")]
    [InlineData("17:32:00.000000000Z", "17:32:01.000000000Z")]
    [InlineData("2026-09-10T17:32:00.000000000Z", "2027-09-10T17:32:00.000000000Z")]
    [InlineData("\"interval\":1", "\"interval\":0")]
    public void A_candle_that_cannot_be_is_rejected(string what, string with)
    {
        const string Message = """{"channel":"ohlc","type":"update","data":[{"symbol":"BTC/USDT","open":77400.0,"high":77445.8,"low":77400.0,"close":77416.3,"trades":15,"volume":0.25302078,"vwap":77416.2,"interval_begin":"2026-09-10T17:32:00.000000000Z","interval":1}]}""";
        new SeenFrames().Read(Message).Candles.Count.ShouldBe(1);
        var seen = new SeenFrames().Read(Message.Replace(what, with, StringComparison.Ordinal));

        seen.Candles.ShouldBeEmpty();
        seen.Counters.Rejected.ShouldBe(1);
    }

    [Fact]
    public void The_connection_id_is_unsigned() =>
        new SeenFrames().Read("""{"channel":"status","data":[{"api_version":"v2","connection_id":16174536464690282295,"system":"maintenance","version":"2.0.8","upcoming_maintenance":[],"emergency":[]}],"type":"update"}""")
            .Statuses.ShouldHaveSingleItem().ShouldBe(("maintenance", 16174536464690282295));

    [Fact]
    public void Answers_say_who_they_mean_as_far_as_the_exchange_does()
    {
        var seen = new SeenFrames().Read(
            """{"method":"subscribe","req_id":121,"result":{"channel":"ohlc","interval":60,"snapshot":true,"symbol":"ETH/USD","warnings":["timestamp is deprecated"]},"success":true,"time_in":"2024-05-19T19:06:57.002983Z","time_out":"2024-05-19T19:06:57.003037Z"}""",
            """{"error":"Currency pair not supported XBT/USDT","method":"subscribe","success":false,"symbol":"XBT/USDT"}""",
            """{"error":"Subscription depth not supported","method":"subscribe","success":false}""",
            """{"method":"unsubscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true}""",
            """{"Error":"Exceeded msg rate"}""",
            """{"method":"pong","req_id":1,"time_in":"2024-05-20T11:08:49.272922Z","time_out":"2024-05-20T11:08:49.272940Z"}""");

        seen.Counters.Malformed.ShouldBe(0);
        seen.Counters.UnknownFields.ShouldBe(0);
        seen.Acknowledgements.ShouldBe(
        [
            new Acknowledgement { IsUnsubscribe = false, Succeeded = true, RequestId = 121, Channel = FrameChannel.Ohlc, Symbol = "ETH/USD", Parameter = 60, Error = null },
            new Acknowledgement { IsUnsubscribe = false, Succeeded = false, RequestId = null, Channel = FrameChannel.None, Symbol = "XBT/USDT", Parameter = null, Error = "Currency pair not supported XBT/USDT" },
            new Acknowledgement { IsUnsubscribe = false, Succeeded = false, RequestId = null, Channel = FrameChannel.None, Symbol = null, Parameter = null, Error = "Subscription depth not supported" },
            new Acknowledgement { IsUnsubscribe = true, Succeeded = true, RequestId = null, Channel = FrameChannel.Book, Symbol = "BTC/USD", Parameter = 10, Error = null },
            new Acknowledgement { IsUnsubscribe = false, Succeeded = false, RequestId = null, Channel = FrameChannel.None, Symbol = null, Parameter = null, Error = "Exceeded msg rate" },
        ]);
        seen.ExchangeTimes.Count.ShouldBe(2);
    }

    [Fact]
    public void A_book_frame_is_named_and_its_levels_left_alone()
    {
        var seen = new SeenFrames().Read(
            """{"channel":"book","type":"snapshot","data":[{"bids":[{"price":1,"qty":2}],"symbol":"GST/USD","asks":[],"checksum":1}]}""",
            """{"channel":"book","data":[{"symbol":"GST/USD","bids":[],"asks":[{"price":1,"qty":2}]}],"type":"snapshot"}""",
            """{"data":[{"symbol":"GST/USD","bids":[],"asks":[]}],"type":"update","channel":"book"}""");

        seen.Books.ShouldBe([("GST/USD", true), ("GST/USD", true), ("GST/USD", false)]);
        seen.Counters.Malformed.ShouldBe(0);
    }

    [Fact]
    public void An_instrument_update_may_bring_assets_alone_or_pairs_alone()
    {
        var seen = new SeenFrames().Read(
            """{"channel":"instrument","type":"update","data":{"assets":[{"id":"USD","status":"enabled"}]}}""",
            """{"channel":"instrument","type":"update","data":{"pairs":[{"symbol":"DOGE/USD","base":"DOGE","quote":"USD","status":"online","price_precision":7,"qty_precision":8,"price_increment":1e-07,"qty_min":50,"cost_min":"0.5","qty_increment":1E-8,"cost_precision":9}],"assets":[]}}""");

        seen.Counters.Malformed.ShouldBe(0);
        seen.Counters.UnknownFields.ShouldBe(0);
        seen.Instruments.ShouldHaveSingleItem().ShouldBe(new Instrument
        {
            Symbol = "DOGE/USD",
            Altname = "XDGUSD",
            PairDecimals = 7,
            LotDecimals = 8,
            TickSize = 0.0000001m,
            OrderMin = 50,
            CostMin = 0.5m,
            Status = "online",
        });
    }

    [Fact]
    public void A_ticker_of_a_market_without_orders_is_one()
    {
        var ticker = new SeenFrames().Read("""{"channel":"ticker","type":"snapshot","data":[{"symbol":"NEW/USD","bid":0,"bid_qty":0,"ask":598.43,"ask_qty":0.83551,"last":null,"volume":0.0,"vwap":0.0,"low":0,"high":0,"change":0,"change_pct":-0.23}]}""")
            .Tickers.ShouldHaveSingleItem().Ticker;

        ticker.Ask.ShouldBe(FixedPoint.PriceFromDecimal(598.43m));
        ticker.Bid.ShouldBe(0);
        ticker.TimestampNanoseconds.ShouldBe(0);
    }

    [Fact]
    public void Trades_are_read_without_allocating()
    {
        Required.OptimisedCode();
        var counters = new FeedCounters();
        var parser = new FrameParser(counters, new FeedLog(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, TimeProvider.System), new NameTable());
        var sink = new CountingSink();
        var message = Encoding.UTF8.GetBytes(ThreeTrades);
        for (var warm = 0; warm < 100; warm++)
        {
            parser.Parse(message, long.MaxValue, sink);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 1000; index++)
        {
            parser.Parse(message, long.MaxValue, sink);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        sink.Trades.ShouldBe(3 * 1100);
    }

    private static string Trade(string price = "1", string quantity = "1", string time = "2025-07-23T04:41:46Z") => Frame(TradeText(price, quantity, time: time));

    private static string Frame(params string[] elements) => $$"""{"channel":"trade","type":"update","data":[{{string.Join(',', elements)}}]}""";

    private static string TradeText(string price = "1", string quantity = "1", string id = "1", string time = "2025-07-23T04:41:46Z", string symbol = "BTC/USD") =>
        $$"""{"symbol":"{{symbol}}","side":"buy","price":{{price}},"qty":{{quantity}},"ord_type":"market","trade_id":{{id}},"timestamp":"{{time}}"}""";
}
