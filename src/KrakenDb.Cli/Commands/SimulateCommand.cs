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
        var symbols = Arguments.List("--symbols", "SYMBOL", "The markets, such as BTC/USD or DOGE/EUR. Default: BTC/USD, ETH/USD, XRP/USDT.", CheckSymbol);
        var speed = Arguments.Read(
            new Option<decimal>("--speed") { Description = "How fast the exchange's clock goes from now on: 1 = as ours (default), 60 = a minute a second.", HelpName = "S", DefaultValueFactory = _ => 1m },
            ParseSpeed);
        var command = new DocumentedCommand(
            "simulate",
            "An exchange of our own that speaks Kraken's public REST interface: a seeded market since 2024 with consecutive trade ids, Kraken's rate limits, and faults on request. Runs until it is interrupted; its address is the one line of its output.",
            "kraken-db simulate --port 8788",
            "kraken-db simulate --symbols BTC/USD DOGE/EUR --seed 7 --speed 60")
        {
            port, seed, symbols, speed,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            new SimulatedExchangeOptions
            {
                Markets = [.. (parsed.GetValue(symbols) is { Length: > 0 } asked ? asked : ["BTC/USD", "ETH/USD", "XRP/USDT"]).Distinct(StringComparer.Ordinal).Select(symbol => MarketSpec.Of(symbol, parsed.GetValue(seed)))],
                Port = parsed.GetValue(port),
                RateLimitScale = 1,
                TimeProvider = parsed.GetValue(speed) is var times && times == 1 ? context.TimeProvider : new FastClock(context.TimeProvider, times),
            },
            cancellationToken));
        return command;
    }

    private static async Task RunAsync(CommandContext context, SimulatedExchangeOptions options, CancellationToken cancellationToken)
    {
        var exchange = await SimulatedExchange.StartAsync(options, cancellationToken).ConfigureAwait(false);
        await using (exchange.ConfigureAwait(false))
        {
            var address = exchange.BaseAddress.ToString().TrimEnd('/');
            var output = new Utf8Output(context.Output);
            output.Text($"{address}\n");
            output.Flush();
            context.Note($"Markets: {string.Join(", ", options.Markets.Select(market => market.Symbol))}. Try: curl '{address}/0/public/Trades?pair={options.Markets[0].CsvName}&count=2'");
            context.Note($"Use it: KRAKEN_API_URL={address}. Faults: POST {address}/control/faults?mixed=50 (see docs/simulator.md). Ctrl-C ends it.");
            await Task.Delay(Timeout.InfiniteTimeSpan, context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string CheckSymbol(string text) => MarketSpec.Of(text).Symbol;

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
