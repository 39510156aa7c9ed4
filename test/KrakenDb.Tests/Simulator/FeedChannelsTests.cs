using System.Globalization;
using System.Text.Json;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

/// <summary>The WebSocket interface of the simulated exchange, without faults.</summary>
public sealed class FeedChannelsTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(new(2024, 1, 2, 12, 0, 30, TimeSpan.Zero));
    private SimulatedExchange _exchange = null!;
    private FeedClient _client = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock });
        _client = await FeedClient.ConnectAsync(_exchange, Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _exchange.DisposeAsync();
    }

    [Fact]
    public async Task The_status_comes_first_and_its_id_needs_64_bits_without_a_sign()
    {
        var status = JsonElement.Parse(await _client.TextAsync(Cancelled) ?? "");

        status.GetProperty("channel").GetString().ShouldBe("status");
        var data = status.GetProperty("data")[0];
        data.GetProperty("system").GetString().ShouldBe("online");
        data.GetProperty("connection_id").GetUInt64().ShouldBeGreaterThan(1UL << 63);
        using var second = await FeedClient.ConnectAsync(_exchange, Cancelled);
        JsonElement.Parse(await second.TextAsync(Cancelled) ?? "").GetProperty("data")[0].GetProperty("connection_id").GetInt64().ShouldBePositive();
    }

    [Fact]
    public async Task Every_symbol_is_answered_and_what_is_refused_is_named()
    {
        await _client.SubscribeAsync("trade", "BTC/USD,XBT/USD,ETHUSD,ETH/USD", "", Cancelled);

        var answers = new List<JsonElement>();
        while (answers.Count < 4)
            answers.Add(await _client.AnswerAsync(Cancelled));

        answers.ShouldAllBe(answer => answer.GetProperty("req_id").GetInt32() == 7 && answer.GetProperty("method").GetString() == "subscribe");
        answers.Where(answer => answer.GetProperty("success").GetBoolean()).Select(answer => answer.GetProperty("result").GetRawText()).ShouldBe(
            ["""{"channel":"trade","snapshot":false,"symbol":"BTC/USD"}""", """{"channel":"trade","snapshot":false,"symbol":"ETH/USD"}"""]);
        answers.Where(answer => !answer.GetProperty("success").GetBoolean()).Select(answer => (answer.GetProperty("error").GetString(), answer.GetProperty("symbol").GetString())).ShouldBe(
            [("Currency pair not supported XBT/USD", "XBT/USD"), ("Currency pair not in ISO 4217-A3 format ETHUSD", "ETHUSD")]);
    }

    [Theory]
    [InlineData("""{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":11}}""", "Subscription depth not supported")]
    [InlineData("""{"method":"subscribe","params":{"channel":"ohlc","symbol":["BTC/USD"],"interval":720}}""", "Subscription ohlc interval not supported")]
    [InlineData("""{"method":"subscribe","params":{"channel":"weather","symbol":["BTC/USD"]}}""", "Subscription channel not supported")]
    [InlineData("""{"method":"unsubscribe","params":{"channel":"trade","symbol":["BTC/USD"]}}""", "Subscription Not Found")]
    [InlineData("""{"method":"order"}""", "Unsupported method")]
    [InlineData("""{"method":""", "Malformed request")]
    public async Task What_cannot_be_done_is_said(string request, string error)
    {
        await _client.SendAsync(request, Cancelled);

        var answer = await _client.AnswerAsync(Cancelled);

        answer.GetProperty("error").GetString().ShouldBe(error);
        answer.GetProperty("success").GetBoolean().ShouldBeFalse();
        answer.TryGetProperty("result", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_ping_is_answered()
    {
        await _client.SendAsync("""{"method":"ping","req_id":101}""", Cancelled);

        (await _client.AnswerAsync(Cancelled)).GetRawText().ShouldBe(
            """{"method":"pong","req_id":101,"time_in":"2024-01-02T12:00:30.000000Z","time_out":"2024-01-02T12:00:30.000042Z"}""");
    }

    [Fact]
    public async Task Trades_are_those_of_the_record()
    {
        await _client.SubscribeAsync("trade", "BTC/USD,ETH/USD", ",\"snapshot\":true", Cancelled);
        await _client.UntilAsync("trade", "snapshot", Cancelled);
        await _client.UntilAsync("trade", "snapshot", Cancelled);
        var start = _clock.GetUtcNow();
        await AdvanceAsync(TimeSpan.FromMinutes(90), "BTC/USD");

        foreach (var symbol in new[] { "BTC/USD", "ETH/USD" })
        {
            var before = _exchange.Trades(symbol).TakeWhile(trade => trade.UnixNanoseconds <= WireTime.Nanoseconds(start)).TakeLast(50);
            Rows("snapshot", symbol).ShouldBe(before.Select(Expected));
            var since = _exchange.Trades(symbol, start.AddTicks(1), _clock.GetUtcNow());
            var seen = Rows("update", symbol).ToArray();
            seen.Length.ShouldBeGreaterThan(700);
            seen.ShouldBe(since.Select(Expected).Take(seen.Length));
        }

        // Several in one message now and then, one mostly.
        var lengths = _client.Of("trade", "update").Select(message => message.GetProperty("data").GetArrayLength()).ToArray();
        lengths.ShouldContain(1);
        lengths.ShouldContain(length => length > 1);
        _exchange.FeedRecords[0].Sent("BTC/USD").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Candles_are_those_of_the_REST_interface()
    {
        await _client.SubscribeAsync("ohlc", "BTC/USD", ",\"interval\":5", Cancelled);
        var answer = await _client.AnswerAsync(Cancelled);
        answer.GetProperty("result").GetProperty("warnings")[0].GetString().ShouldBe("timestamp is deprecated, use interval_begin");
        var snapshot = await _client.UntilAsync("ohlc", "snapshot", Cancelled);
        await _client.SubscribeAsync("trade", "BTC/USD", "", Cancelled);
        await _client.AnswerAsync(Cancelled);
        await AdvanceAsync(TimeSpan.FromMinutes(40), "BTC/USD");

        snapshot.GetProperty("data").GetArrayLength().ShouldBe(13);
        snapshot.GetProperty("timestamp").GetString()!.Length.ShouldBe("2026-09-10T17:44:43.105760475Z".Length);
        var last = new Dictionary<string, JsonElement>();
        foreach (var candle in _client.Messages.Where(message => message.TryGetProperty("channel", out var channel) && channel.GetString() == "ohlc").SelectMany(message => message.GetProperty("data").EnumerateArray()))
            last[candle.GetProperty("interval_begin").GetString()!] = candle;
        using var rest = new ExchangeClient(_exchange);
        var rows = (await rest.RowsAsync("OHLC?pair=XBTUSD&interval=5")).Rows.ToDictionary(row => row[0].GetInt64());
        last.Count.ShouldBe(21);
        foreach (var candle in last.Values.SkipLast(1))
        {
            var begin = DateTimeOffset.Parse(candle.GetProperty("interval_begin").GetString()![..19] + "Z", CultureInfo.InvariantCulture);
            candle.GetProperty("timestamp").GetString().ShouldBe(begin.AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss'.000000Z'", CultureInfo.InvariantCulture));
            var row = rows[begin.ToUnixTimeSeconds()];
            new[] { "open", "high", "low", "close", "vwap", "volume" }.Select(name => candle.GetProperty(name).GetDecimal())
                .ShouldBe(Enumerable.Range(1, 6).Select(i => decimal.Parse(row[i].GetString()!, CultureInfo.InvariantCulture)));
            candle.GetProperty("trades").GetInt32().ShouldBe(row[7].GetInt32());
        }
    }

    [Fact]
    public async Task Heartbeats_come_with_data_and_without()
    {
        await _client.SubscribeAsync("trade", "BTC/USD", "", Cancelled);

        await _client.UntilAsync("heartbeat", "", Cancelled);
    }

    [Fact]
    public async Task After_an_unsubscription_nothing_comes()
    {
        await _client.SubscribeAsync("trade", "BTC/USD,ETH/USD", "", Cancelled);
        await _client.AnswerAsync(Cancelled);
        await _client.AnswerAsync(Cancelled);
        await _client.SendAsync("""{"method":"unsubscribe","params":{"channel":"trade","symbol":["ETH/USD"]}}""", Cancelled);
        var answer = await _client.AnswerAsync(Cancelled);
        await AdvanceAsync(TimeSpan.FromMinutes(5), "BTC/USD");

        answer.GetProperty("method").GetString().ShouldBe("unsubscribe");
        answer.GetProperty("result").GetRawText().ShouldBe("""{"channel":"trade","symbol":"ETH/USD"}""");
        _client.TradeIds("ETH/USD").ShouldBeEmpty();
        _client.TradeIds("BTC/USD").ShouldNotBeEmpty();
    }

    private static (long, string, decimal, decimal, string, string) Expected(SeededTrade trade) => (
        trade.Id,
        trade.IsBuy ? "buy" : "sell",
        (decimal)trade.Price / Scale.One,
        (decimal)trade.Volume / Scale.One,
        trade.IsMarket ? "market" : "limit",
        DateTimeOffset.UnixEpoch.AddTicks(trade.UnixNanoseconds / 1_000 * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

    private IEnumerable<(long, string, decimal, decimal, string, string)> Rows(string type, string symbol) =>
        _client.Of("trade", type).SelectMany(message => message.GetProperty("data").EnumerateArray())
            .Where(trade => trade.GetProperty("symbol").GetString() == symbol)
            .Select(trade => (
                trade.GetProperty("trade_id").GetInt64(),
                trade.GetProperty("side").GetString()!,
                trade.GetProperty("price").GetDecimal(),
                trade.GetProperty("qty").GetDecimal(),
                trade.GetProperty("ord_type").GetString()!,
                trade.GetProperty("timestamp").GetString()!));

    /// <summary>Moves the exchange's clock and reads on to the last trade of that time.</summary>
    private async Task AdvanceAsync(TimeSpan by, string symbol)
    {
        _clock.Advance(by);
        var last = _exchange.LastTrade(symbol)!.Value.Id;
        await _client.UntilAsync(
            message => message.TryGetProperty("channel", out var channel) && channel.GetString() == "trade"
                && message.GetProperty("data").EnumerateArray().Any(trade => trade.GetProperty("symbol").GetString() == symbol && trade.GetProperty("trade_id").GetInt64() == last),
            Cancelled);
    }
}
