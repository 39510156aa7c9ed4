using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using KrakenDb.Simulator;

namespace KrakenDb.Cli;

internal static class SimulateCommand
{
    private const decimal SpeedMax = 1_000_000;

    public static Command Create(CommandContext context)
    {
        var port = Arguments.WholeNumber(new Option<int>("--port") { Description = "Port on 127.0.0.1. Default: any that is free.", HelpName = "N" }, 0);
        port.Validators.Add(result => Check(result, result.GetValueOrDefault<int>() <= 65_535, "a port is at most 65535"));
        var seed = Arguments.Read(
            new Option<ulong?>("--seed") { Description = "Decides every price and trade: the same seed is the same market. Default: that of the demo.", HelpName = "N" },
            text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"'{text}' is not a whole number"));
        var symbols = Arguments.List("--symbols", "SYMBOL", "The markets, such as BTC/USD or DOGE/EUR, or a number of them up to 30. Default: BTC/USD, ETH/USD, XRP/USDT.", CheckSymbol);
        var speed = Arguments.Read(
            new Option<decimal>("--speed") { Description = "How fast the exchange's clock goes from now on: 1 = as ours (default), 60 = a minute a second.", HelpName = "S", DefaultValueFactory = _ => 1m },
            ParseSpeed);
        var pace = Arguments.Read(
            new Option<decimal?>("--trades-per-second") { Description = "Trades a second of each market, by the exchange's clock. Default: each its own, 0.03 to 0.4.", HelpName = "N" },
            text => ParsePace(text));
        var start = Arguments.Read(
            new Option<DateTimeOffset?>("--start") { Description = "When the markets begin: their first trades. Default: 2024-01-01.", HelpName = "T" },
            text => ParseStart(text, context.TimeProvider.GetUtcNow()));
        var limits = Arguments.Read(
            new Option<decimal>("--limits") { Description = "How fast Kraken's allowance of calls and connections comes back: 1 = as Kraken's (default), 60 = 60 times as fast, 0 = no limits.", HelpName = "S", DefaultValueFactory = _ => 1m },
            ParseLimits);
        var record = new Option<FileInfo?>("--record") { Description = "A file that gets every WebSocket message sent, a line each: connection id, tab, message.", HelpName = "FILE" };
        var command = new DocumentedCommand(
            "simulate",
            "An exchange of our own that speaks Kraken's public REST and WebSocket interfaces: a seeded market since 2024 with consecutive trade ids, Kraken's rate limits, and faults on request. Runs until it is interrupted; its address is the one line of its output.",
            "kraken-db simulate --port 8788",
            "kraken-db simulate --symbols BTC/USD DOGE/EUR --seed 7 --speed 60",
            "kraken-db simulate --symbols 20 --trades-per-second 70 --start 2026-01-01")
        {
            port, seed, symbols, speed, pace, start, limits, record,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var times = parsed.GetValue(speed);
            var names = Expand(parsed.GetValue(symbols) is { Length: > 0 } asked ? asked : ["BTC/USD", "ETH/USD", "XRP/USDT"]);
            return RunAsync(
                context,
                new SimulatedExchangeOptions
                {
                    Markets = [.. names.Select(symbol => Draw(symbol, parsed.GetValue(seed), parsed.GetValue(pace), parsed.GetValue(start)))],
                    Port = parsed.GetValue(port),
                    RateLimitScale = (double)parsed.GetValue(limits),
                    TimeProvider = times == 1 ? context.TimeProvider : new FastClock(context.TimeProvider, times),
                },
                parsed.GetValue(record),
                cancellationToken);
        });
        return command;
    }

    private static async Task RunAsync(CommandContext context, SimulatedExchangeOptions options, FileInfo? record, CancellationToken cancellationToken)
    {
        var messages = record?.Create();
        await using var _ = (messages ?? Stream.Null).ConfigureAwait(false);
        var exchange = await SimulatedExchange.StartAsync(options with { SentMessages = messages }, cancellationToken).ConfigureAwait(false);
        await using (exchange.ConfigureAwait(false))
        {
            var address = exchange.BaseAddress.ToString().TrimEnd('/');
            var output = new Utf8Output(context.Output);
            output.Text($"{address}\n");
            output.Flush();
            context.Note($"Markets: {string.Join(", ", options.Markets.Select(market => market.Symbol))}. Try: curl '{address}/0/public/Trades?pair={options.Markets[0].CsvName}&count=2'");
            context.Note($"Use it: KRAKEN_API_URL={address} KRAKEN_WS_URL={exchange.FeedAddress}");
            context.Note(FormattableString.Invariant($"Allowances come back {exchange.RateLimitScale} times as fast as Kraken's (0: no limits). Faults: POST {address}/control/faults?mixed=50, {address}/control/feed-faults?mixed=50 (see docs/simulator.md). Ctrl-C ends it."));
            await Task.Delay(Timeout.InfiniteTimeSpan, context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string CheckSymbol(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1
            ? count <= MarketSpec.Popular.Count ? text : throw new FormatException($"there are no {count} markets ready. Give a number from 1 to {MarketSpec.Popular.Count}, or symbols such as BTC/USD")
            : MarketSpec.Of(text).Symbol;

    private static IEnumerable<string> Expand(IEnumerable<string> symbols) =>
        symbols.SelectMany(symbol => int.TryParse(symbol, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? MarketSpec.Popular.Take(count) : [symbol])
            .Distinct(StringComparer.Ordinal);

    private static MarketSpec Draw(string symbol, ulong? seed, decimal? pace, DateTimeOffset? start)
    {
        var spec = MarketSpec.Of(symbol, seed);
        spec = pace is { } given ? spec.WithPace(given) : spec;
        return start is { } time ? spec with { Start = time } : spec;
    }

    private static decimal? ParsePace(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var pace)
            ? MarketSpec.BitcoinUsd.WithPace(pace) is { } ? pace : null
            : throw new FormatException($"'{text}' is not a number of trades a second");

    /// <summary>On the minute at or before it, where markets begin.</summary>
    private static DateTimeOffset? ParseStart(string text, DateTimeOffset now)
    {
        var time = TimeArgument.Parse(text, now);
        return time >= DateTimeOffset.UnixEpoch ? time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerMinute)) : throw new FormatException($"'{text}' is before 1970");
    }

    private static decimal ParseLimits(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var scale)
            ? scale
            : throw new FormatException($"'{text}' is not a factor. Give 0 for no limits, 1 for Kraken's, or more.");

    private static decimal ParseSpeed(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed) && speed is > 0 and <= SpeedMax
            ? speed
            : throw new FormatException($"'{text}' is not a speed. Give a positive number such as 1 or 60, at most 1000000.");

    private static void Check(OptionResult result, bool holds, string message)
    {
        if (!holds)
            result.AddError($"--port: {message}");
    }
}
