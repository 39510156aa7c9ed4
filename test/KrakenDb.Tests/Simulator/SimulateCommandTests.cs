using KrakenDb.Tests.Cli;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed class SimulateCommandTests
{
    [Fact]
    public async Task It_prints_its_address_and_runs_until_it_is_interrupted()
    {
        var output = new WatchedOutput();
        using var stop = new CancellationTokenSource();
        var clock = new ManualClock(new(2024, 3, 1, 0, 0, 0, TimeSpan.Zero));

        var run = ProgramRun.IntoAsync(output, store: null, clock, stop.Token, "simulate", "--symbols", "DOGE/EUR,BTC/USD", "--seed", "7", "--speed", "60");
        var address = await output.FirstLine.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var before = await http.GetStringAsync(new Uri($"{address}/0/public/Time"), TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(2));
        var after = await http.GetStringAsync(new Uri($"{address}/0/public/Time"), TestContext.Current.CancellationToken);
        var pairs = await http.GetStringAsync(new Uri($"{address}/0/public/AssetPairs"), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var (code, error) = await run;

        before.ShouldContain("\"unixtime\":1709251200,");
        after.ShouldContain("\"unixtime\":1709251320,");
        pairs.ShouldContain("\"XDGEUR\"");
        code.ShouldBe(130);
        error.ShouldContain($"KRAKEN_API_URL={address} KRAKEN_WS_URL={address.Replace("http", "ws", StringComparison.Ordinal)}/v2");
        error.ShouldContain("Allowances come back 1 times as fast");
    }

    [Fact]
    public async Task It_lists_as_many_markets_as_asked_for_and_records_what_it_sends()
    {
        var output = new WatchedOutput();
        using var stop = new CancellationTokenSource();
        using var folder = new TemporaryFolder();
        var clock = new ManualClock(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

        var run = ProgramRun.IntoAsync(output, store: null, clock, stop.Token, "simulate", "--symbols", "20", "--trades-per-second", "70", "--start", "-10m", "--limits", "50", "--record", folder["sent"]);
        var address = await output.FirstLine.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var control = System.Text.Json.JsonElement.Parse(await http.GetStringAsync(new Uri($"{address}/control"), TestContext.Current.CancellationToken));
        using (var socket = new System.Net.WebSockets.ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri($"{address.Replace("http", "ws", StringComparison.Ordinal)}/v2"), TestContext.Current.CancellationToken);
            await socket.ReceiveAsync(new byte[1_000], TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        var (_, error) = await run;

        var ids = control.GetProperty("markets").EnumerateArray().Select(market => market.GetProperty("last_trade_id").GetInt64()).ToArray();
        ids.Length.ShouldBe(20);
        // 20 markets for 600 s; minutes differ as much as real ones.
        ((double)ids.Sum()).ShouldBeInRange(20 * 600 * 70 * 0.7, 20 * 600 * 70 * 1.4);
        error.ShouldContain("Allowances come back 50 times as fast");
        (await File.ReadAllTextAsync(folder["sent"], TestContext.Current.CancellationToken)).ShouldContain("\t{\"channel\":\"status\"");
    }

    [Theory]
    [InlineData("--symbols BTCUSD", "'BTCUSD' is not a symbol")]
    [InlineData("--speed 0", "'0' is not a speed")]
    [InlineData("--port 70000", "a port is at most 65535")]
    [InlineData("--seed -1", "'-1' is not a whole number")]
    [InlineData("--symbols 31", "there are no 31 markets ready. Give a number from 1 to 30, or symbols such as BTC/USD")]
    [InlineData("--trades-per-second 0", "'0' is not a pace")]
    [InlineData("--trades-per-second much", "'much' is not a number of trades a second")]
    [InlineData("--limits -1", "'-1' is not a factor")]
    [InlineData("--start 1969-01-01", "'1969-01-01' is before 1970")]
    public async Task What_cannot_be_read_is_named(string arguments, string message)
    {
        var run = await ProgramRun.OnAsync(store: null, clock: null, ["simulate", .. arguments.Split(' ')]);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(message);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var exchange = await KrakenDb.Simulator.SimulatedExchange.StartAsync(new());

        var run = await ProgramRun.OnAsync(store: null, clock: null, "simulate", "--port", $"{exchange.BaseAddress.Port}");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"127.0.0.1:{exchange.BaseAddress.Port}");
    }
}
