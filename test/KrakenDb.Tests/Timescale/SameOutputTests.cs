using KrakenDb.Simulator;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.House;
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
        "status BTC/USD",
        "coverage BTC/USD",
        "chart BTC/USD --interval 4h --count 60",
        "replay BTC/USD ETH/USD --interval 4h --format json",
        "verify --offline",
        "verify --symbols BTC/USD --offline --format json",
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
    public async Task On_PostgreSQL_with_hostile_data()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await CompareHostileAsync(database.Url);
    }

    [Fact]
    public async Task On_TimescaleDB_with_hostile_data()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await CompareHostileAsync(database.Url);
    }

    [Fact]
    public async Task On_TimescaleDB()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await CompareAsync(database.Url);
    }

    [Fact]
    public async Task On_PostgreSQL_with_the_real_data()
    {
        var data = Required.SharedData();
        await using var database = await TestDatabase.CreatePlainAsync();
        await CompareRealAsync(data, database.Url);
    }

    [Fact]
    public async Task On_TimescaleDB_with_the_real_data()
    {
        var data = Required.SharedData();
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await CompareRealAsync(data, database.Url);
    }

    private async Task CompareRealAsync(string data, string url)
    {
        // Their time, so that no market's rows are older than what is asked for by default.
        var engines = new EngineComparison(_folder, _folder["real.duckdb"], url, new DateTimeOffset(2025, 7, 1, 0, 0, 0, TimeSpan.Zero));
        foreach (var file in Directory.GetFiles(data, "*.csv", SearchOption.AllDirectories).Concat(Directory.GetFiles(data, "*.zip", SearchOption.AllDirectories)).Order(StringComparer.Ordinal))
        {
            await engines.SameAsync("import", "--file", file, "--all");
        }

        await engines.SameAsync("symbols --format csv");
        await engines.SameAsync("status --format json");
        await engines.SameAsync("verify --offline --format json");
        var symbols = await ProgramRun.OnAsync(store: null, clock: null, "symbols", "--format", "csv", "--db-url", url);
        foreach (var symbol in symbols.Lines.Skip(1).Select(line => line.Split(',')[0]))
        {
            await engines.SameAsync($"range {symbol} --format json");
            foreach (var interval in (string[])["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w"])
            {
                await engines.SameAsync($"candles {symbol} --interval {interval} --format csv");
            }
        }
    }

    private async Task CompareAsync(string url)
    {
        var engines = new EngineComparison(_folder, _folder["same.duckdb"], url, Now);
        await WriteFilesAsync("first", MarketSpec.BitcoinUsd, MarketSpec.EtherUsd);
        await ImportAsync(engines, "first");
        await AskAsync(engines);

        // Later files overlap, contradict and leave holes.
        await WriteFilesAsync("second", MarketSpec.BitcoinUsd with { Seed = 99, Start = MarketSpec.BitcoinUsd.Start.AddDays(3), FirstTradeId = 1_000_000 });
        await ImportAsync(engines, "second");
        await ImportAsync(engines, "second");
        await AskAsync(engines);

        // Rows that go by retention, those that are refused then, and those that come back.
        await engines.SameAsync("db", "retention", "set", "candles", "7d");
        await engines.SameAsync("db", "retention", "set", "trades", "17d");
        await engines.SameAsync("db", "retention", "set", "candles_15m", "9d");
        await engines.SameAsync("db", "retention", "run", "--format", "csv");
        await AskAsync(engines);
        await ImportAsync(engines, "first");
        await AskAsync(engines);
        await ImportAsync(engines, "first", "--allow-expiring");
        await AskAsync(engines);
        await engines.SameAsync("db", "retention", "run");
        await engines.SameAsync("db", "retention", "off");
        await AskAsync(engines);
    }

    // Minutes with and without an average, holes, trades of one time and of none, weeks that are covered to the half, rows that come late and again.
    private async Task CompareHostileAsync(string url)
    {
        var engines = new EngineComparison(_folder, _folder["hostile.duckdb"], url, Now);
        var start = new DateTimeOffset(2023, 12, 27, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        Directory.CreateDirectory(_folder["hostile"]);
        var minutes = Enumerable.Range(0, 20_000).Where(minute => minute % 17 > 2 && minute % 3_000 > 200).ToList();
        await ImportTextAsync("XBTUSD_1.csv", minutes.Where(minute => minute % 4_000 < 3_000).Select(Candle));
        await ImportTextAsync("XBTUSD.csv", Enumerable.Range(0, 3_000).Select(trade => FormattableString.Invariant($"{start + 200_000 + (trade / 7 * 13)},{100 + (trade % 11)}.5,0.{1 + (trade % 9)}")));
        await ImportTextAsync("XBTUSD_60.csv", Enumerable.Range(40, 300).Where(hour => hour % 5 != 0).Select(hour => Candle(hour * 60)));
        await AskAsync(engines);
        await ImportTextAsync("XBTUSD_1.csv", minutes.Where(minute => minute % 4_000 >= 2_500).Select(Candle));
        await ImportTextAsync("XBTUSD_1.csv", minutes.Where(minute => minute % 9 == 0).Select(minute => Candle(minute).Replace(",1", ",2", StringComparison.Ordinal)));
        await AskAsync(engines);
        await engines.SameAsync("db", "retention", "set", "candles", "10d");
        await engines.SameAsync("db", "retention", "run", "--format", "json");
        await AskAsync(engines);
        await ImportTextAsync("XBTUSD_1.csv", minutes.Where(minute => minute > 17_000).Select(Candle));
        await AskAsync(engines);

        string Candle(int minute) => FormattableString.Invariant($"{start + (minute * 60)},{100 + (minute % 13)},{120 + (minute % 3)},{90 - (minute % 5)},{101 + (minute % 7)},{minute % 6}.00000001,{minute % 6}");

        async Task ImportTextAsync(string name, IEnumerable<string> lines)
        {
            await File.WriteAllLinesAsync(_folder[$"hostile/{name}"], lines);
            await engines.SameAsync("import", "--file", _folder[$"hostile/{name}"], "--all");
        }
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
    private async Task ImportAsync(EngineComparison engines, string folder, params string[] options)
    {
        foreach (var file in Directory.GetFiles(_folder[folder]).Order(StringComparer.Ordinal))
        {
            await engines.SameAsync(["import", "--file", file, "--all", .. options]);
        }
    }

    private static async Task AskAsync(EngineComparison engines)
    {
        foreach (var question in Questions)
        {
            await engines.SameAsync(question);
        }
    }
}
