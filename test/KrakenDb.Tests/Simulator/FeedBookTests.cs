using System.Globalization;
using System.Text.Json;
using KrakenDb.Simulator;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

/// <summary>The channels book, ticker and instrument of the simulated exchange.</summary>
public sealed class FeedBookTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero));
    private SimulatedExchange _exchange = null!;
    private FeedClient _client = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock });
        _client = await FeedClient.ConnectAsync(_exchange, Cancelled);
        await _client.TextAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _exchange.DisposeAsync();
    }

    [Fact]
    public void The_checksum_is_that_of_Krakens_own_example()
    {
        var asks = Levels("45285.2x0.00100000, 45286.4x1.54571953, 45286.6x1.54571109, 45289.6x1.54560911, 45290.2x0.15890660, 45291.8x1.54553491, 45294.7x0.04454749, 45296.1x0.35380000, 45297.5x0.09945542, 45299.5x0.18772827");
        var bids = Levels("45283.5x0.10000000, 45283.4x1.54582015, 45282.1x0.10000000, 45281.0x0.10000000, 45280.3x1.54592586, 45279.0x0.07990000, 45277.6x0.03310103, 45277.5x0.30000000, 45277.3x1.54602737, 45276.6x0.15445238");

        BookChecksum.Of(asks, bids).ShouldBe(3310070434);
        BookChecksum.Of(asks, [.. bids, new(1, 1, 0)]).ShouldBe(3310070434);
        BookChecksum.Of(asks, bids[..9]).ShouldNotBe(3310070434);

        static List<BookLevel> Levels(string text) =>
            [.. text.Split(", ").Select(level => level.Replace(".", "", StringComparison.Ordinal).Split('x')).Select(parts => new BookLevel(Whole(parts[0]), Whole(parts[1]), 0))];

        static long Whole(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("BTC/USD", 10)]
    [InlineData("ETH/USD", 25)]
    [InlineData("XRP/USDT", 100)]
    [InlineData("BTC/USD", 1000)]
    public async Task Updates_lead_from_one_book_of_the_record_to_the_next(string symbol, int depth)
    {
        await _client.SubscribeAsync("book", symbol, $",\"depth\":{depth}", Cancelled);
        await _client.UntilAsync("book", "snapshot", Cancelled);
        await AdvanceAsync(TimeSpan.FromSeconds(40));

        var (asks, bids) = (new SortedDictionary<decimal, string>(), new SortedDictionary<decimal, string>(Comparer<decimal>.Create((a, b) => b.CompareTo(a))));
        var messages = _client.Messages.Where(message => message.TryGetProperty("channel", out var channel) && channel.GetString() == "book").ToArray();
        messages.Length.ShouldBeGreaterThan(100);
        foreach (var message in messages)
        {
            var data = message.GetProperty("data")[0];
            Apply(asks, data.GetProperty("asks"), depth);
            Apply(bids, data.GetProperty("bids"), depth);

            var time = WireTime.Nanoseconds(DateTimeOffset.Parse(data.GetProperty("timestamp").GetString()!, CultureInfo.InvariantCulture)) + 999;
            var truth = _exchange.Book(symbol, time, depth);
            var pair = _exchange.Pairs.Single(pair => pair.Spec.Symbol == symbol);
            asks.Select(level => (level.Key, level.Value)).ShouldBe(truth.Asks.Select(level => Wire(level, pair)));
            bids.Select(level => (level.Key, level.Value)).ShouldBe(truth.Bids.Select(level => Wire(level, pair)));
            data.GetProperty("checksum").GetUInt32().ShouldBe(truth.Checksum);
            asks.Keys.First().ShouldBeGreaterThan(bids.Keys.First());
        }

        static (decimal, string) Wire(BookLevel level, ListedPair pair) => (
            (decimal)level.Ticks / Scale.Power(pair.PairDecimals),
            ((decimal)level.Lots / Scale.Power(pair.LotDecimals)).ToString($"F{pair.LotDecimals}", CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Levels_that_are_pushed_out_get_no_delete_and_come_back()
    {
        await _client.SubscribeAsync("book", "BTC/USD", "", Cancelled);
        var snapshot = await _client.UntilAsync("book", "snapshot", Cancelled);
        await AdvanceAsync(TimeSpan.FromMinutes(3));

        var book = new Dictionary<decimal, bool>();
        var (pushedOut, cameBack, unknownDeletes) = (new HashSet<decimal>(), 0, 0);
        foreach (var level in snapshot.GetProperty("data")[0].GetProperty("asks").EnumerateArray())
            book[Price(level)] = true;
        foreach (var message in _client.Of("book", "update"))
        {
            foreach (var level in message.GetProperty("data")[0].GetProperty("asks").EnumerateArray())
            {
                var isDelete = level.GetProperty("qty").GetDecimal() == 0;
                unknownDeletes += isDelete && !book.ContainsKey(Price(level)) ? 1 : 0;
                cameBack += !isDelete && pushedOut.Remove(Price(level)) ? 1 : 0;
                if (isDelete)
                    book.Remove(Price(level));
                else
                    book[Price(level)] = true;
            }

            foreach (var price in book.Keys.Order().Skip(10).ToArray())
            {
                book.Remove(price);
                pushedOut.Add(price);
            }
        }

        cameBack.ShouldBeGreaterThan(50);
        unknownDeletes.ShouldBe(0);

        static decimal Price(JsonElement level) => level.GetProperty("price").GetDecimal();
    }

    [Fact]
    public async Task A_wrong_checksum_is_wrong_once()
    {
        await _client.SubscribeAsync("book", "BTC/USD", "", Cancelled);
        await _client.UntilAsync("book", "snapshot", Cancelled);
        _exchange.FailNextMessage(FeedFault.WrongChecksum);
        await AdvanceAsync(TimeSpan.FromSeconds(20));

        _client.Of("book", "update").Select(message => message.GetProperty("data")[0]).Count(data =>
            data.GetProperty("checksum").GetUInt32() != _exchange.Book("BTC/USD", WireTime.Nanoseconds(DateTimeOffset.Parse(data.GetProperty("timestamp").GetString()!, CultureInfo.InvariantCulture)) + 999, 10).Checksum).ShouldBe(1);
    }

    [Fact]
    public async Task Depth_and_ticker_show_the_same_book()
    {
        await _client.SubscribeAsync("ticker", "ETH/USD", ",\"event_trigger\":\"bbo\"", Cancelled);
        await _client.UntilAsync("ticker", "snapshot", Cancelled);
        await AdvanceAsync(TimeSpan.FromMinutes(2));

        using var rest = new ExchangeClient(_exchange);
        var depth = (await rest.ResultAsync("Depth?pair=ETHUSD&count=5")).GetProperty("XETHZUSD");
        var (asks, bids, _) = _exchange.Book("ETH/USD", WireTime.Nanoseconds(_clock.GetUtcNow()), 5);
        depth.GetProperty("asks").EnumerateArray().Select(level => decimal.Parse(level[0].GetString()!, CultureInfo.InvariantCulture)).ShouldBe(asks.Select(level => level.Ticks / 100m));
        depth.GetProperty("bids").EnumerateArray().Select(level => decimal.Parse(level[0].GetString()!, CultureInfo.InvariantCulture)).ShouldBe(bids.Select(level => level.Ticks / 100m));
        var ticker = _client.Of("ticker", "update").Last().GetProperty("data")[0];
        ticker.GetProperty("ask").GetDecimal().ShouldBe(asks[0].Ticks / 100m);
        ticker.GetProperty("ask_qty").GetDecimal().ShouldBe(asks[0].Lots / 100_000_000m);
        ticker.GetProperty("bid").GetDecimal().ShouldBe(bids[0].Ticks / 100m);
        ticker.GetProperty("last").GetDecimal().ShouldBe((decimal)_exchange.LastTrade("ETH/USD")!.Value.Price / Scale.One);
        var day = _exchange.Trades("ETH/USD").Where(trade => trade.UnixNanoseconds >= WireTime.Nanoseconds(_clock.GetUtcNow()) - 86_400_000_000_000).ToArray();
        ticker.GetProperty("volume").GetDecimal().ShouldBeInRange((decimal)day.Sum(trade => (long)trade.Volume) / Scale.One * 0.99m, (decimal)day.Sum(trade => (long)trade.Volume) / Scale.One * 1.01m);
        ticker.GetProperty("low").GetDecimal().ShouldBeLessThanOrEqualTo(ticker.GetProperty("last").GetDecimal());
    }

    [Fact]
    public async Task Instruments_have_the_members_of_a_real_snapshot()
    {
        var real = JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(Required.SharedData(), "ws_v2", "torquey66_instrument_snapshot.json"), Cancelled)).GetProperty("data");
        await _client.SendAsync("""{"method":"subscribe","params":{"channel":"instrument"},"req_id":3}""", Cancelled);
        (await _client.AnswerAsync(Cancelled)).GetProperty("result").GetRawText().ShouldBe(
            """{"channel":"instrument","snapshot":true,"warnings":["tick_size is deprecated, use price_increment"]}""");

        var data = (await _client.UntilAsync("instrument", "snapshot", Cancelled)).GetProperty("data");

        Names(Find(data, "pairs", "symbol", "BTC/USD")).ShouldBe(Names(Find(real, "pairs", "symbol", "BTC/USD")));
        Names(Find(data, "pairs", "symbol", "XRP/USDT")).ShouldBe(Names(Find(real, "pairs", "symbol", "EUR/USD")));
        Names(Find(data, "assets", "id", "USD")).ShouldBe(Names(Find(real, "assets", "id", "USD")));
        var bitcoin = Find(data, "pairs", "symbol", "BTC/USD");
        bitcoin.GetProperty("qty_increment").GetRawText().ShouldBe("1E-8");
        bitcoin.GetProperty("price_increment").GetRawText().ShouldBe("0.1");

        static JsonElement Find(JsonElement data, string list, string key, string value) => data.GetProperty(list).EnumerateArray().Single(entry => entry.GetProperty(key).GetString() == value);

        static IEnumerable<string> Names(JsonElement entry) => entry.EnumerateObject().Select(member => member.Name);
    }

    private static void Apply(SortedDictionary<decimal, string> side, JsonElement levels, int depth)
    {
        foreach (var level in levels.EnumerateArray())
        {
            var quantity = level.GetProperty("qty").GetRawText();
            if (level.GetProperty("qty").GetDecimal() == 0)
                side.Remove(level.GetProperty("price").GetDecimal());
            else
                side[level.GetProperty("price").GetDecimal()] = quantity;
        }

        foreach (var price in side.Keys.Skip(depth).ToArray())
            side.Remove(price);
    }

    private async Task AdvanceAsync(TimeSpan by)
    {
        _clock.Advance(by);
        await _client.SendAsync("""{"method":"ping"}""", Cancelled);
        await _client.UntilAsync(message => message.TryGetProperty("method", out var method) && method.GetString() == "pong", Cancelled);
    }
}
