using System.CommandLine;

namespace KrakenDb.Cli;

internal static class RunCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new CollectOptions(context);
        var warmup = Arguments.WholeNumber(new Option<int>("--warmup") { Description = "So many closed candles of each symbol are read before the start is reported.", HelpName = "N", DefaultValueFactory = _ => 200 }, 1);
        var interval = Arguments.OptionalInterval(Interval.Minute);
        var command = new DocumentedCommand(
            "run",
            "The start-up of a trading program: fills the gaps, starts the writer and the live feed, reads the candles that a strategy warms up with and says how complete they are; then records like collect until it is interrupted.",
            "kraken-db run --symbols XRP/USDT BTC/USDT",
            "kraken-db run --symbols BTC/USD --warmup 500 --interval 5m")
        {
            warmup, interval,
        };
        foreach (var option in options.All)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) => Collection.RunAsync(
            context,
            parsed,
            options,
            (store, exchange, symbols, token) => FillAsync(context, store, exchange, symbols, token),
            (store, symbols, token) => WarmUpAsync(context, store, symbols, parsed.GetValue(interval), parsed.GetValue(warmup), token),
            cancellationToken));
        return command;
    }

    private static async Task FillAsync(CommandContext context, IMarketStore store, KrakenExchange exchange, IReadOnlyList<string> symbols, CancellationToken cancellationToken)
    {
        var filler = new GapFiller(store, exchange, exchange, new GapFillerOptions { Symbols = symbols, TimeProvider = context.TimeProvider });
        var result = await FillGapsCommand.RunAsync(context, filler, cancellationToken).ConfigureAwait(false);
        context.Note(result.GapsDetected == 0
            ? "No gaps."
            : $"{Readable.Count(result.GapsFilled)} of {Readable.Count(result.GapsDetected, "gap")} filled: {Readable.Count(result.CandlesInserted, "candle")}, {Readable.Count(result.TradesProcessed, "trade")}.");

        // What could not be filled stays a gap; recording what happens now is worth more than waiting for it.
        foreach (var error in result.Errors)
        {
            context.Note(error);
        }
    }

    private static async Task WarmUpAsync(CommandContext context, IMarketStore store, IReadOnlyList<string> symbols, Interval interval, int count, CancellationToken cancellationToken)
    {
        var provider = new HistoricalDataProvider(store, context.TimeProvider);
        foreach (var symbol in symbols)
        {
            try
            {
                var data = await provider.GetWarmupDataAsync(symbol, interval, count, query: null, cancellationToken).ConfigureAwait(false);
                context.Note($"{symbol}: {Readable.Count(data.Candles.Count)} of {Readable.Count(data.Requested)} {interval} candles as of {Readable.Time(data.AsOf)}{(data.Incomplete > 0 ? $", {Readable.Count(data.Incomplete)} of them incomplete" : "")}.");
            }
            catch (UnknownSymbolException)
            {
                context.Note($"{symbol}: nothing is stored yet.");
            }
        }
    }
}
