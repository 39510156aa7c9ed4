using System.Globalization;
using System.Text.Json;
using KrakenDb.Kraken;
using KrakenDb.Simulator;
using KrakenDb.Tests.Books;
using KrakenDb.Tests.Packages;
using KrakenDb.Tests.Simulator.Replay;
using Shouldly;
using Xunit;
using WireTime = KrakenDb.Simulator.WireTime;

namespace KrakenDb.Tests.Simulator;

/// <content>The same client, unmodified, on a store's history.</content>
public sealed partial class CcxtTests
{
    [Fact]
    public async Task An_unmodified_client_runs_on_history()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var folder = await InstallAsync(cancellationToken);
        var source = await ReplaySource.Recorded;
        var from = ReplaySource.BookStart.AddSeconds(90);
        await using var server = await source.ServeAsync(from, 0, clock: null, cancellationToken);
        server.Clock.Pause();
        server.Clock.SetSpeed(20);

        var run = await ChildProcess.RunAsync(
            "node",
            ["replay.js", server.BaseAddress.ToString().TrimEnd('/'), server.FeedAddress.ToString(), ReplaySource.Symbol, $"{ReplaySource.BookStart.ToUnixTimeMilliseconds()}", "500"],
            folder,
            environment: null,
            cancellationToken);

        run.ExitCode.ShouldBe(0, run.Story);
        var seen = JsonElement.Parse(run.Output);
        var shown = source.Trades.Where(trade => trade.UnixNanoseconds >= WireTime.Nanoseconds(ReplaySource.BookStart) && trade.UnixNanoseconds <= WireTime.Nanoseconds(from)).ToArray();
        seen.GetProperty("rest").EnumerateArray().Select(trade => trade[0].GetString()).ShouldBe(shown.Select(trade => $"{trade.Id}"));
        var candle = seen.GetProperty("candles").EnumerateArray().Last();
        candle[0].GetInt64().ShouldBe(ReplaySource.BookStart.AddMinutes(1).ToUnixTimeMilliseconds());
        candle[4].GetDecimal().ShouldBe((decimal)shown[^1].Price / Scale.One);
        CheckReplayedTrades(seen.GetProperty("trades"), source, from);
        await CheckReplayedBooksAsync(seen.GetProperty("books"), source, cancellationToken);
    }

    [Theory]
    [InlineData("25", 300)]
    [InlineData("10", 250)]
    public async Task Every_checksum_of_a_replay_holds_for_who_computes_it_from_the_raw_messages(string depth, int messages)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var folder = await InstallAsync(cancellationToken);
        var source = await ReplaySource.Recorded;
        await using var server = await source.ServeAsync(ReplaySource.BookStart.AddSeconds(30), 0, clock: null, cancellationToken);

        await CheckChecksumsAsync(folder, server, depth, messages, cancellationToken);
    }

    [Theory]
    [InlineData("crossbook_kraken_btcusd_l2.cbcap", "10")]
    [InlineData("crossbook_kraken_btcusd_sample.cbcap", "25")]
    [InlineData("crossbook_kraken_btcusd_sample.cbcap", "10")]
    public async Task Every_checksum_of_a_replayed_real_recording_holds(string name, string depth)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var path = CaptureText.PathOf(name);
        var folder = await InstallAsync(cancellationToken);
        await using var store = new InMemoryMarketStore();
        await new BookImporter(BookArchive.Of(store)).ImportAsync(path, cancellationToken);
        var history = new OrderBookHistory(store, () => new KrakenBookWire());
        var session = (await history.GetSessionsAsync(cancellationToken)).Single(row => row.Depth is not null);
        var from = session.StartTime + ((session.EndTime - session.StartTime) / 3);
        await using var server = await ReplayServer.StartAsync(new() { Store = store, Books = history, From = from, To = session.EndTime.AddSeconds(1), Speed = 0 }, cancellationToken);

        await CheckChecksumsAsync(folder, server, depth, 60, cancellationToken);
    }

    private static async Task CheckChecksumsAsync(string folder, ReplayServer server, string depth, int messages, CancellationToken cancellationToken)
    {
        var run = await ChildProcess.RunAsync("node", ["checksums.js", server.FeedAddress.ToString(), "BTC/USD", depth, $"{messages}"], folder, environment: null, cancellationToken);

        run.ExitCode.ShouldBe(0, run.Story);
        var seen = JsonElement.Parse(run.Output);
        seen.GetProperty("messages").GetInt32().ShouldBe(messages);
        seen.GetProperty("wrong").GetInt32().ShouldBe(0);
    }

    private static void CheckReplayedTrades(JsonElement seen, ReplaySource source, DateTimeOffset from)
    {
        var trades = seen.EnumerateArray().ToArray();
        trades.Length.ShouldBeGreaterThan(0);
        var truth = source.Trades.Where(trade => trade.UnixNanoseconds > WireTime.Nanoseconds(from)).Take(trades.Length).ToArray();
        trades.Select(trade => (trade[0].GetString(), trade[1].GetInt64(), trade[2].GetDecimal(), trade[3].GetDecimal(), trade[4].GetString(), trade[5].GetString())).ShouldBe(truth.Select(trade => (
            (string?)$"{trade.Id}", trade.UnixNanoseconds / 1_000_000, (decimal)trade.Price / Scale.One, (decimal)trade.Volume / Scale.One, (string?)(trade.IsBuy ? "buy" : "sell"), (string?)(trade.IsMarket ? "market" : "limit"))));
    }

    private static async Task CheckReplayedBooksAsync(JsonElement seen, ReplaySource source, CancellationToken cancellationToken)
    {
        var history = new OrderBookHistory(source.Store, () => new KrakenBookWire());
        seen.GetArrayLength().ShouldBe(500);
        foreach (var book in seen.EnumerateArray())
        {
            var time = DateTimeOffset.Parse(book[0].GetString()!, CultureInfo.InvariantCulture);
            var state = await history.GetBookAsync(ReplaySource.Symbol, time, byExchangeTime: true, cancellationToken: cancellationToken);
            Levels(book[1]).ShouldBe(state!.Asks.Select(level => (level.Price, level.Quantity)));
            Levels(book[2]).ShouldBe(state.Bids.Select(level => (level.Price, level.Quantity)));
        }

        static IEnumerable<(decimal, decimal)> Levels(JsonElement side) => side.EnumerateArray().Select(level => (level[0].GetDecimal(), level[1].GetDecimal()));
    }
}
