using System.Diagnostics;
using System.Globalization;
using KrakenDb.Cli;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios.Live;

/// <summary>
/// The proof of the recording: an hour of twenty markets, 5,000,000 trades and more, compressed in time, recorded by the program over a faulty WebSocket and a
/// faulty REST API, killed three times, on a server that is restarted; in the end the store holds the exchange's own record.
/// </summary>
public sealed class LiveCollectionScenario
{
    private const int TradesInFull = 5_040_000;
    private const int MinutesInFull = 60;
    private const int SymbolCount = 20;
    private const int SymbolCountOfAFew = 8;
    private const int Kills = 3;

    /// <summary>The clock of the exchange and of the program, timers, limits and time-outs included, goes so many times as fast.</summary>
    private const int Factor = 10;

    // They cost seconds of waiting each: nothing for the small scale.
    private static readonly FeedFault[] Slow = [FeedFault.HalfOpen, FeedFault.SilentTrades, FeedFault.SlowAck, FeedFault.MissingAck, FeedFault.LostRequest];

    [Fact]
    public async Task On_DuckDB_a_recording_killed_three_times_ends_as_the_exchange_has_it()
    {
        using var folder = new TemporaryFolder();
        await RunAsync("DuckDB", folder["kraken.duckdb"], restart: null);
    }

    [Fact]
    public async Task On_PostgreSQL_a_recording_killed_three_times_on_a_restarted_server_ends_as_the_exchange_has_it()
    {
        using var server = PostgresServer.StartOwn("-c fsync=off -c synchronous_commit=off");
        await RunAsync("PostgreSQL", await server.CreateDatabaseAsync("live"), async () =>
        {
            server.Kill();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            server.Start();
        });
    }

