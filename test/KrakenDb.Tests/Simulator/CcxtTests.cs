using System.Globalization;
using System.Text.Json;
using KrakenDb.Simulator;
using KrakenDb.Tests.House;
using KrakenDb.Tests.Packages;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

/// <summary>A client that others wrote, unmodified, sees in the simulated exchange what it sees in Kraken (test/ccxt).</summary>
public sealed partial class CcxtTests
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
        var errors = seen.GetProperty("errors").EnumerateObject().ToDictionary(error => error.Name, error => error.Value.GetString());
        errors.Remove("CutConnection", out var cut);
        errors.Select(error => (error.Key, error.Value)).ShouldBe(
        [
            ("UnknownPair", "ExchangeError"), ("TooManyRequests", "DDoSProtection"), ("RateLimitExceeded", "DDoSProtection"),
            ("Unavailable", "ExchangeNotAvailable"), ("HtmlError", "ExchangeNotAvailable"),
        ]);

        // ccxt's own where the cut is met by its fetch, JavaScript's where it is met in the body.
        new[] { "NetworkError", "SocketError", "Error" }.ShouldContain(cut);
    }

    [Fact]
    public async Task An_unmodified_client_watches_the_exchange()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var folder = await InstallAsync(cancellationToken);
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = new FastClock(TimeProvider.System, 60) }, cancellationToken);

        var run = await ChildProcess.RunAsync(
            "node",
            ["feed.js", exchange.BaseAddress.ToString().TrimEnd('/'), exchange.FeedAddress.ToString(), "BTC/USD"],
            folder,
            environment: null,
            cancellationToken);

        run.ExitCode.ShouldBe(0, run.Story);
        var seen = JsonElement.Parse(run.Output);
        CheckWatchedTrades(seen.GetProperty("trades"), exchange);
        CheckWatchedCandles(seen.GetProperty("candles"), exchange);
        CheckWatchedBooks(seen.GetProperty("books"), exchange);
    }

    [Fact]
    public async Task Every_checksum_holds_for_who_computes_it_from_the_raw_messages()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var folder = await InstallAsync(cancellationToken);
        // The last one is so cheap that its side of the bids has fewer than ten levels.
        var thin = MarketSpec.RippleTether with { Symbol = "SHIB/USD", CsvName = "SHIBUSD", StartPrice = 64 * Scale.Step(8), PriceDecimals = 8, VolatilityPpm = 50_000, TradesPerMinute = 60 };
        await using var exchange = await SimulatedExchange.StartAsync(
            new() { TimeProvider = new FastClock(TimeProvider.System, 60), Markets = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd, MarketSpec.RippleTether, thin] },
            cancellationToken);

        var run = await ChildProcess.RunAsync(
            "node",
            ["checksums.js", exchange.FeedAddress.ToString(), "BTC/USD,ETH/USD,XRP/USDT,SHIB/USD", "10,25,100,1000", "1500"],
            folder,
            environment: null,
            cancellationToken);

        run.ExitCode.ShouldBe(0, run.Story);
        var seen = JsonElement.Parse(run.Output);
        seen.GetProperty("messages").GetInt32().ShouldBe(6_000);
        seen.GetProperty("wrong").GetInt32().ShouldBe(0);
        seen.GetProperty("doubled").GetInt32().ShouldBeGreaterThan(20);
        seen.GetProperty("deletes").GetInt32().ShouldBeGreaterThan(1_000);
    }

    private static void CheckWatchedTrades(JsonElement seen, SimulatedExchange exchange)
    {
        var trades = seen.EnumerateArray().ToArray();
        trades.Length.ShouldBeGreaterThanOrEqualTo(60);
        var first = trades[0][1].GetInt64();
        var truth = exchange.Trades("BTC/USD", DateTimeOffset.FromUnixTimeMilliseconds(first), exchange.Now).ToDictionary(trade => $"{trade.Id}");
        foreach (var seenTrade in trades)
        {
            var trade = truth[seenTrade[0].GetString()!];
            seenTrade[1].GetInt64().ShouldBe(trade.UnixNanoseconds / 1_000_000);
            seenTrade[2].GetDecimal().ShouldBe((decimal)trade.Price / Scale.One);
            seenTrade[3].GetDecimal().ShouldBe((decimal)trade.Volume / Scale.One);
            seenTrade[4].GetString().ShouldBe(trade.IsBuy ? "buy" : "sell");
            seenTrade[5].GetString().ShouldBe(trade.IsMarket ? "market" : "limit");
        }
    }

    private static void CheckWatchedCandles(JsonElement seen, SimulatedExchange exchange)
    {
        // A minute's last state is its candle, unless the client stopped in its middle.
        var last = seen.EnumerateArray().GroupBy(candle => candle[0].GetInt64()).Select(minute => minute.Last()).SkipLast(1).ToArray();
        last.Length.ShouldBeGreaterThan(1);
        var start = DateTimeOffset.FromUnixTimeMilliseconds(last[0][0].GetInt64());
        var truth = TradedMinute.FromTrades(exchange.Trades("BTC/USD", start, exchange.Now)).ToDictionary(minute => minute.Row.UnixSeconds, minute => minute.Row);
        foreach (var candle in last)
        {
            var row = truth[candle[0].GetInt64() / 1_000];
            Enumerable.Range(1, 5).Select(i => candle[i].GetDecimal()).ShouldBe(new[] { row.Open, row.High, row.Low, row.Close, (long)row.Volume }.Select(value => (decimal)value / Scale.One));
        }
    }

    private static void CheckWatchedBooks(JsonElement seen, SimulatedExchange exchange)
    {
        seen.GetArrayLength().ShouldBe(300);
        foreach (var book in seen.EnumerateArray())
        {
            // Times are cut off after microseconds, so an event within the last one belongs to the message.
            var time = WireTime.Nanoseconds(DateTimeOffset.Parse(book[0].GetString()!, CultureInfo.InvariantCulture)) + 999;
            var (asks, bids, _) = exchange.Book("BTC/USD", time, 10);
            Levels(book[1]).ShouldBe(asks.Select(Level));
            Levels(book[2]).ShouldBe(bids.Select(Level));
        }

        static IEnumerable<(decimal, decimal)> Levels(JsonElement side) => side.EnumerateArray().Select(level => (level[0].GetDecimal(), level[1].GetDecimal()));

        static (decimal, decimal) Level(BookLevel level) => (level.Ticks / 10m, level.Lots / 100_000_000m);
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
