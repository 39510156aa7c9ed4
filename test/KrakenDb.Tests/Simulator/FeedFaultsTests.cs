using System.Net.WebSockets;
using System.Text.Json;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

/// <summary>What goes wrong on the WebSocket side of the simulated exchange when it is asked to.</summary>
public sealed class FeedFaultsTests : IAsyncLifetime
{
    private const string Bitcoin = "BTC/USD";
    private const string Ether = "ETH/USD";

    private readonly ManualClock _clock = new(new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero));
    private readonly ManualClock _clientClock = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly DateTimeOffset _start = new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private SimulatedExchange _exchange = null!;
    private FeedClient _client = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private FeedRecord Record => _exchange.FeedRecords[0];

    public async ValueTask InitializeAsync()
    {
        _exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock, LimitTimeProvider = _clientClock });
        _client = await FeedClient.ConnectAsync(_exchange, Cancelled);
        await _client.TextAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _exchange.DisposeAsync();
    }

    [Fact]
    public async Task A_cut_connection_ends_without_a_close_frame_and_another_can_begin()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.CutConnection);

        await Should.ThrowAsync<WebSocketException>(_client.UntilAsync("heartbeat", "", Cancelled));

        _client.CloseStatus.ShouldBeNull();
        Record.Ended.ShouldBe("cut");
        using var next = await FeedClient.ConnectAsync(_exchange, Cancelled);
        await StartAsync(next, "trade", Bitcoin);
    }

    [Theory]
    [InlineData("GoingAway", 1001)]
    [InlineData("ServiceRestart", 1012)]
    public async Task A_connection_is_closed_with_the_code_asked_for(string fault, int code)
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(Enum.Parse<FeedFault>(fault));

        (await _client.TextAsync(Cancelled)).ShouldBeNull();

        ((int?)_client.CloseStatus).ShouldBe(code);
    }

    [Fact]
    public async Task A_half_open_connection_says_nothing_more_and_stays()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.HalfOpen);
        while (Record.Faults.Count == 0)
            await Task.Delay(5, Cancelled);
        using var other = await FeedClient.ConnectAsync(_exchange, Cancelled);
        await StartAsync(other, "trade", Bitcoin);
        var before = Record.Messages;

        await _client.SendAsync("""{"method":"ping"}""", Cancelled);
        await AdvanceAsync(other, TimeSpan.FromMinutes(5), Bitcoin);

        Record.Messages.ShouldBe(before);
        Record.Ended.ShouldBeNull();
    }

    [Theory]
    [InlineData("Fragments")]
    [InlineData("Joined")]
    public async Task However_the_bytes_are_cut_the_messages_are_the_same(string fault)
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(Enum.Parse<FeedFault>(fault), count: 2);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);

        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin));
        if (fault == "Fragments")
            _client.FragmentedMessages.ShouldBeGreaterThan(10);
        Record.Faults.Select(met => met.Fault.ToString()).ShouldContain(fault);
    }

    [Fact]
    public async Task Late_trades_come_after_later_ones_of_another_symbol_but_in_their_own_order()
    {
        await StartAsync(_client, "trade", Bitcoin, Ether);
        _exchange.FailNextMessage(FeedFault.LateTrades, count: 20, symbol: Bitcoin);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(30), Bitcoin);

        var times = _client.Of("trade", "update").Select(message => message.GetProperty("data")[0].GetProperty("timestamp").GetString()!).ToArray();
        times.SequenceEqual(times.Order(StringComparer.Ordinal)).ShouldBeFalse();
        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin));
        Record.Faults.Count.ShouldBe(20);
    }

    [Fact]
    public async Task Swapped_trades_come_after_the_symbols_next()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.SwappedTrades, count: 3);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);

        var ids = _client.TradeIds(Bitcoin);
        ids.SequenceEqual(ids.Order()).ShouldBeFalse();
        ids.Order().ShouldBe(Truth(Bitcoin));
    }

    [Fact]
    public async Task Duplicate_trades_come_twice()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.DuplicateTrades, count: 3);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);

        var ids = _client.TradeIds(Bitcoin);
        ids.Length.ShouldBeGreaterThan(Truth(Bitcoin).Length + 2);
        ids.Distinct().ShouldBe(Truth(Bitcoin));
    }

    [Fact]
    public async Task Omitted_trades_are_in_the_record_and_in_REST_only()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.OmittedTrades, count: 3);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);

        var omitted = Record.Omitted(Bitcoin).SelectMany(Ids).ToArray();
        omitted.Length.ShouldBeGreaterThan(2);
        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin).Except(omitted));
        _client.TradeIds(Bitcoin).ShouldBe(Record.Sent(Bitcoin).SelectMany(Ids));
        using var rest = new ExchangeClient(_exchange);
        omitted.ShouldBeSubsetOf(await rest.TradeIdsAsync("Trades?pair=XBTUSD&count=1000"));
    }

    [Fact]
    public async Task A_silent_symbol_is_silent_for_a_while_and_everything_else_goes_on()
    {
        await StartAsync(_client, "trade", Bitcoin, Ether);
        await StartAsync(_client, "ohlc", Bitcoin);
        _exchange.FailNextMessage(FeedFault.SilentTrades, symbol: Bitcoin);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Ether);
        _clientClock.Advance(TimeSpan.FromSeconds(29));
        await _client.UntilAsync("heartbeat", "", Cancelled);
        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Ether);
        _client.TradeIds(Bitcoin).ShouldBeEmpty();
        _client.Of("ohlc", "update").Count().ShouldBeGreaterThan(100);
        _clientClock.Advance(TimeSpan.FromSeconds(2));
        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);

        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin).Except(Record.Omitted(Bitcoin).SelectMany(Ids)));
        _client.TradeIds(Bitcoin).ShouldNotBeEmpty();
        _client.TradeIds(Ether).ShouldBe(Truth(Ether));
    }

    [Fact]
    public async Task A_candle_can_come_before_its_trade()
    {
        await StartAsync(_client, "trade", Bitcoin);
        await StartAsync(_client, "ohlc", Bitcoin);
        _client.Messages.Clear();
        _exchange.FailNextMessage(FeedFault.WrongOrder);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(5), Bitcoin);

        var channels = _client.Messages.Select(message => message.GetProperty("channel").GetString()).Take(4);
        channels.ShouldBe(["ohlc", "trade", "trade", "ohlc"]);
    }

    [Fact]
    public async Task Impossible_trades_come_on_top_of_the_real_ones()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.ImpossibleTrade, count: 40);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);

        var trades = _client.Of("trade", "update").SelectMany(message => message.GetProperty("data").EnumerateArray()).ToArray();
        var kinds = trades.Select(Impossible).OfType<string>().ToArray();
        kinds.Length.ShouldBe(40);
        kinds.Distinct().Order(StringComparer.Ordinal).ShouldBe(["future", "past", "price", "quantity"]);
        trades.Where(trade => Impossible(trade) is null).Select(trade => trade.GetProperty("trade_id").GetInt64()).ShouldBe(Truth(Bitcoin));

        static string? Impossible(JsonElement trade) =>
            trade.GetProperty("price").GetDecimal() <= 0 ? "price"
            : trade.GetProperty("qty").GetDecimal() <= 0 ? "quantity"
            : trade.GetProperty("timestamp").GetString()![..4] switch { "1969" => "past", "9999" => "future", _ => null };
    }

    [Fact]
    public async Task What_nobody_knows_comes_beside_what_everybody_knows()
    {
        await StartAsync(_client, "trade", Bitcoin);
        _exchange.FailNextMessage(FeedFault.UnknownChannel);
        await _client.UntilAsync("weather", "update", Cancelled);
        _exchange.FailNextMessage(FeedFault.UnknownField);
        _exchange.FailNextMessage(FeedFault.MalformedJson);

        await Should.ThrowAsync<JsonException>(_client.UntilAsync("heartbeat", "", Cancelled));
        await AdvanceAsync(_client, TimeSpan.FromMinutes(5), Bitcoin);

        _client.Of("trade", "update").First().GetProperty("data")[0].GetProperty("novelty").ValueKind.ShouldBe(JsonValueKind.Object);
        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin));
    }

    [Fact]
    public async Task A_slow_answer_comes_after_three_seconds_with_its_data()
    {
        _exchange.FailNextMessage(FeedFault.SlowAck, symbol: Bitcoin);
        await _client.SubscribeAsync("trade", $"{Bitcoin},{Ether}", ",\"snapshot\":true", Cancelled);

        (await _client.AnswerAsync(Cancelled)).GetProperty("result").GetProperty("symbol").GetString().ShouldBe(Ether);
        _clientClock.Advance(TimeSpan.FromSeconds(2.5));
        await _client.UntilAsync("heartbeat", "", Cancelled);
        _client.Messages.ShouldAllBe(message => !message.GetRawText().Contains(Bitcoin, StringComparison.Ordinal));
        _clientClock.Advance(TimeSpan.FromSeconds(1));

        (await _client.AnswerAsync(Cancelled)).GetProperty("result").GetProperty("symbol").GetString().ShouldBe(Bitcoin);
        await _client.UntilAsync("trade", "snapshot", Cancelled);
    }

    [Fact]
    public async Task An_answer_can_be_missing_and_a_request_lost()
    {
        _exchange.FailNextMessage(FeedFault.MissingAck, symbol: Bitcoin);
        _exchange.FailNextMessage(FeedFault.LostRequest, symbol: Ether);
        await _client.SubscribeAsync("trade", $"{Bitcoin},{Ether}", ",\"snapshot\":true", Cancelled);

        await _client.UntilAsync("trade", "snapshot", Cancelled);
        await AdvanceAsync(_client, TimeSpan.FromMinutes(5), Bitcoin);

        _client.Messages.Where(message => message.TryGetProperty("method", out var method) && method.GetString() == "subscribe").ShouldBeEmpty();
        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin));
        _client.TradeIds(Ether).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_symbol_can_be_refused_once_or_for_good()
    {
        _exchange.FailNextMessage(FeedFault.RefusedSymbol, symbol: Bitcoin);
        _exchange.Refuse(Ether);
        await _client.SubscribeAsync("trade", $"{Bitcoin},{Ether}", "", Cancelled);

        (await _client.AnswerAsync(Cancelled)).GetProperty("error").GetString().ShouldBe("Currency pair not supported BTC/USD");
        (await _client.AnswerAsync(Cancelled)).GetProperty("error").GetString().ShouldBe("Currency pair not supported ETH/USD");

        await StartAsync(_client, "trade", Bitcoin);
    }

    [Fact]
    public async Task Maintenance_is_announced_and_what_is_traded_in_it_is_only_asked_for_afterwards()
    {
        await StartAsync(_client, "trade", Bitcoin);
        await _client.SendAsync("""{"method":"subscribe","params":{"channel":"instrument"}}""", Cancelled);
        await _client.UntilAsync("instrument", "snapshot", Cancelled);

        _exchange.Status = "maintenance";
        (await _client.UntilAsync("status", "update", Cancelled)).GetProperty("data")[0].GetProperty("system").GetString().ShouldBe("maintenance");
        (await _client.UntilAsync("instrument", "update", Cancelled)).GetProperty("data").GetProperty("pairs")[0].GetProperty("status").GetString().ShouldBe("maintenance");
        await _client.SubscribeAsync("trade", Ether, "", Cancelled);
        (await _client.AnswerAsync(Cancelled)).GetProperty("error").GetString().ShouldBe("EService:Unavailable");
        _clock.Advance(TimeSpan.FromMinutes(10));
        while (Record.Omitted(Bitcoin).Count == 0)
            await Task.Delay(5, Cancelled);
        _exchange.Status = "online";
        await _client.UntilAsync("status", "update", Cancelled);
        await AdvanceAsync(_client, TimeSpan.FromMinutes(10), Bitcoin);

        var omitted = Record.Omitted(Bitcoin).SelectMany(Ids).ToArray();
        omitted.Length.ShouldBeGreaterThan(50);
        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin).Except(omitted));
    }

    [Fact]
    public async Task Who_connects_too_often_is_sent_away_for_a_while()
    {
        _exchange.RateLimitScale = 1;
        for (var i = 0; i < 150; i++)
            (await FeedClient.ConnectAsync(_exchange, Cancelled)).Dispose();

        await Should.ThrowAsync<WebSocketException>(FeedClient.ConnectAsync(_exchange, Cancelled));
        _clientClock.Advance(TimeSpan.FromMinutes(9));
        await Should.ThrowAsync<WebSocketException>(FeedClient.ConnectAsync(_exchange, Cancelled));
        _clientClock.Advance(TimeSpan.FromMinutes(2));

        (await FeedClient.ConnectAsync(_exchange, Cancelled)).Dispose();
    }

    [Fact]
    public async Task A_client_that_does_not_read_hinders_nobody_and_is_told_late()
    {
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock, SlowClientAfter = TimeSpan.FromHours(1) }, Cancelled);
        using var slow = await FeedClient.ConnectAsync(exchange, Cancelled);
        await StartAsync(slow, "book", ",\"depth\":1000", [Bitcoin]);
        await StartAsync(_client, "trade", Bitcoin);

        await AdvanceAsync(_client, TimeSpan.FromMinutes(10), Bitcoin);

        _client.TradeIds(Bitcoin).ShouldBe(Truth(Bitcoin));
        // Some 20 MB, more than the system's buffers take: the rest has not been drawn yet.
        var drawn = exchange.FeedRecords[0].Messages;
        await slow.UntilAsync(message => message.GetRawText().EndsWith("\"timestamp\":\"2024-01-02T12:10:00.000000Z\"}]}", StringComparison.Ordinal), Cancelled);
        drawn.ShouldBeLessThan(slow.Messages.Count);
        slow.Messages.Count.ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_dropped()
    {
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock, SlowClientAfter = TimeSpan.FromMilliseconds(100) }, Cancelled);
        using var slow = await FeedClient.ConnectAsync(exchange, Cancelled);
        await StartAsync(slow, "book", ",\"depth\":1000", [Bitcoin]);
        _clock.Advance(TimeSpan.FromMinutes(10));

        while (exchange.FeedRecords[0].Ended is null)
            await Task.Delay(5, Cancelled);

        exchange.FeedRecords[0].Ended.ShouldBe("too slow");
    }

    [Fact]
    public void Chance_is_the_seeds()
    {
        var faults = FeedFaults.Mixed(perMillion: 20_000, seed: 7);

        var drawn = Enumerable.Range(1, 50_000).Select(number => faults.Draw(number, ofSubscription: false)).ToArray();

        drawn.ShouldBe(Enumerable.Range(1, 50_000).Select(number => FeedFaults.Mixed(20_000, 7).Draw(number, ofSubscription: false)));
        drawn.Count(fault => fault is not null).ShouldBeInRange(750, 950);
        drawn.OfType<FeedFault>().Distinct().Count().ShouldBe(17);
        drawn.ShouldNotBe(Enumerable.Range(1, 50_000).Select(number => FeedFaults.Mixed(20_000, 8).Draw(number, ofSubscription: false)));
        Enumerable.Range(1, 1_000).Select(number => FeedFaults.Mixed(2_000, 7).Draw(number, ofSubscription: true)).OfType<FeedFault>().Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task The_record_tells_what_was_sent_through_all_the_faults()
    {
        FeedFault[] kinds =
        [
            FeedFault.CutConnection, FeedFault.ServiceRestart, FeedFault.Fragments, FeedFault.LateTrades, FeedFault.SwappedTrades, FeedFault.DuplicateTrades,
            FeedFault.OmittedTrades, FeedFault.WrongOrder, FeedFault.UnknownChannel, FeedFault.UnknownField, FeedFault.MissingAck,
        ];
        _exchange.FeedFaults = new() { Seed = 11, PerMillion = kinds.ToDictionary(kind => kind, kind => kind is FeedFault.CutConnection or FeedFault.ServiceRestart ? 4_000 : 10_000) };

        for (var connection = 1; connection <= 8; connection++)
        {
            using var client = await FeedClient.ConnectAsync(_exchange, Cancelled);
            await client.TextAsync(Cancelled);
            try
            {
                await client.SubscribeAsync("trade", $"{Bitcoin},{Ether}", ",\"snapshot\":true", Cancelled);
                await client.UntilAsync("trade", "snapshot", Cancelled);
                await client.UntilAsync("trade", "snapshot", Cancelled);
                _clock.Advance(TimeSpan.FromMinutes(30));
                await client.SendAsync("""{"method":"ping"}""", Cancelled);
                await client.UntilAsync(message => message.TryGetProperty("method", out var method) && method.GetString() == "pong", Cancelled);
            }
            catch (WebSocketException)
            {
                // Cut or closed; what came until then counts.
            }

            var record = _exchange.FeedRecords[connection];
            foreach (var symbol in new[] { Bitcoin, Ether })
            {
                var sent = record.Sent(symbol).SelectMany(Ids).ToArray();
                client.TradeIds(symbol).ShouldBe(sent[..client.TradeIds(symbol).Length]);
                record.Omitted(symbol).SelectMany(Ids).Intersect(sent).ShouldBeEmpty();
            }
        }

        _exchange.FeedRecords.SelectMany(record => record.Faults).Select(met => met.Fault).Distinct().Count().ShouldBeGreaterThan(8);
        _exchange.FeedRecords.Count(record => record.Ended is "cut" or "ServiceRestart").ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Other_processes_steer_it_and_read_the_record()
    {
        using var rest = new ExchangeClient(_exchange);
        await rest.PostAsync("control/feed-fail?fault=OmittedTrades&count=2&symbol=BTC/USD");
        await rest.PostAsync("control/refuse?symbol=ETH/USD");
        await _client.SubscribeAsync("trade", Ether, "", Cancelled);
        (await _client.AnswerAsync(Cancelled)).GetProperty("success").GetBoolean().ShouldBeFalse();
        await StartAsync(_client, "trade", Bitcoin);
        await AdvanceAsync(_client, TimeSpan.FromMinutes(20), Bitcoin);
        await rest.PostAsync("control/feed-faults?seed=9&LateTrades=20");
        _exchange.FeedFaults.PerMillion.ShouldBe([new(FeedFault.LateTrades, 20)]);

        var record = JsonElement.Parse(await rest.TextAsync("control/feed")).GetProperty("connections")[0];

        record.GetProperty("ended").ValueKind.ShouldBe(JsonValueKind.Null);
        record.GetProperty("faults").EnumerateArray().Select(fault => fault.GetProperty("fault").GetString()).ShouldBe(["OmittedTrades", "OmittedTrades"]);
        var symbol = record.GetProperty("symbols").GetProperty(Bitcoin);
        symbol.GetProperty("sent").EnumerateArray().SelectMany(range => Ids(new(range[0].GetInt64(), range[1].GetInt64()))).ShouldBe(_client.TradeIds(Bitcoin));
        symbol.GetProperty("omitted").EnumerateArray().Select(range => range[0].GetInt64()).First().ShouldBe(Truth(Bitcoin)[0]);
        var book = (await rest.TextAsync("control/book?symbol=BTC/USD&depth=25")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        book.Length.ShouldBe(51);
        book[^1].ShouldStartWith("checksum,");
    }

    private static IEnumerable<long> Ids(IdRange range)
    {
        for (var id = range.First; id <= range.Last; id++)
            yield return id;
    }

    private static Task StartAsync(FeedClient client, string channel, params string[] symbols) => StartAsync(client, channel, more: "", symbols);

    private static async Task StartAsync(FeedClient client, string channel, string more, string[] symbols)
    {
        await client.SubscribeAsync(channel, string.Join(',', symbols), $",\"snapshot\":true{more}", Cancelled);
        for (var answers = 0; answers < symbols.Length; answers++)
            (await client.UntilAsync(message => message.TryGetProperty("method", out _), Cancelled)).GetProperty("success").GetBoolean().ShouldBeTrue();
        for (var missing = symbols.Length - client.Of(channel, "snapshot").Count(); missing > 0; missing--)
            await client.UntilAsync(channel, "snapshot", Cancelled);
    }

    /// <summary>The ids of the trades since the test began.</summary>
    private long[] Truth(string symbol) =>
        [.. _exchange.Trades(symbol, _start.AddTicks(1), _clock.GetUtcNow().AddTicks(1)).Select(trade => trade.Id)];

    /// <summary>Moves the exchange's clock and reads until all of that time has come: an answer comes after it.</summary>
    private async Task AdvanceAsync(FeedClient client, TimeSpan by, string symbol)
    {
        _clock.Advance(by);
        await client.SendAsync("""{"method":"ping","req_id":99}""", Cancelled);
        await client.UntilAsync(message => message.TryGetProperty("method", out var method) && method.GetString() == "pong", Cancelled);
        // What is held back comes at the latest when the clients' clock has moved on.
        _clientClock.Advance(TimeSpan.FromMilliseconds(300));
        var last = Truth(symbol)[^1];
        if (!client.TradeIds(symbol).Contains(last))
            await client.UntilAsync(message => client.TradeIds(symbol).Contains(last), Cancelled);
    }
}