    private static async Task RunAsync(string engine, string url, Func<Task>? restart)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var random = ScenarioScale.Start($"Killed recording on {engine}");
        var minutes = ScenarioScale.Of(MinutesInFull, least: 3);
        string[] symbols = [.. MarketSpec.Popular.Take(minutes > 10 ? SymbolCount : SymbolCountOfAFew)];
        var trades = ScenarioScale.Of(TradesInFull) * symbols.Length / SymbolCount;
        var seed = (ulong)random.Next();
        var origin = TimeProvider.System.GetUtcNow();
        var clock = new SimulatedClock(TimeProvider.System, Factor, origin);
        var start = new DateTimeOffset(origin.Ticks - (origin.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        var end = start.AddMinutes(minutes);
        var pace = decimal.Round((decimal)trades / (symbols.Length * minutes * 60), 2);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"clock and limits {Factor} times as fast; {minutes} minutes, {symbols.Length} markets, {pace} trades a second each"));
        await using var exchange = await SimulatedExchange.StartAsync(
            new SimulatedExchangeOptions
            {
                Markets = [.. symbols.Select(symbol => MarketSpec.Of(symbol, seed).WithPace(pace) with { Start = start })],
                TimeProvider = clock,
                LimitTimeProvider = clock,
                RateLimitScale = 1,
                Faults = ExchangeFaults.Mixed(perThousand: 20, seed),
                SilenceFor = TimeSpan.FromSeconds(20) / Factor,
                FeedFaults = Faults(minutes, seed),
            },
            cancellationToken);
        using var home = new TemporaryFolder();
        var environment = new Dictionary<string, string?>
        {
            ["DATABASE_URL"] = url,
            ["KRAKENDB_HOME"] = home.Path,
            ["KRAKENDB_CLOCK"] = string.Create(CultureInfo.InvariantCulture, $"{Factor}@{origin:O}"),
            ["KRAKEN_API_URL"] = exchange.BaseAddress.ToString().TrimEnd('/'),
            ["KRAKEN_WS_URL"] = exchange.FeedAddress.ToString(),
        };
        string[] arguments = ["collect", "--symbols", .. symbols, "--since", start.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)];
        var watch = Stopwatch.StartNew();
        var program = ProgramUnderTest.Start(environment, arguments);
        try
        {
            for (var kill = 1; kill <= Kills; kill++)
            {
                // Spread over the hour, each somewhere within its part.
                var at = start + ((end - start) * ((kill - 1) + (random.Next(20, 90) / 100.0)) / (Kills + 1));
                await UntilAsync(() => clock.GetUtcNow() >= at, program, cancellationToken);

                // It is to be met at work.
                await UntilAsync(() => program.Story.Contains("Recording ", StringComparison.Ordinal), program, cancellationToken);
                if (restart is not null)
                {
                    await restart();
                }

                await Task.Delay(random.Next(0, 1000), cancellationToken);
                program.HasEnded.ShouldBeFalse(program.Story);
                ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: kill {kill} at {clock.GetUtcNow():HH:mm:ss}, {program.Megabytes} MB in memory{(restart is null ? "" : ", after a restart of the server")}"));
                await program.KillAsync();
                program.Dispose();
                program = ProgramUnderTest.Start(environment, arguments);
            }

            await UntilAsync(() => clock.GetUtcNow() >= end, program, cancellationToken);

            // The recording goes on until it is stopped; a fault of its last moment would leave a gap that only the next start fills.
            (exchange.FeedFaults, exchange.Faults) = (FeedFaults.None, ExchangeFaults.None);
            await UntilProvenAsync(url, symbols, start, end, program, watch, cancellationToken);
            program.Megabytes.ShouldBeLessThan(1024, "the program's memory in MB");
            ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: everything proven, {program.Megabytes} MB in memory; {exchange.Requests.Total} calls, {exchange.Requests.Faulty} with a fault; {exchange.FeedRecords.Count} connections"));
            await program.TerminateAsync(cancellationToken);
            program.ExitCode.ShouldBe(143, program.Story);
        }
        finally
        {
            program.Dispose();
        }

        await using var store = await MarketStore.OpenAsync(url, MarketStoreOptions.Default with { CreateIfMissing = false }, cancellationToken);
        long total = 0;
        foreach (var symbol in symbols)
        {
            total += await CompareAsync(store, exchange, symbol, start, end, cancellationToken);
        }

        total.ShouldBeGreaterThan(trades / 2);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: {total} trades and their candles compared"));
    }

    private static FeedFaults Faults(int minutes, ulong seed)
    {
        var all = FeedFaults.Mixed(perMillion: minutes > 10 ? 15 : 150, seed);
        return minutes > 10 ? all : all with { PerMillion = all.PerMillion.Where(fault => !Slow.Contains(fault.Key)).ToDictionary() };
    }

    private static async Task UntilAsync(Func<bool> holds, ProgramUnderTest program, CancellationToken cancellationToken)
    {
        while (!holds())
        {
            program.HasEnded.ShouldBeFalse(program.HasEnded ? program.Story : "");
            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>Until every market is one proven range from its start to the end; asked of the running program where it owns the file.</summary>
    private static async Task UntilProvenAsync(string url, string[] symbols, DateTimeOffset start, DateTimeOffset end, ProgramUnderTest program, Stopwatch watch, CancellationToken cancellationToken)
    {
        var limit = watch.Elapsed + TimeSpan.FromMinutes(ScenarioScale.Of(10, least: 3));
        while (true)
        {
            var open = new List<string>();
            await using (var store = await MarketStore.OpenAsync(url, MarketStoreOptions.Default with { CreateIfMissing = false }, cancellationToken))
            {
                foreach (var symbol in symbols)
                {
                    var coverage = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken);
                    if (coverage is not [{ Grade: CoverageGrade.Proven } only] || only.Range.Start > start || only.Range.End < end)
                    {
                        open.Add($"{symbol}: {coverage}");
                    }
                }
            }

            if (open.Count == 0)
            {
                return;
            }

            program.HasEnded.ShouldBeFalse(program.HasEnded ? program.Story : "");
            (watch.Elapsed < limit).ShouldBeTrue($"{string.Join(Environment.NewLine, open)}{Environment.NewLine}{program.Story}");
            await Task.Delay(250, cancellationToken);
        }
    }

    private static async Task<long> CompareAsync(IMarketStore store, SimulatedExchange exchange, string symbol, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        var covered = (await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken)).ShouldHaveSingleItem();

        // A market that was quiet at first has no first trade where its coverage began.
        (covered.Grade, covered.Range.Start, covered.FirstTradeId ?? 1).ShouldBe((CoverageGrade.Proven, start, 1), symbol);
        covered.Range.End.ShouldBeGreaterThanOrEqualTo(end);
        var stored = (await store.ReadTradesAsync(symbol, new TimeRange(start.AddDays(-1), start.AddDays(2)), 0, int.MaxValue, cancellationToken)).Rows().ToList();
        var truth = exchange.Trades(symbol, start, covered.Range.End.AddMinutes(10)).Take(stored.Count + 1).ToList();
        truth.Count.ShouldBeGreaterThanOrEqualTo(stored.Count, symbol);
        for (var index = 0; index < stored.Count; index++)
        {
            var (ours, theirs) = (stored[index], truth[index]);
            if ((ours.Id, ours.Price, ours.Volume, ours.Side, ours.OrderType) != (theirs.Id, theirs.Price, theirs.Volume, theirs.IsBuy ? TradeSide.Buy : TradeSide.Sell, theirs.IsMarket ? "market" : "limit")
                || Math.Abs(ours.TimestampNanoseconds - theirs.UnixNanoseconds) > 1000)
            {
                ours.ToString().ShouldBe(theirs.ToString(), symbol);
            }
        }

        // What comes next lies behind what is claimed: at its last microsecond at the earliest. A quiet market may have nothing next.
        foreach (var next in truth.Skip(stored.Count))
        {
            (next.UnixNanoseconds / 1000).ShouldBeGreaterThanOrEqualTo(covered.Range.EndMicroseconds - 1, $"{symbol}: trade {next.Id} is covered and not stored");
        }

        covered.LastTradeId.ShouldNotBeNull(symbol);
        stored.Count(row => row.TimestampMicroseconds < covered.Range.EndMicroseconds - 1).ShouldBeLessThanOrEqualTo((int)covered.LastTradeId.Value);
        var minutes = (await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken)).ShouldHaveSingleItem();
        minutes.Range.ShouldBe(new TimeRange(start, Interval.Minute.Floor(covered.Range.End)));
        minutes.Grade.ShouldBe(CoverageGrade.Proven);
        using var candles = await store.ReadCandlesAsync(symbol, 1, 1, new TimeRange(start.AddDays(-1), start.AddDays(2)), cancellationToken);
        candles.Rows().ShouldBe(Tests.Ingestion.ListedMarket.Minutes(stored, minutes.Range), symbol);
        (await store.GetAbsentTradeIdsAsync(symbol, cancellationToken)).ShouldBeEmpty();
        return stored.Count;
    }
}
