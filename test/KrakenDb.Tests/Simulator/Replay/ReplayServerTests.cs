using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator.Replay;

/// <summary>Kraken's interfaces answered from a store as of a replay's clock.</summary>
public sealed class ReplayServerTests : IAsyncLifetime
{
    private ReplaySource _source = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _source = await ReplaySource.Recorded;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Rest_tells_nothing_after_the_clock()
    {
        var now = ReplaySource.BookStart.AddSeconds(90);
        await using var server = await _source.ServeAsync(now, 1, new ManualClock(now), Stop);
        using var client = new ExchangeClient(server.BaseAddress);
        var known = _source.Trades.Where(trade => trade.UnixNanoseconds <= WireTime.Nanoseconds(now)).ToArray();

        var (newest, last) = await client.RowsAsync("Trades?pair=XBTUSD&count=100");
        newest.Select(row => row[6].GetInt64()).ShouldBe(known.TakeLast(100).Select(trade => trade.Id));
        // REST, from which the store has its trades, tells their times as binary floats.
        (known[^1].UnixNanoseconds - long.Parse(last.GetString()!, CultureInfo.InvariantCulture)).ShouldBeInRange(-500, 500);
        (await client.AllTradesAsync("XXBTZUSD", 500)).Rows.Select(row => row[6].GetInt64()).Distinct().ShouldBe(known.Select(trade => trade.Id));

        var (rows, _) = await client.RowsAsync("OHLC?pair=BTC/USD&interval=1");
        var open = known.Where(trade => trade.UnixNanoseconds >= WireTime.Nanoseconds(ReplaySource.BookStart.AddMinutes(1))).ToArray();
        rows[^1][0].GetInt64().ShouldBe(ReplaySource.BookStart.AddMinutes(1).ToUnixTimeSeconds());
        decimal.Parse(rows[^1][4].GetString()!, CultureInfo.InvariantCulture).ShouldBe((decimal)open[^1].Price / Scale.One);
        rows[^1][7].GetInt32().ShouldBe(open.Length);
        rows.Length.ShouldBe(62);
        // A flat row where nobody traded, and for every other the trades of its minute.
        rows.Sum(row => row[7].GetInt32()).ShouldBe(known.Length);

        (await client.ResultAsync("Time")).GetProperty("unixtime").GetInt64().ShouldBe(now.ToUnixTimeSeconds());
        (await client.ResultAsync("SystemStatus")).GetProperty("status").GetString().ShouldBe("online");
        (await client.ResultAsync("AssetPairs")).GetProperty("XXBTZUSD").GetProperty("pair_decimals").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Depth_is_the_recorded_book_of_the_time()
    {
        var now = ReplaySource.BookStart.AddSeconds(90);
        await using var server = await _source.ServeAsync(now, 1, new ManualClock(now), Stop);
        using var client = new ExchangeClient(server.BaseAddress);
        var state = await new OrderBookHistory(_source.Store, () => new KrakenDb.Kraken.KrakenBookWire()).GetBookAsync(ReplaySource.Symbol, now, cancellationToken: Stop);

        var book = (await client.ResultAsync("Depth?pair=XBTUSD&count=20")).GetProperty("XXBTZUSD");

        Prices(book, "asks").ShouldBe(state!.Asks.Take(20).Select(level => level.Price));
        Prices(book, "bids").ShouldBe(state.Bids.Take(20).Select(level => level.Price));
        server.Clock.Seek(ReplaySource.BookEnd.AddMinutes(1));
        // Between two recordings nothing is known.
        (await client.ResultAsync("Depth?pair=XBTUSD")).GetProperty("XXBTZUSD").GetProperty("asks").GetArrayLength().ShouldBe(0);

        static IEnumerable<decimal> Prices(JsonElement book, string side) => book.GetProperty(side).EnumerateArray().Select(level => decimal.Parse(level[0].GetString()!, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Recorded_frames_come_as_they_were_after_a_snapshot_of_the_middle()
    {
        var now = ReplaySource.BookStart.AddSeconds(30);
        await using var server = await _source.ServeAsync(now, 0, clock: null, Stop);
        using var client = await FeedClient.ConnectAsync(server.FeedAddress, Stop);
        await client.SubscribeAsync("book", "BTC/USD", ""","depth":25""", Stop);

        await client.UntilAsync(message => message.TryGetProperty("success", out _), Stop);
        var snapshot = JsonElement.Parse((await NextBookAsync(client))!);
        var (earlier, later) = Split(_source.Frames, now);
        snapshot.GetProperty("type").GetString().ShouldBe("snapshot");
        Checksum(snapshot).ShouldBe(Checksum(JsonElement.Parse(earlier[^1].Text)));
        snapshot.GetProperty("data")[0].GetProperty("bids").GetArrayLength().ShouldBe(25);
        foreach (var (_, text) in later)
            (await NextBookAsync(client)).ShouldBe(text);
    }

    [Fact]
    public async Task A_smaller_depth_is_made_of_a_deeper_recording_and_goes_on_with_the_next()
    {
        await using var server = await _source.ServeAsync(ReplaySource.BookStart.AddSeconds(30), 0, clock: null, Stop);
        using var client = await FeedClient.ConnectAsync(server.FeedAddress, Stop);
        await client.SubscribeAsync("book", "BTC/USD", ""","depth":10""", Stop);
        await client.UntilAsync(message => message.TryGetProperty("success", out _), Stop);
        var (_, later) = Split(_source.Frames, ReplaySource.BookStart.AddSeconds(30));
        var checksums = later.Select(frame => Checksum(JsonElement.Parse(frame.Text))).ToHashSet();

        var made = 0;
        var text = await NextBookAsync(client);
        text.ShouldNotBeNull().ShouldContain("snapshot");
        for (text = await NextBookAsync(client); text != _source.SecondFrames[0].Text; text = await NextBookAsync(client), made++)
            checksums.ShouldContain(Checksum(JsonElement.Parse(text!)));

        made.ShouldBeGreaterThan(100);
        made.ShouldBeLessThanOrEqualTo(later.Count);
        foreach (var (_, frame) in _source.SecondFrames.Skip(1))
            (await NextBookAsync(client)).ShouldBe(frame);
    }

    [Fact]
    public async Task Trades_candles_and_ticker_come_in_order_up_to_the_end()
    {
        var from = ReplaySource.BookStart.AddSeconds(30);
        await using var server = await _source.ServeAsync(from, 0, clock: null, Stop);
        server.Clock.Pause();
        using var client = await FeedClient.ConnectAsync(server.FeedAddress, Stop);
        await client.SubscribeAsync("trade", "BTC/USD", ""","snapshot":true""", Stop);
        await client.UntilAsync("trade", "snapshot", Stop);
        await client.SubscribeAsync("ohlc", "BTC/USD", ""","interval":5""", Stop);
        await client.UntilAsync("ohlc", "snapshot", Stop);
        await client.SubscribeAsync("ticker", "BTC/USD", "", Stop);
        await client.UntilAsync("ticker", "snapshot", Stop);
        var later = _source.Trades.Where(trade => trade.UnixNanoseconds > WireTime.Nanoseconds(from)).ToArray();

        client.Of("trade", "snapshot").Single().GetProperty("data").EnumerateArray().Select(trade => trade.GetProperty("trade_id").GetInt64())
            .ShouldBe(_source.Trades.Where(trade => trade.UnixNanoseconds <= WireTime.Nanoseconds(from)).TakeLast(50).Select(trade => trade.Id));
        server.Clock.Resume();
        await client.UntilAsync(message => client.TradeIds("BTC/USD") is [.., var id] && id == later[^1].Id && message.TryGetProperty("channel", out var channel) && channel.GetString() == "ohlc", Stop);

        client.TradeIds("BTC/USD").ShouldBe(later.Select(trade => trade.Id));
        var candles = client.Of("ohlc", "update").Select(message => message.GetProperty("data")[0]).GroupBy(candle => candle.GetProperty("interval_begin").GetString()).Select(group => group.Last()).ToArray();
        var truth = TradedMinute.FromTrades(_source.Trades).GroupBy(minute => minute.Row.UnixSeconds / 300).Where(group => (group.Key + 1) * 300 > from.ToUnixTimeSeconds()).ToArray();
        candles.Select(candle => (candle.GetProperty("trades").GetInt32(), candle.GetProperty("close").GetDecimal(), candle.GetProperty("high").GetDecimal())).ShouldBe(
            truth.Select(group => (group.Sum(minute => minute.Row.Trades), (decimal)group.Last().Row.Close / Scale.One, (decimal)group.Max(minute => minute.Row.High) / Scale.One)));
        var ticker = client.Of("ticker", "update").First().GetProperty("data")[0];
        ticker.GetProperty("last").GetDecimal().ShouldBe((decimal)later[0].Price / Scale.One);
        ticker.GetProperty("ask").GetDecimal().ShouldBeGreaterThan(ticker.GetProperty("bid").GetDecimal());
    }

    [Fact]
    public async Task Where_only_candles_are_stored_they_come_when_they_close()
    {
        await using var store = new InMemoryMarketStore();
        await ((IMarketStore)store).WriteAsync(Storage.Rows.Write("BTC/USD", 1, Enumerable.Range(0, 20).Select(minute => Storage.Rows.Candle(minute, open: 100 + minute)), Storage.Rows.Covered(0, 20)), Stop);
        var real = new ManualClock(ReplaySource.End);
        await using var server = await ReplayServer.StartAsync(new() { Store = store, From = Storage.Rows.Start.AddMinutes(7.5), To = Storage.Rows.Start.AddMinutes(12), Speed = 0, TimeProvider = real }, Stop);
        using var rest = new ExchangeClient(server.BaseAddress);
        using var client = await FeedClient.ConnectAsync(server.FeedAddress, Stop);
        (await rest.RowsAsync("OHLC?pair=XBTUSD&interval=5")).Rows.Select(row => (row[1].GetString(), row[4].GetString(), row[7].GetInt32())).ShouldBe([("100.00", "104.00", 5), ("105.00", "106.00", 2)]);

        await client.SubscribeAsync("ohlc", "BTC/USD", ""","interval":5""", Stop);
        await client.UntilAsync(message => message.TryGetProperty("channel", out var channel) && channel.GetString() == "ohlc" && message.GetProperty("data")[0].GetProperty("open").GetDecimal() == 110, Stop);

        client.Of("ohlc", "snapshot").Single().GetProperty("data").EnumerateArray().Select(candle => candle.GetProperty("close").GetDecimal()).ShouldBe([104, 106]);
        client.Of("ohlc", "update").Select(message => message.GetProperty("data")[0]).Select(candle => (candle.GetProperty("open").GetDecimal(), candle.GetProperty("close").GetDecimal(), candle.GetProperty("trades").GetInt32()))
            .ShouldBe([(105, 107, 3), (105, 108, 4), (105, 109, 5), (110, 110, 1)]);
    }

    [Fact]
    public async Task The_clock_is_paused_sped_up_and_moved()
    {
        var real = new ManualClock(ReplaySource.End.AddYears(1));
        await using var server = await _source.ServeAsync(ReplaySource.Start, 1, real, Stop);
        using var control = new ExchangeClient(server.BaseAddress);

        real.Advance(TimeSpan.FromSeconds(10));
        server.Clock.GetUtcNow().ShouldBe(ReplaySource.Start.AddSeconds(10));
        (await control.PostAsync("control/replay?speed=60")).ShouldContain("\"speed\":60");
        real.Advance(TimeSpan.FromSeconds(10));
        server.Clock.GetUtcNow().ShouldBe(ReplaySource.Start.AddSeconds(610));
        (await control.PostAsync("control/replay?pause")).ShouldContain("\"paused\":true");
        real.Advance(TimeSpan.FromHours(1));
        server.Clock.GetUtcNow().ShouldBe(ReplaySource.Start.AddSeconds(610));
        JsonElement.Parse(await control.PostAsync("control/replay?seek=2024-01-01T01:30:00Z&resume")).GetProperty("time").GetString().ShouldBe("2024-01-01T01:30:00.0000000Z");
        real.Advance(TimeSpan.FromHours(1));
        server.Clock.GetUtcNow().ShouldBe(ReplaySource.End);
        (await control.TextAsync("control/replay")).ShouldContain("\"ended\":true");

        (await control.PostAsync("control/replay?seek=2023-01-01")).ShouldContain("outside the replay, which is from 2024-01-01T00:00:00Z");
        (await control.PostAsync("control/replay?speed=fast")).ShouldContain("'fast' is not a speed");
        (await control.PostAsync("control/replay?stop")).ShouldContain("There are pause, resume");
        server.Clock.GetUtcNow().ShouldBe(ReplaySource.End);
    }

    [Fact]
    public async Task A_seek_ends_the_connections_and_the_next_begins_there()
    {
        var now = ReplaySource.BookStart.AddSeconds(90);
        await using var server = await _source.ServeAsync(now.AddSeconds(-60), 1, new ManualClock(now), Stop);
        using var client = await FeedClient.ConnectAsync(server.FeedAddress, Stop);
        await client.SubscribeAsync("book", "BTC/USD", ""","depth":25""", Stop);
        await client.UntilAsync("book", "snapshot", Stop);

        server.Clock.Seek(now);

        await Should.ThrowAsync<WebSocketException>(client.UntilAsync(_ => false, Stop));
        ((int?)client.CloseStatus).ShouldBe(1012);
        using var again = await FeedClient.ConnectAsync(server.FeedAddress, Stop);
        await again.SubscribeAsync("book", "BTC/USD", ""","depth":25""", Stop);
        var snapshot = await again.UntilAsync("book", "snapshot", Stop);
        Checksum(snapshot).ShouldBe(Checksum(JsonElement.Parse(Split(_source.Frames, now).Earlier[^1].Text)));
    }

    [Fact]
    public async Task What_is_not_recorded_is_refused_in_the_words_of_the_exchange()
    {
        var bare = await ReplaySource.Bare;
        await using var server = await bare.ServeAsync(ReplaySource.BookStart, 1, new ManualClock(ReplaySource.End), Stop);
        using var rest = new ExchangeClient(server.BaseAddress);
        using var client = await FeedClient.ConnectAsync(server.FeedAddress, Stop);

        (await RefusalAsync("book", "BTC/USD", "")).ShouldBe("Subscription book not supported: no order book of BTC/USD is recorded");
        (await RefusalAsync("ticker", "BTC/USD", "")).ShouldBe("Subscription ticker not supported: no order book of BTC/USD is recorded");
        (await RefusalAsync("trade", "ETH/USD", "")).ShouldBe("Currency pair not supported ETH/USD");
        (await RefusalAsync("book", "BTC/USD", ""","depth":7""")).ShouldBe("Subscription depth not supported");
        (await rest.ErrorAsync("Depth?pair=XBTUSD")).ShouldBe("EGeneral:Invalid arguments:no order book of this pair is recorded");
        (await rest.ErrorAsync("Trades?pair=ETHUSD")).ShouldBe("EQuery:Unknown asset pair");

        await using var recorded = await _source.ServeAsync(ReplaySource.BookStart, 1, new ManualClock(ReplaySource.End), Stop);
        using var deeper = await FeedClient.ConnectAsync(recorded.FeedAddress, Stop);
        await deeper.SubscribeAsync("book", "BTC/USD", ""","depth":100""", Stop);
        (await deeper.AnswerAsync(Stop)).GetProperty("error").GetString().ShouldBe("Subscription depth not supported: the order book of BTC/USD is recorded to 25");

        async Task<string?> RefusalAsync(string channel, string symbol, string more)
        {
            await client.SubscribeAsync(channel, symbol, more, Stop);
            return (await client.AnswerAsync(Stop)).GetProperty("error").GetString();
        }
    }

    [Fact]
    public async Task Backfill_from_the_replay_gives_the_trades_of_the_store()
    {
        await using var server = await _source.ServeAsync(ReplaySource.End, 1, new ManualClock(ReplaySource.End), Stop);
        await using var copy = new InMemoryMarketStore(new ManualClock(ReplaySource.End));

        await ReplaySource.BackfillAsync(copy, server.BaseAddress, new ManualClock(ReplaySource.End), Stop);

        var range = new TimeRange(ReplaySource.Start, ReplaySource.End);
        var trades = await ((IMarketReader)copy).ReadTradesAsync(ReplaySource.Symbol, range, 0, int.MaxValue, Stop);
        trades.Count.ShouldBe(_source.Trades.Length);
        trades.Rows().ShouldBe((await ((IMarketReader)_source.Store).ReadTradesAsync(ReplaySource.Symbol, range, 0, int.MaxValue, Stop)).Rows());
    }

    private static (List<(long Nanoseconds, string Text)> Earlier, List<(long Nanoseconds, string Text)> Later) Split(List<(long Nanoseconds, string Text)> frames, DateTimeOffset now)
    {
        var at = frames.FindIndex(frame => frame.Nanoseconds > WireTime.Nanoseconds(now));
        return (frames[..at], frames[at..]);
    }

    private static uint Checksum(JsonElement message) => message.GetProperty("data")[0].GetProperty("checksum").GetUInt32();

    private static async Task<string?> NextBookAsync(FeedClient client)
    {
        while (await client.TextAsync(Stop) is { } text)
        {
            if (text.StartsWith("{\"channel\":\"book\"", StringComparison.Ordinal))
                return text;
        }

        return null;
    }
}
