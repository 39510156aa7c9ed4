using KrakenDb.Simulator;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

/// <summary>kill -9 in the middle of an import, again and again: what is committed is consistent, and the last run ends where an undisturbed one does.</summary>
public sealed class KillTests : IDisposable
{
    private const int KillsMax = 6;

    private static readonly MinuteSpan Span = MinuteSpan.First(150_000);
    private static readonly MarketSpec[] Markets = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_import_continues_and_ends_with_the_rows_and_coverage_of_an_undisturbed_one()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        foreach (var market in Markets)
        {
            await new CandleFile(market, Span).WriteToDirectoryAsync(_folder["csv"], null, CancellationToken.None);
        }

        var store = _folder["killed.duckdb"];
        var unfinished = 0;
        var growthMax = 3_000_000;
        for (var kills = 0; kills < KillsMax; kills++)
        {
            using var import = RunningProgram.Start("import", "--dir", _folder["csv"], "--batch-size", "3000", "--db-url", store);
            await import.OwnsAsync(store);
            var start = SizeOnDisk(store);
            var growth = random.Next(0, growthMax);
            while (!import.HasEnded && SizeOnDisk(store) < start + growth)
            {
                await Task.Delay(1);
            }

            await Task.Delay(random.Next(0, 20));
            await import.KillAsync();
            var isWhole = await CheckAsync(store);
            unfinished += isWhole ? 0 : 1;
            TestContext.Current.TestOutputHelper?.WriteLine($"killed after {growth} more bytes: {(isWhole ? "all rows are there" : "rows are missing")}, {SizeOnDisk(store)} bytes");
            if (isWhole && unfinished > 0)
            {
                break;
            }

            if (isWhole)
            {
                // The kill came too late; once more from the beginning, and sooner.
                store = _folder[$"killed{kills}.duckdb"];
                growthMax /= 8;
            }
        }

        unfinished.ShouldBeGreaterThan(0, "No kill came while rows were missing: the file is too small for this machine.");
        var last = await RunningProgram.RunAsync(store, "import", "--dir", _folder["csv"], "--batch-size", "3000");
        last.ExitCode.ShouldBe(0, last.Story);
        (await CheckAsync(store)).ShouldBeTrue();
        var undisturbed = _folder["undisturbed.duckdb"];
        (await RunningProgram.RunAsync(undisturbed, "import", "--dir", _folder["csv"])).ExitCode.ShouldBe(0);
        (await StateAsync(store)).ShouldBe(await StateAsync(undisturbed));
    }

    /// <summary>Whether all rows are there. Whatever is there is the beginning of the files, covered to its last row.</summary>
    private static async Task<bool> CheckAsync(string path)
    {
        // Killed before the store was there.
        if (!File.Exists(path))
        {
            return false;
        }

        var isWhole = true;
        await using var store = await StoreFile.OpenAsync(path, create: false);
        foreach (var market in Markets)
        {
            var expected = SeededMarket.Candles(market, Span).Select(row => (row.UnixSeconds * 1_000_000, row.Open, row.High, row.Low, row.Close, row.Volume, (long)row.Trades)).ToList();
            using var stored = await store.ReadCandlesAsync(market.Symbol, 1, 1, Rows.Minutes(0, (int)Span.Minutes), default);
            stored.Rows().Select(row => (row.Timestamp, row.Open, row.High, row.Low, row.Close, row.Volume, row.TradeCount)).SequenceEqual(expected.Take(stored.Count)).ShouldBeTrue();
            var status = (await store.GetSyncStatusAsync(market.Symbol)).SingleOrDefault();
            (status?.TotalRecords ?? 0).ShouldBe(stored.Count);
            var coverage = await store.GetCoverageAsync(market.Symbol, "candles_1m");
            if (stored.Count > 0)
            {
                coverage.Stored().ShouldBe([new TimeRange(stored.Timestamp[0], stored.Timestamp[stored.Count - 1])]);
            }
            else
            {
                coverage.ShouldBeEmpty();
            }

            isWhole &= stored.Count == expected.Count;
        }

        return isWhole;
    }

    private static async Task<string> StateAsync(string path)
    {
        await using var store = await StoreFile.OpenAsync(path, create: false);
        var lines = new List<string>();
        foreach (var market in Markets)
        {
            using var stored = await store.ReadCandlesAsync(market.Symbol, 1, 1, Rows.Minutes(0, (int)Span.Minutes), default);
            lines.Add($"{market.Symbol} {stored.Count} {stored.Rows().Aggregate(0, HashCode.Combine)} {await store.GetCoverageAsync(market.Symbol, "candles_1m")} {await store.GetWantedFromAsync(market.Symbol)}");
        }

        lines.AddRange((await store.GetSyncStatusAsync()).Select(row => $"{row with { LastSyncAt = default }}"));
        return string.Join('\n', lines);
    }

    private static long SizeOnDisk(string path) => Length(path) + Length(path + ".wal");

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
