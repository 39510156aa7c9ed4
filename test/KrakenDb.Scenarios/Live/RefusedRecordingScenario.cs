using System.Globalization;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios.Live;

/// <summary>What the program says, and with what it ends, where the exchange or another process refuses it.</summary>
public sealed class RefusedRecordingScenario
{
    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refused_symbol_is_named_and_the_others_are_recorded_by_one_process_at_a_time()
    {
        using var home = new TemporaryFolder();
        await using var exchange = await StartAsync("ETH/USD");
        var environment = Environment(home, exchange);
        using var program = ProgramUnderTest.Start(environment, "collect", "--symbols", "BTC/USD", "ETH/USD", "--flush-interval", "0.5");
        await UntilAsync(() => Task.FromResult(program.Story.Contains("refuses ETH/USD", StringComparison.Ordinal)), program);
        await UntilAsync(async () => (await StoredAsync(home)).Contains("BTC/USD", StringComparer.Ordinal), program);

        using var second = await ProgramUnderTest.RunAsync(environment, Ended, "collect", "--symbols", "BTC/USD");

        second.ExitCode.ShouldBe(1, second.Story);
        second.Story.ShouldContain("another process that records or serves it");
        program.HasEnded.ShouldBeFalse(program.Story);
        await program.TerminateAsync(Ended);
        program.ExitCode.ShouldBe(143, program.Story);
        program.Story.ShouldContain("Currency pair not supported");
        (await StoredAsync(home)).ShouldBe(["BTC/USD"]);
    }

    [Fact]
    public async Task Where_every_symbol_is_refused_the_program_ends_with_1_and_names_them()
    {
        using var home = new TemporaryFolder();
        await using var exchange = await StartAsync("BTC/USD", "ETH/USD");

        using var program = await ProgramUnderTest.RunAsync(Environment(home, exchange), Ended, "collect", "--symbols", "BTC/USD", "ETH/USD");

        program.ExitCode.ShouldBe(1, program.Story);
        program.Story.ShouldContain("The exchange refuses every symbol: BTC/USD: ");
        program.Story.ShouldContain("; ETH/USD: ");
    }

    internal static async Task<SimulatedExchange> StartAsync(params string[] refused)
    {
        string[] symbols = ["BTC/USD", "ETH/USD"];
        var start = UnixTime.ToDateTimeOffset(Interval.Minute.Floor(UnixTime.Microseconds(TimeProvider.System.GetUtcNow()))).AddMinutes(-5);
        var exchange = await SimulatedExchange.StartAsync(
            new SimulatedExchangeOptions { Markets = [.. symbols.Select(symbol => MarketSpec.Of(symbol, 7).WithPace(20) with { Start = start })] },
            Ended);
        using var control = new HttpClient { BaseAddress = exchange.BaseAddress };
        foreach (var symbol in refused)
        {
            using var reply = await control.PostAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/control/refuse?symbol={symbol}"), UriKind.Relative), content: null, Ended);
            reply.EnsureSuccessStatusCode();
        }

        return exchange;
    }

    internal static Dictionary<string, string?> Environment(TemporaryFolder home, SimulatedExchange exchange) => new()
    {
        ["DATABASE_URL"] = home["kraken.duckdb"],
        ["KRAKENDB_HOME"] = home.Path,
        ["KRAKEN_API_URL"] = exchange.BaseAddress.ToString().TrimEnd('/'),
        ["KRAKEN_WS_URL"] = exchange.FeedAddress.ToString(),
    };

    private static async Task<IReadOnlyList<string>> StoredAsync(TemporaryFolder home)
    {
        await using var store = await MarketStore.OpenAsync(home["kraken.duckdb"], MarketStoreOptions.Default with { CreateIfMissing = false }, Ended);
        return [.. (await store.GetSyncStatusAsync(symbol: null, Ended)).Where(row => row.DataType == DataType.Trades && row.TotalRecords > 0).Select(row => row.Symbol)];
    }

    internal static async Task UntilAsync(Func<Task<bool>> holds, ProgramUnderTest program)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            program.HasEnded.ShouldBeFalse(program.HasEnded ? program.Story : "");
            patience.IsCancellationRequested.ShouldBeFalse(program.Story);
            await Task.Delay(50, Ended);
        }
    }
}
