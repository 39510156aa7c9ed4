using System.Text.Json;
using KrakenDb.Simulator;
using KrakenDb.Tests.House;
using KrakenDb.Tests.Packages;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

/// <summary>A client that others wrote, unmodified, sees in the simulated exchange what it sees in Kraken (test/ccxt).</summary>
public sealed class CcxtTests
{
    private const string HowToGet = "The client ccxt is missing: install Node.js 20.19 or newer (it brings npm), and let `npm ci` in test/ccxt reach a package registry.";

    [Fact]
    public async Task An_unmodified_client_reads_the_exchange()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var folder = await InstallAsync(cancellationToken);
        var clock = new ManualClock(new(2024, 1, 5, 12, 0, 30, TimeSpan.Zero));
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = clock }, cancellationToken);
        var since = clock.GetUtcNow().AddHours(-6);

        var run = await ChildProcess.RunAsync(
            "node",
            ["client.js", exchange.BaseAddress.ToString().TrimEnd('/'), "BTC/USD", $"{since.ToUnixTimeMilliseconds()}"],
            folder,
            environment: null,
            cancellationToken);

        run.ExitCode.ShouldBe(0, run.Story);
        var seen = JsonElement.Parse(run.Output);
        seen.GetProperty("time").GetInt64().ShouldBe(clock.GetUtcNow().ToUnixTimeMilliseconds());
        seen.GetProperty("status").GetString().ShouldBe("ok");
        seen.GetProperty("markets").EnumerateArray().Select(market => (Text(market, "id"), Text(market, "symbol"), market.GetProperty("price").GetDecimal(), market.GetProperty("active").GetBoolean()))
            .ShouldBe([("XETHZUSD", "ETH/USD", 0.01m, true), ("XRPUSDT", "XRP/USDT", 0.00001m, true), ("XXBTZUSD", "BTC/USD", 0.1m, true)]);
        CheckTrades(seen, [.. exchange.Trades("BTC/USD", since, clock.GetUtcNow().AddTicks(1))]);
        CheckCandles(seen, exchange);
        seen.GetProperty("asks").GetArrayLength().ShouldBe(20);
        seen.GetProperty("errors").EnumerateObject().Select(error => (error.Name, error.Value.GetString())).ShouldBe(
        [
            ("UnknownPair", "ExchangeError"), ("TooManyRequests", "DDoSProtection"), ("RateLimitExceeded", "DDoSProtection"),
            ("Unavailable", "ExchangeNotAvailable"), ("HtmlError", "ExchangeNotAvailable"), ("CutConnection", "NetworkError"),
        ]);
    }

    private static void CheckTrades(JsonElement seen, SeededTrade[] truth)
    {
        truth.Length.ShouldBeGreaterThan(5_000);
        seen.GetProperty("pages").GetInt32().ShouldBeGreaterThan(10);
        seen.GetProperty("trades").EnumerateArray().Select(trade => (trade[0].GetString(), trade[1].GetInt64(), trade[2].GetString(), trade[3].GetString(), trade[4].GetString(), trade[5].GetString()))
            .ShouldBe(truth.Select(trade => (
                (string?)$"{trade.Id}",
                trade.UnixNanoseconds / 1_000_000,
                (string?)FormattableString.Invariant($"{(decimal)trade.Price / Scale.One:F5}"),
                (string?)FormattableString.Invariant($"{(decimal)(long)trade.Volume / Scale.One:F8}"),
                (string?)(trade.IsBuy ? "buy" : "sell"),
                (string?)(trade.IsMarket ? "market" : "limit"))));
    }

    private static void CheckCandles(JsonElement seen, SimulatedExchange exchange)
    {
        var minutes = seen.GetProperty("candles").EnumerateArray().ToDictionary(candle => candle[0].GetInt64() / 1_000);
        minutes.Count.ShouldBe(721);
        foreach (var row in exchange.Minutes("BTC/USD").Select(minute => minute.Row).TakeLast(600))
        {
            var candle = minutes[row.UnixSeconds];
            Enumerable.Range(1, 5).Select(i => candle[i].GetDecimal()).ShouldBe(new[] { row.Open, row.High, row.Low, row.Close, (long)row.Volume }.Select(value => (decimal)value / Scale.One));
        }

        seen.GetProperty("hours").GetArrayLength().ShouldBe(6);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    /// <summary>Installs what the lock file names, once per version of it, and gives the folder with the script beside it.</summary>
    private static async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var source = Repository.PathOf("test/ccxt");
        var folder = Repository.PathOf("artifacts/ccxt");
        var stamp = Path.Combine(folder, "installed");
        var wanted = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"), cancellationToken);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellationToken) == wanted)
            return folder;

        var story = await TryInstallAsync(folder, cancellationToken);
        Required.Part("ccxt", story is null, $"{HowToGet} {story}");
        await File.WriteAllTextAsync(stamp, wanted, cancellationToken);
        return folder;
    }

    /// <summary>Null when it went well, else what went wrong.</summary>
    private static async Task<string?> TryInstallAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            // On Windows npm is a script, which only its shell starts.
            string[] npm = ["ci", "--ignore-scripts", "--omit=optional", "--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
            var run = OperatingSystem.IsWindows()
                ? await ChildProcess.RunAsync("cmd.exe", ["/c", "npm", .. npm], folder, environment: null, cancellationToken)
                : await ChildProcess.RunAsync("npm", npm, folder, environment: null, cancellationToken);
            return run.ExitCode == 0 ? null : run.Story;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
    }
}
