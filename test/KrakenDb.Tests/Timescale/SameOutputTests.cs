using KrakenDb.Simulator;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>Every command prints the same on the server engine as on the embedded one.</summary>
public sealed class SameOutputTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2024, 1, 20, 13, 7, 0, TimeSpan.Zero);

    // What is asked, in every format that there is.
    private static readonly string[] Questions =
    [
        "symbols --format csv",
        "status --format csv",
        "status BTC/USD --format json",
        "range BTC/USD --format json",
        "candles BTC/USD --interval 1 --start 2024-01-02 --end 2024-01-03 --format csv",
        "candles XBTUSD --interval 7 --format csv",
        "candles BTC/USD --interval 5 --format json",
        "candles BTC/USD --interval 1h --holes skip --format csv",
        "candles BTC/USD --interval 4h --format csv",
        "candles ETH/USD --interval 12h --format csv",
        "candles BTC/USD --interval 1d --format csv",
        "candles BTC/USD --interval 1w --format csv",
        "candles ETH/USD --interval 1h --holes fail --format csv",
        "latest BTC/USD --interval 15 --count 50 --format csv",
        "latest ETH/USD --interval 1 --count 300",
        "latest BTC/USD --interval 1h --count 5 --as-of 2024-01-05T10:30 --format csv",
        "multi BTC/USD --as-of 2024-01-06 --format csv",
        "replay BTC/USD --interval 30 --format csv",
        "candles NOPE/USD --interval 1",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task On_PostgreSQL()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await CompareAsync(database.Url);
    }

    [Fact]
    public async Task On_TimescaleDB()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await CompareAsync(database.Url);
    }

    [Fact]
    public async Task On_TimescaleDB_with_the_real_data()
    {
        var data = Required.SharedData();
        await using var database = await TestDatabase.CreateTimescaleAsync();
        string[] stores = [_folder["real.duckdb"], database.Url];
        foreach (var file in Directory.GetFiles(data, "*.csv", SearchOption.AllDirectories).Concat(Directory.GetFiles(data, "*.zip", SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            await SameAsync(stores, "import", "--file", file, "--all");
        }

        await SameAsync(stores, "symbols", "--format", "csv");
        await SameAsync(stores, "status", "--format", "csv");
    }

    private async Task CompareAsync(string url)
    {
        string[] stores = [_folder["same.duckdb"], url];
        await WriteFilesAsync("first", MarketSpec.BitcoinUsd, MarketSpec.EtherUsd);
        await ImportAsync(stores, "first");
        await AskAsync(stores);

        // Later files overlap, contradict and leave holes.
        await WriteFilesAsync("second", MarketSpec.BitcoinUsd with { Seed = 99, Start = MarketSpec.BitcoinUsd.Start.AddDays(3), FirstTradeId = 1_000_000 });
        await ImportAsync(stores, "second");
        await ImportAsync(stores, "second");
        await AskAsync(stores);
    }

    private async Task WriteFilesAsync(string folder, params MarketSpec[] markets)
    {
        foreach (var market in markets)
        {
            await new CandleFile(market, MinuteSpan.First(9_000)).WriteToDirectoryAsync(_folder[folder]);
            await new CandleFile(market, MinuteSpan.First(12_000)) { IntervalMinutes = 60 }.WriteToDirectoryAsync(_folder[folder]);
        }

        await new TradeFile(markets[0], new MinuteSpan(2_000, 500), TradeLayout.WithIds).WriteToDirectoryAsync(_folder[folder]);
    }

    // One by one: which of two files inserts a minute that both have depends on which comes first.
    private async Task ImportAsync(string[] stores, string folder)
    {
        foreach (var file in Directory.GetFiles(_folder[folder]).Order(StringComparer.Ordinal))
        {
            await SameAsync(stores, "import", "--file", file, "--all");
        }
    }

    private static async Task AskAsync(string[] stores)
    {
        foreach (var question in Questions)
        {
            await SameAsync(stores, question.Split(' '));
        }
    }

    private static async Task SameAsync(string[] stores, params string[] arguments)
    {
        var runs = new List<ProgramRun>();
        foreach (var store in stores)
        {
            runs.Add(await ProgramRun.OnAsync(store: null, new ManualClock(Now), [.. arguments, "--db-url", store]));
        }

        runs[1].ExitCode.ShouldBe(runs[0].ExitCode, customMessage: $"{string.Join(' ', arguments)}: {runs[1].Error}");
        runs[1].Output.ShouldBe(runs[0].Output, customMessage: string.Join(' ', arguments));
    }
}
