using KrakenDb.Tests.Cli;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator.Replay;

public sealed class ServeReplayCommandTests
{
    [Fact]
    public async Task It_prints_its_address_says_what_it_has_and_runs_until_it_is_interrupted()
    {
        var source = await ReplaySource.Recorded;
        var clock = new ManualClock(ReplaySource.End.AddDays(1));
        var output = new WatchedOutput();
        using var stop = new CancellationTokenSource();

        var run = ProgramRun.IntoAsync(output, source.Store, clock, stop.Token, "serve-replay", "--symbols", "XBTUSD", "--from", "2024-01-01T01:00:00Z", "--to", "2024-01-01T01:30:00Z", "--speed", "60");
        var address = await output.FirstLine.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(10));
        using var http = new HttpClient();
        var time = await http.GetStringAsync(new Uri($"{address}/0/public/Time"), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var (code, error) = await run;

        time.ShouldContain($"\"unixtime\":{ReplaySource.BookStart.AddMinutes(10).ToUnixTimeSeconds()},");
        code.ShouldBe(130);
        error.ShouldContain("Order books: BTC/USD to depth 25.");
        error.ShouldContain($"KRAKEN_API_URL={address} KRAKEN_WS_URL={address.Replace("http", "ws", StringComparison.Ordinal)}/v2");
    }

    [Fact]
    public async Task Without_recorded_books_it_says_so()
    {
        var source = await ReplaySource.Bare;
        var output = new WatchedOutput();
        using var stop = new CancellationTokenSource();

        var run = ProgramRun.IntoAsync(output, source.Store, clock: null, stop.Token, "serve-replay", "--speed", "max");
        await output.FirstLine.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var (_, error) = await run;

        error.ShouldContain("No order book is recorded: subscriptions of book and ticker are refused, and so is Depth.");
        error.ShouldContain("as fast as the clients read: BTC/USD.");
    }

    [Theory]
    [InlineData("--from 2024-01-02 --to 2024-01-01", "give a --from before --to")]
    [InlineData("--speed fast", "'fast' is not a speed")]
    [InlineData("--port 70000", "'70000' is not a port")]
    [InlineData("--symbols BTC/USX", "Did you mean BTC/USD")]
    public async Task What_cannot_be_is_a_mistake(string arguments, string message)
    {
        await using var store = new InMemoryMarketStore();
        await ((IMarketStore)store).WriteAsync(new StoreWrite { Symbol = "BTC/USD", Trades = TradeBatch.FromRows([Storage.Rows.Trade(1)]) }, default);

        var run = await ProgramRun.OnAsync(store, clock: null, ["serve-replay", .. arguments.Split(' ')]);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(message);
    }
}
