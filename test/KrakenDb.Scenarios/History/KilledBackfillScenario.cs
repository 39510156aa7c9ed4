using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios.History;

/// <summary>
/// The proof of the ingestion: 2,000,000 trades of three symbols, fetched by the program over the wire with 5 % faulty replies and killed three times on the way,
/// end as the exchange's own record: every trade, every candle, coverage, and what <c>verify</c> says.
/// </summary>
public sealed class KilledBackfillScenario
{
    private const int TradesInFull = 2_000_000;
    private const int Kills = 3;

    // A run that lacks ids looks for them again; more than a few of them in a row would be a fault of ours.
    private const int RunsMax = 8;

    private static readonly MarketSpec[] Markets = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd, MarketSpec.RippleTether];

    [Fact]
    public async Task On_DuckDB_a_backfill_killed_three_times_ends_as_the_exchange_has_it()
    {
        using var folder = new TemporaryFolder();
        await RunAsync("DuckDB", folder["kraken.duckdb"]);
    }

    [Fact]
    public async Task On_PostgreSQL_a_backfill_killed_three_times_ends_as_the_exchange_has_it()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await RunAsync("PostgreSQL", database.Url);
    }

    [Fact]
    public async Task On_TimescaleDB_a_backfill_killed_three_times_ends_as_the_exchange_has_it()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await RunAsync("TimescaleDB", database.Url);
    }

    private static async Task RunAsync(string engine, string store)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var random = ScenarioScale.Start($"Killed backfill on {engine}");
        var wanted = ScenarioScale.Of(TradesInFull);
        var seed = (ulong)random.Next();
        await using var exchange = await SimulatedExchange.StartAsync(
            new SimulatedExchangeOptions { Markets = MarketsWith(wanted, seed), Faults = ExchangeFaults.Mixed(perThousand: 50, seed), SilenceFor = TimeSpan.FromSeconds(2) }, cancellationToken);
        using var home = new TemporaryFolder();
        var environment = new Dictionary<string, string?>
        {
            ["DATABASE_URL"] = store,
            ["KRAKENDB_HOME"] = home.Path,
            ["KRAKEN_API_URL"] = exchange.BaseAddress.ToString().TrimEnd('/'),
            ["KRAKEN_API_RATE"] = "1000",
        };
        var watch = Stopwatch.StartNew();
        var pages = wanted / 1_000;
        for (var kill = 1; kill <= Kills; kill++)
        {
            await KillAsync(exchange, environment, random.Next(1, Math.Max(2, pages / (Kills + 1))), random.Next(0, 30), cancellationToken);
            using var check = await ProgramUnderTest.RunAsync(environment, cancellationToken, "verify", "--offline");
            check.ExitCode.ShouldBe(0, check.Story);
            ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: killed after {exchange.Requests.Of("Trades")} calls, undamaged"));
        }

        await FinishAsync(store, environment, cancellationToken);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: complete after {exchange.Requests.Total} calls, {exchange.Requests.Faulty} with a fault"));
        exchange.Requests.Faulty.ShouldBeGreaterThan(0);
        long total = 0;
        await using (var opened = await MarketStore.OpenAsync(store, MarketStoreOptions.Default with { CreateIfMissing = false }, cancellationToken))
        {
            foreach (var market in Markets)
            {
                total += await new ExchangeRecord(exchange, market.Symbol).ShouldBeStoredAsync(opened, cancellationToken);
            }
        }

        total.ShouldBeGreaterThanOrEqualTo(wanted);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: {total} trades and their candles compared"));
        await VerdictShouldBeProvenAsync(environment, cancellationToken);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: proven"));
    }

    /// <summary>Markets that begin so long ago that they have traded so often by now.</summary>
    private static MarketSpec[] MarketsWith(int trades, ulong seed)
    {
        var markets = Markets.Select(market => market with { Seed = market.Seed ^ (seed << 8) }).ToArray();
        var drawn = markets.Select(market => new SeededMarket(market)).ToArray();
        var minutes = 0;
        while (drawn.Sum(market => market.NextTradeId - 1) < trades)
        {
            minutes += 60;
            foreach (var market in drawn)
            {
                market.Skip(60);
            }
        }

        // A whole minute, and the open one on top.
        var now = TimeProvider.System.GetUtcNow();
        var start = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddMinutes(-minutes);
        return [.. markets.Select(market => market with { Start = start })];
    }

    private static async Task KillAsync(SimulatedExchange exchange, Dictionary<string, string?> environment, int afterCalls, int afterMilliseconds, CancellationToken cancellationToken)
    {
        var before = exchange.Requests.Of("Trades");
        using var run = ProgramUnderTest.Start(environment, ["backfill", "--symbols", .. Markets.Select(market => market.Symbol)]);
        while (exchange.Requests.Of("Trades") < before + afterCalls)
        {
            run.HasEnded.ShouldBeFalse(run.Story);
            await Task.Delay(1, cancellationToken);
        }

        await Task.Delay(afterMilliseconds, cancellationToken);
        run.HasEnded.ShouldBeFalse(run.Story);
        await run.KillAsync();
    }

    private static async Task FinishAsync(string store, Dictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var run = await ProgramUnderTest.RunAsync(environment, cancellationToken, ["backfill", "--symbols", .. Markets.Select(market => market.Symbol)]);
            run.ExitCode.ShouldBe(0, run.Story);
            await using var opened = await MarketStore.OpenAsync(store, MarketStoreOptions.Default with { CreateIfMissing = false }, cancellationToken);
            var ranges = new List<int>();
            foreach (var market in Markets)
            {
                ranges.Add((await opened.GetCoverageAsync(market.Symbol, DataType.Trades, cancellationToken)).Count);
            }

            if (ranges.TrueForAll(count => count == 1))
            {
                return;
            }

            ScenarioScale.Tell($"run {attempt} left ids to be looked for again: {string.Join(", ", ranges)} ranges");
            attempt.ShouldBeLessThan(RunsMax, run.Story);
        }
    }

    private static async Task VerdictShouldBeProvenAsync(Dictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        using var verify = await ProgramUnderTest.RunAsync(environment, cancellationToken, "verify", "--format", "json");
        verify.ExitCode.ShouldBe(0, verify.Story);
        using var reports = JsonDocument.Parse(verify.Output);
        reports.RootElement.EnumerateArray().Select(report => (report.GetProperty("symbol").GetString(), report.GetProperty("verdict").GetString(), report.GetProperty("ohlc_error").GetString()))
            .ShouldBe(Markets.Select(market => ((string?)market.Symbol, (string?)"proven", (string?)null)), ignoreOrder: true, verify.Story);
    }
}
