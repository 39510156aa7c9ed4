using System.Globalization;
using System.Text.Json;
using KrakenDb.Simulator;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

/// <summary>What the simulated exchange says on the wire, against Kraken's real replies and against its own record of truth.</summary>
public sealed class PublicEndpointsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2024, 1, 7, 14, 33, 20, TimeSpan.Zero);

    private readonly ManualClock _clock = new(Now);
    private SimulatedExchange _exchange = null!;
    private ExchangeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock });
        _client = new ExchangeClient(_exchange);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _exchange.DisposeAsync();
    }

    [Fact]
    public async Task Trades_are_printed_as_Kraken_prints_them() =>
        (await _client.TextAsync("0/public/Trades?pair=XBTUSD&since=0&count=2")).ShouldBe(
            """{"error":[],"result":{"XXBTZUSD":[["42000.00000","0.08484823",1704067222.586869,"b","l","",1],["42000.00000","0.03828338",1704067254.7592323,"b","l","",2]],"last":"1704067254759232267"}}""");

    [Theory]
    [InlineData("Trades?pair=XBTUSD", "nautilus_http_trades.json")]
    [InlineData("OHLC?pair=XBTUSD", "nautilus_http_ohlc.json")]
    [InlineData("AssetPairs?pair=XBTUSD", "nautilus_http_asset_pairs.json")]
    [InlineData("Depth?pair=XBTUSD&count=5", "nautilus_http_order_book.json")]
    [InlineData("Time", "nautilus_http_server_time.json")]
    [InlineData("SystemStatus", "nautilus_http_system_status.json")]
    public async Task Replies_have_the_shape_of_real_ones(string query, string file)
    {
        var real = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(Required.SharedData(), "rest", file)));

        var shape = Shape(await _client.AskAsync(query)).Replace("XXBTZUSD", "XBTUSDT", StringComparison.Ordinal);

        // New in the documentation of 2026, later than the capture.
        shape.Replace(",execution_venue:String", "", StringComparison.Ordinal).ShouldBe(Shape(real));
    }

    [Theory]
    [InlineData("XXBTZUSD")]
    [InlineData("XBTUSD")]
    [InlineData("XBT/USD")]
    [InlineData("BTC/USD")]
    public async Task The_result_is_under_the_internal_name_whatever_was_asked_for(string name)
    {
        var result = await _client.ResultAsync($"Trades?pair={Uri.EscapeDataString(name)}&count=1");

        result.EnumerateObject().Select(entry => entry.Name).ShouldBe(["XXBTZUSD", "last"]);
    }

    [Fact]
    public async Task Paging_with_last_gives_every_trade_and_pages_overlap()
    {
        _exchange.ShareTimestamp("XRP/USDT", 390, 25);

        var (rows, pages) = await _client.AllTradesAsync("XRPUSDT", 400);

        var truth = _exchange.Trades("XRP/USDT").ToArray();
        rows.Count.ShouldBeGreaterThanOrEqualTo(truth.Length + pages - 1);
        rows.DistinctBy(row => row[6].GetInt64()).Select(ToTuple).ShouldBe(truth.Select(ToTuple));
        truth.Length.ShouldBeGreaterThan(20_000);
    }

    [Fact]
    public async Task More_trades_at_one_time_than_a_page_holds_stop_all_progress()
    {
        _exchange.ShareTimestamp("BTC/USD", 101, 1_500);

        var (rows, last) = await _client.RowsAsync("Trades?pair=XBTUSD&since=0");
        var since = last.GetString();
        (rows, last) = await _client.RowsAsync($"Trades?pair=XBTUSD&since={since}");

        rows.Length.ShouldBe(1_000);
        last.GetString().ShouldBe(since);
        (await _client.TradeIdsAsync($"Trades?pair=XBTUSD&since={long.Parse(since!, CultureInfo.InvariantCulture) + 1}"))[0].ShouldBe(1_601);
    }

    [Fact]
    public async Task Since_is_seconds_or_nanoseconds_and_includes_its_time()
    {
        var trade = _exchange.Trades("BTC/USD").First(trade => trade.Id == 5_000);
        var first = _exchange.Trades("BTC/USD").First(other => other.UnixNanoseconds == trade.UnixNanoseconds).Id;
        var seconds = trade.UnixNanoseconds / 1_000_000_000;

        (await _client.TradeIdsAsync($"Trades?pair=XBTUSD&since={trade.UnixNanoseconds}"))[0].ShouldBe(first);
        (await _client.TradeIdsAsync($"Trades?pair=XBTUSD&since={trade.UnixNanoseconds + 1}"))[0].ShouldBeGreaterThan(5_000);
        (await _client.TradeIdsAsync($"Trades?pair=XBTUSD&since={seconds}"))[0]
            .ShouldBe(_exchange.Trades("BTC/USD").First(other => other.UnixNanoseconds >= seconds * 1_000_000_000).Id);
    }

    [Fact]
    public async Task A_fraction_of_a_second_reaches_back_ten_milliseconds()
    {
        var trade = _exchange.Trades("BTC/USD").First(trade => trade.UnixNanoseconds % 1_000_000_000 is > 20_000_000 and < 999_000_000);
        var fraction = (trade.UnixNanoseconds + 9_000_000) / 1_000_000_000m;

        (await _client.TradeIdsAsync($"Trades?pair=XBTUSD&since={fraction.ToString(CultureInfo.InvariantCulture)}")).ShouldContain(trade.Id);
    }

    [Fact]
    public async Task Without_since_the_latest_thousand_come()
    {
        var ids = await _client.TradeIdsAsync("Trades?pair=XBTUSD");

        ids.ShouldBe(_exchange.Trades("BTC/USD").TakeLast(1_000).Select(trade => trade.Id));
    }

    [Fact]
    public async Task What_happens_later_is_not_there_yet()
    {
        var last = _exchange.LastTrade("BTC/USD")!.Value;
        var after = last.UnixNanoseconds + 1;
        (await _client.TextAsync($"0/public/Trades?pair=XBTUSD&since={after}")).ShouldBe($$$"""{"error":[],"result":{"XXBTZUSD":[],"last":"{{{after}}}"}}""");

        _clock.Advance(TimeSpan.FromMinutes(10));

        var ids = await _client.TradeIdsAsync($"Trades?pair=XBTUSD&since={after}");
        ids[0].ShouldBe(last.Id + 1);
        ids[^1].ShouldBe(_exchange.LastTrade("BTC/USD")!.Value.Id);
        _exchange.LastTrade("BTC/USD")!.Value.UnixNanoseconds.ShouldBeLessThanOrEqualTo(_clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000);
    }

    [Fact]
    public async Task Minutes_are_the_trades_and_empty_ones_repeat_the_close()
    {
        var (rows, last) = await _client.RowsAsync("OHLC?pair=XRPUSDT");

        rows.Length.ShouldBe(721);
        rows.Select(row => row[0].GetInt64()).ShouldBe(Enumerable.Range(0, 721).Select(minute => 1_704_637_980 - ((720 - minute) * 60L)));
        last.GetInt64().ShouldBe(rows[^2][0].GetInt64());
        var truth = TradedMinute.FromTrades(_exchange.Trades("XRP/USDT")).ToDictionary(minute => minute.Row.UnixSeconds);
        rows.Count(row => row[7].GetInt32() == 0).ShouldBeGreaterThan(20);
        foreach (var (before, row) in rows.Zip(rows.Skip(1)))
        {
            if (truth.TryGetValue(row[0].GetInt64(), out var minute))
            {
                // The average is cut off after the pair's decimals, not rounded.
                var vwap = (decimal)(minute.Value * 100_000 / (System.Numerics.BigInteger)minute.Row.Volume / Scale.One) / 100_000;
                Texts(row).ShouldBe(
                [
                    Text(minute.Row.Open, 5), Text(minute.Row.High, 5), Text(minute.Row.Low, 5), Text(minute.Row.Close, 5),
                    vwap.ToString("F5", CultureInfo.InvariantCulture), Text((long)minute.Row.Volume, 8),
                ]);
                row[7].GetInt32().ShouldBe(minute.Row.Trades);
            }
            else
            {
                var close = before[4].GetString();
                Texts(row).ShouldBe([close, close, close, close, "0.00000", "0.00000000"]);
                row[7].GetInt32().ShouldBe(0);
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(240)]
    [InlineData(1_440)]
    [InlineData(10_080)]
    public async Task Longer_intervals_are_sums_of_minutes(int interval)
    {
        var (rows, _) = await _client.RowsAsync($"OHLC?pair=XBTUSD&interval={interval}");

        var truth = CandleRollup.Of(TradedMinute.FromTrades(_exchange.Trades("BTC/USD")).Select(minute => minute.Row), interval).TakeLast(721).ToArray();
        rows.Where(row => row[7].GetInt32() > 0).TakeLast(truth.Length).Select(row => (row[0].GetInt64(), row[1].GetString()!, row[4].GetString()!, row[6].GetString()!, row[7].GetInt32()))
            .ShouldBe(truth.TakeLast(rows.Count(row => row[7].GetInt32() > 0)).Select(row => (row.UnixSeconds, Text(row.Open, 1), Text(row.Close, 1), Text((long)row.Volume, 8), row.Trades)));
        rows.ShouldAllBe(row => row[0].GetInt64() % (interval * 60) == 0);
    }

    [Fact]
    public async Task Candles_asked_for_again_and_again_are_those_asked_for_once()
    {
        for (var i = 0; i < 40; i++)
        {
            await _client.RowsAsync("OHLC?pair=XRPUSDT");
            _clock.Advance(TimeSpan.FromSeconds(17 + (i * 5)));
        }

        await using var other = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock });
        using var client = new ExchangeClient(other);
        (await _client.TextAsync("0/public/OHLC?pair=XRPUSDT")).ShouldBe(await client.TextAsync("0/public/OHLC?pair=XRPUSDT"));
    }

    [Fact]
    public async Task The_open_candle_comes_whatever_since_says()
    {
        var (rows, _) = await _client.RowsAsync("OHLC?pair=XBTUSD&since=1704637860");
        rows.Select(row => row[0].GetInt64()).ShouldBe([1_704_637_920, 1_704_637_980]);

        (rows, var last) = await _client.RowsAsync("OHLC?pair=XBTUSD&since=1704637980");
        rows.ShouldHaveSingleItem()[0].GetInt64().ShouldBe(1_704_637_980);
        last.GetInt64().ShouldBe(1_704_637_920);
    }

    [Fact]
    public async Task Pairs_have_all_their_names()
    {
        var pairs = await _client.ResultAsync("AssetPairs");

        pairs.EnumerateObject().Select(pair => (pair.Name, Of(pair, "altname"), Of(pair, "wsname"), Of(pair, "base"), Of(pair, "quote"), Of(pair, "tick_size"))).ShouldBe(
        [
            ("XETHZUSD", "ETHUSD", "ETH/USD", "XETH", "ZUSD", "0.01"),
            ("XRPUSDT", "XRPUSDT", "XRP/USDT", "XXRP", "USDT", "0.00001"),
            ("XXBTZUSD", "XBTUSD", "XBT/USD", "XXBT", "ZUSD", "0.1"),
        ]);

        static string? Of(JsonProperty pair, string name) => pair.Value.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("DOGE/USD", "XDGUSD", "XDGUSD", "XXDG", "ZUSD")]
    [InlineData("USDT/USD", "USDTZUSD", "USDTUSD", "USDT", "ZUSD")]
    [InlineData("ETH/BTC", "XETHXXBT", "ETHXBT", "XETH", "XXBT")]
    [InlineData("SOL/EUR", "SOLEUR", "SOLEUR", "SOL", "ZEUR")]
    [InlineData("WBTC/BTC", "WBTCXBT", "WBTCXBT", "WBTC", "XXBT")]
    public void Names_follow_those_of_real_pairs(string symbol, string key, string altname, string baseAsset, string quoteAsset)
    {
        var pair = ListedPair.Of(MarketSpec.Of(symbol));

        (pair.Key, pair.Altname, pair.Base, pair.Quote).ShouldBe((key, altname, baseAsset, quoteAsset));
    }

    [Fact]
    public async Task The_book_lies_around_the_last_trade()
    {
        var book = (await _client.ResultAsync("Depth?pair=ETHUSD")).GetProperty("XETHZUSD");

        var asks = book.GetProperty("asks").EnumerateArray().Select(Price).ToArray();
        var bids = book.GetProperty("bids").EnumerateArray().Select(Price).ToArray();
        var last = (decimal)_exchange.LastTrade("ETH/USD")!.Value.Price / Scale.One;
        asks.Length.ShouldBe(100);
        bids.Length.ShouldBe(100);
        asks.ShouldBe(asks.Order().Distinct());
        bids.ShouldBe(bids.OrderDescending().Distinct());
        last.ShouldBeInRange(bids[0], asks[0]);
        bids[0].ShouldBeLessThan(asks[0]);

        static decimal Price(JsonElement level) => decimal.Parse(level[0].GetString()!, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task The_time_has_two_digits_of_the_year_and_a_padded_day() =>
        (await _client.TextAsync("0/public/Time")).ShouldBe("""{"error":[],"result":{"unixtime":1704638000,"rfc1123":"Sun,  7 Jan 24 14:33:20 +0000"}}""");

    [Fact]
    public async Task Under_maintenance_only_the_time_and_the_status_answer()
    {
        _exchange.Status = "maintenance";

        (await _client.TextAsync("0/public/SystemStatus")).ShouldBe("""{"error":[],"result":{"status":"maintenance","timestamp":"2024-01-07T14:33:20Z"}}""");
        (await _client.ErrorAsync("Trades?pair=XBTUSD")).ShouldBe("EService:Unavailable");
        (await _client.ErrorAsync("Time")).ShouldBeNull();
    }

    [Theory]
    [InlineData("Trades", "EGeneral:Invalid arguments")]
    [InlineData("Trades?pair=NOPE", "EQuery:Unknown asset pair")]
    [InlineData("Trades?pair=XBTUSD&count=0", "EGeneral:Invalid arguments")]
    [InlineData("Trades?pair=XBTUSD&count=1001", "EGeneral:Invalid arguments")]
    [InlineData("Trades?pair=XBTUSD&since=yesterday", "EGeneral:Invalid arguments")]
    [InlineData("Trades?pair=XBTUSD&since=-1", "EGeneral:Invalid arguments")]
    [InlineData("OHLC?pair=XBTUSD&interval=720", "EGeneral:Invalid arguments")]
    [InlineData("OHLC?pair=NOPE", "EQuery:Unknown asset pair")]
    [InlineData("AssetPairs?pair=XBTUSD,NOPE", "EQuery:Unknown asset pair")]
    [InlineData("Depth?pair=XBTUSD&count=501", "EGeneral:Invalid arguments")]
    [InlineData("Nothing", "EGeneral:Unknown method")]
    public async Task Errors_come_with_status_200_and_without_a_result(string query, string error)
    {
        using var response = await _client.GetAsync($"0/public/{query}");

        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        (await response.Content.ReadAsStringAsync()).ShouldBe($$"""{"error":["{{error}}"]}""");
    }

    [Fact]
    public async Task A_pair_listed_late_is_unknown_before_and_starts_with_a_higher_id()
    {
        _exchange.List("ETH/USD", Now.AddHours(2));
        (await _client.ErrorAsync("Trades?pair=ETHUSD&since=0")).ShouldBe("EQuery:Unknown asset pair");
        (await _client.ResultAsync("AssetPairs")).TryGetProperty("XETHZUSD", out _).ShouldBeFalse();

        _clock.Advance(TimeSpan.FromHours(3));

        var (rows, _) = await _client.RowsAsync("Trades?pair=ETHUSD&since=0");
        var first = _exchange.Trades("ETH/USD").First();
        rows[0][6].GetInt64().ShouldBe(first.Id);
        first.Id.ShouldBeGreaterThan(10_000);
        (await _client.RowsAsync("OHLC?pair=ETHUSD")).Rows.Length.ShouldBeInRange(55, 61);
    }

    [Fact]
    public async Task Ids_that_the_exchange_skips_are_in_no_reply_and_no_candle()
    {
        var last = _exchange.LastTrade("BTC/USD")!.Value.Id;
        _exchange.SkipTradeIds("BTC/USD", last - 40, last - 20);
        _exchange.SkipTradeIds("BTC/USD", last - 1, last);

        var ids = await _client.TradeIdsAsync("Trades?pair=XBTUSD&count=50");

        ids.ShouldBe(Enumerable.Range(0, 73).Select(i => last - 72 + i).Where(id => (id < last - 40 || id > last - 20) && id < last - 1));
        _exchange.LastTrade("BTC/USD")!.Value.Id.ShouldBe(last - 2);
        (await _client.RowsAsync("OHLC?pair=XBTUSD")).Rows.TakeLast(10).Sum(row => row[7].GetInt32())
            .ShouldBe(_exchange.Trades("BTC/USD", new(2024, 1, 7, 14, 24, 0, TimeSpan.Zero), Now).Count());
    }

    private static string Shape(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', element.EnumerateObject().Select(entry => $"{entry.Name}:{Shape(entry.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join('|', element.EnumerateArray().Select(Shape).Distinct(StringComparer.Ordinal))}]",
        JsonValueKind.String => "String",
        _ => element.ValueKind.ToString(),
    };

    private static string?[] Texts(JsonElement row) => [.. Enumerable.Range(1, 6).Select(i => row[i].GetString())];

    private static string Text(long scaled, int decimals) => ((decimal)scaled / Scale.One).ToString($"F{decimals}", CultureInfo.InvariantCulture);

    private static (long Id, string Price, string Volume, string Time, string Side, string Type) ToTuple(JsonElement row) =>
        (row[6].GetInt64(), row[0].GetString()!, row[1].GetString()!, row[2].GetRawText(), row[3].GetString()!, row[4].GetString()!);

    private static (long Id, string Price, string Volume, string Time, string Side, string Type) ToTuple(SeededTrade trade) =>
    (
        trade.Id,
        Text(trade.Price, 8),
        Text((long)trade.Volume, 8),
        ((trade.UnixNanoseconds / 1_000_000_000) + (trade.UnixNanoseconds % 1_000_000_000 * 1e-9)).ToString(CultureInfo.InvariantCulture),
        trade.IsBuy ? "b" : "s",
        trade.IsMarket ? "m" : "l"
    );
}
