using System.Text;
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
        error.ShouldContain($"KRAKEN_API_URL={address}");
    }

    [Theory]
    [InlineData("--symbols BTCUSD", "'BTCUSD' is not a symbol")]
    [InlineData("--speed 0", "'0' is not a speed")]
    [InlineData("--port 70000", "a port is at most 65535")]
    [InlineData("--seed -1", "'-1' is not a whole number")]
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

    private sealed class WatchedOutput : MemoryStream
    {
        private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> FirstLine => _firstLine.Task;

        public override void Flush()
        {
            if (Encoding.UTF8.GetString(ToArray()).Split('\n') is [var line, _, ..])
                _firstLine.TrySetResult(line);
        }
    }
}
