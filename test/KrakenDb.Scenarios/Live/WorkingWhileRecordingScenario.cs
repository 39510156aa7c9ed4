using System.Globalization;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using Shouldly;
using Xunit;
using static KrakenDb.Scenarios.Live.RefusedRecordingScenario;

namespace KrakenDb.Scenarios.Live;

/// <summary>A recording, and beside it what a person does meanwhile: a strategy, questions, an import of a million rows; each in a process of its own.</summary>
public sealed class WorkingWhileRecordingScenario
{
    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_strategy_reads_and_an_import_writes_while_a_recording_goes_on_in_the_same_file()
    {
        ScenarioScale.Start("Working while recording");
        using var home = new TemporaryFolder();
        var rows = ScenarioScale.Of(1_000_000);
        var history = new CandleFile(MarketSpec.RippleTether, MinuteSpan.First(rows * 2)) { RowsMax = rows };
        await history.WriteToDirectoryAsync(home["csv"]);
        var last = DateTimeOffset.FromUnixTimeSeconds(history.Rows().Last().UnixSeconds);
        await using var exchange = await StartAsync();
        var environment = Environment(home, exchange);
        using var recording = ProgramUnderTest.Start(environment, "collect", "--symbols", "BTC/USD", "ETH/USD", "--flush-interval", "0.2");
        await UntilAsync(() => Task.FromResult(recording.Story.Contains("Recording ", StringComparison.Ordinal)), recording);

        // This process is the strategy: it opens the file by its name and is given the owner.
        await using var store = await MarketStore.OpenAsync(home["kraken.duckdb"], MarketStoreOptions.Default with { CreateIfMissing = false }, Ended);
        var provider = new HistoricalDataProvider(store);
        await UntilAsync(async () => await NewestAsync() > 0, recording);
        var before = await NewestAsync();
        using var import = ProgramUnderTest.Start(environment, "import", "--dir", home["csv"], "--all", "--format", "json");
        var asked = 0;
        do
        {
            (await provider.GetLatestCandlesAsync("BTC/USD", Interval.Minute, 3, cancellationToken: Ended)).Count.ShouldBeLessThanOrEqualTo(3);
            asked++;
        }
        while (!import.HasEnded);

        import.ExitCode.ShouldBe(0, import.Story);
        import.Story.ShouldContain("Carried out by the owner at ");
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{rows} rows imported by the owner, {asked} questions meanwhile, {recording.Megabytes} MB in memory"));
        using var latest = await ProgramUnderTest.RunAsync(environment, Ended, "latest", "XRP/USDT", "--interval", "1", "--count", "1", "--as-of", last.AddMinutes(1).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture), "--format", "csv");
        latest.Output.ShouldContain(last.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), customMessage: latest.Story);
        await UntilAsync(async () => await NewestAsync() > before, recording);
        await recording.TerminateAsync(Ended);

        recording.ExitCode.ShouldBe(143, recording.Story);
        await using var file = await MarketStore.OpenAsync(home["kraken.duckdb"], MarketStoreOptions.Default with { CreateIfMissing = false }, Ended);
        (await file.GetSyncStatusAsync("XRP/USDT", Ended)).Single(row => row.DataType == DataType.Candles(Interval.Minute)).TotalRecords.ShouldBe(rows);
        foreach (var symbol in new[] { "BTC/USD", "ETH/USD" })
        {
            var proven = (await file.GetCoverageAsync(symbol, DataType.Trades, Ended)).ShouldHaveSingleItem();
            proven.Grade.ShouldBe(CoverageGrade.Proven);
            var stored = (await file.ReadTradesAsync(symbol, proven.Range, 0, int.MaxValue, Ended)).Rows().Select(row => (row.Id, row.Price, row.Volume)).ToList();
            stored.ShouldBe(exchange.Trades(symbol).Where(trade => trade.Id >= stored[0].Id && trade.Id <= stored[^1].Id).Select(trade => (trade.Id, trade.Price, trade.Volume)));
        }

        async Task<long> NewestAsync() => (await store.GetCoverageAsync("BTC/USD", DataType.Trades, Ended)) is [.., var newest] ? newest.LastTradeId ?? 0 : 0;
    }
}
