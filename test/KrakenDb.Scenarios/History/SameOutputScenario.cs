using System.Diagnostics;
using System.Globalization;
using KrakenDb.Cli;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios.History;

/// <summary>
/// The demo's data, a year of two markets in full, imported from the same files into the embedded engine and into a server: every command prints the same, to the
/// last byte. Trades of some days, larger candles from their own files, and a late second copy of some weeks come on top.
/// </summary>
public sealed class SameOutputScenario
{
    private static readonly string[] Intervals = ["5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w"];

    // Retention keeps ten days at least and drops whole weeks: one goes at any scale.
    private const int MinutesLeast = 22 * 1440;

    [Fact]
    public async Task On_PostgreSQL_every_command_prints_of_the_demo_what_it_prints_on_a_file()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await RunAsync("PostgreSQL", database);
    }

    [Fact]
    public async Task On_TimescaleDB_every_command_prints_of_the_demo_what_it_prints_on_a_file()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await RunAsync("TimescaleDB", database);
    }

    private static async Task RunAsync(string engine, TestDatabase database)
    {
        ScenarioScale.Start($"Same output of the demo's data on {engine}");
        using var folder = new TemporaryFolder();
        var span = MinuteSpan.First(ScenarioScale.Of(DemoData.Minutes, MinutesLeast));
        var end = DemoData.Markets[0].Start.AddMinutes(span.Minutes);
        var engines = new EngineComparison(folder, folder["demo.duckdb"], database.Url, end.AddHours(7.5));
        var watch = Stopwatch.StartNew();

        await ImportAsync(engines, folder, DemoData.Markets.Select(market => new CandleFile(market, span)));
        if (engine == "TimescaleDB")
        {
            await ShouldBeInEveryViewAsync(database);
        }

        Tell("the demo's files are imported");
        await AskAsync(engines, end);
        Tell("asked");

        var bitcoin = DemoData.Markets[0];
        await ImportAsync(
            engines,
            folder,
            [
                new CandleFile(bitcoin, span) { IntervalMinutes = 240 },
                new TradeFile(bitcoin, new MinuteSpan(5_000, 2_880), TradeLayout.WithIds),
                new CandleFile(bitcoin with { Seed = 7 }, new MinuteSpan(9_000, 10_080)),
            ]);
        Tell("later files are in");

        // A quarter of the minutes stays, so that the questions go across the edge.
        await engines.SameAsync(string.Create(CultureInfo.InvariantCulture, $"db retention set candles {Math.Max(10, span.Minutes / 1440 / 4)}d"));
        await engines.SameAsync("db retention run --format json");
        await AskAsync(engines, end);
        Tell("minutes went by retention, asked again");

        void Tell(string what) => ScenarioScale.Tell(string.Create(
            CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: {what}; {engines.Commands} commands and {engines.Lines} lines are equal"));
    }

    // One by one: which of two files inserts a minute that both have depends on which comes first.
    private static async Task ImportAsync(EngineComparison engines, TemporaryFolder folder, IEnumerable<KrakenCsvFile> files)
    {
        foreach (var file in files)
        {
            await file.WriteToDirectoryAsync(folder["csv"]);
            await engines.SameAsync("import", "--file", Path.Combine(folder["csv"], file.FileName), "--all");
        }
    }

    private static async Task AskAsync(EngineComparison engines, DateTimeOffset end)
    {
        foreach (var symbol in DemoData.Markets.Select(market => market.Symbol))
        {
            await engines.SameAsync($"candles {symbol} --interval 1m --format csv");
            foreach (var interval in Intervals)
            {
                await engines.SameAsync($"candles {symbol} --interval {interval} --format csv");
            }

            await engines.SameAsync($"latest {symbol} --interval 1h --count 200 --format json");
            await engines.SameAsync($"latest {symbol} --interval 1w --count 10 --format json");
            await engines.SameAsync($"candles {symbol} --interval 2h --holes skip --format csv");
            await engines.SameAsync($"candles {symbol} --interval 7m --start {Day(end, -9)} --format csv");
            await engines.SameAsync($"range {symbol} --format json");
            await engines.SameAsync($"status {symbol}");
            await engines.SameAsync($"coverage {symbol}");
            await engines.SameAsync($"chart {symbol} --interval 12h");
            await engines.SameAsync($"multi {symbol} --as-of {Day(end, -5)} --format csv");
            await engines.SameFileAsync(".csv", $"export {symbol} --interval 15m --to");
            await engines.SameFileAsync(".parquet", $"export {symbol} --interval 1h --to");
        }

        await engines.SameAsync($"replay {string.Join(' ', DemoData.Markets.Select(market => market.Symbol))} --interval 5m --format csv");
        await engines.SameAsync("symbols --format json");
        await engines.SameAsync("status --format json");
        await engines.SameAsync("verify --offline --format json");
    }

    // A year of imported minutes, in sums of another hand.
    private static async Task ShouldBeInEveryViewAsync(TestDatabase database)
    {
        foreach (var interval in Intervals)
        {
            var sums = await database.ScalarAsync<string>(
                $"""
                SELECT string_agg(symbol || ' ' || trim_scale(volume) || ' ' || trade_count, ';' ORDER BY symbol)
                FROM (SELECT symbol, sum(volume) AS volume, sum(trade_count) AS trade_count FROM candles_{interval} GROUP BY symbol) AS of_symbol
                """);
            sums.ShouldBe(await database.ScalarAsync<string>(
                """
                SELECT string_agg(symbol || ' ' || trim_scale(volume) || ' ' || trade_count, ';' ORDER BY symbol)
                FROM (SELECT symbol, sum(volume) AS volume, sum(trade_count) AS trade_count FROM candles WHERE interval_minutes = 1 GROUP BY symbol) AS of_symbol
                """));
        }
    }

    private static string Day(DateTimeOffset time, int days) => time.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
