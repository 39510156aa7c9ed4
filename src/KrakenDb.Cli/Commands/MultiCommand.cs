using System.CommandLine;

namespace KrakenDb.Cli;

internal static class MultiCommand
{
    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var intervals = Arguments.List("--intervals", "I", "Lengths of the candles. Default: 1m 5m 15m 1h 4h.", Interval.Parse);
        var asOf = Arguments.AsOf(context.TimeProvider);
        var lookback = Arguments.WholeNumber(new Option<int>("--lookback") { Description = "How many candles back, per interval.", HelpName = "N", DefaultValueFactory = _ => 100 }, 1);
        var holes = Arguments.Holes();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "multi",
            "Several timeframes as they were known at one time.",
            "kraken-db multi BTC/USD --as-of 2024-06-30T12:34:00Z --intervals 1m 1h 1d --lookback 3")
        {
            symbol, intervals, asOf, lookback, holes, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                var timeframes = await provider.GetMultiTimeframeCandlesAsync(
                    parsed.GetRequiredValue(symbol),
                    parsed.GetValue(asOf) ?? context.Now,
                    parsed.GetValue(intervals) is { Length: > 0 } asked ? asked : null,
                    parsed.GetValue(lookback),
                    new CandleQuery { Holes = parsed.GetValue(holes) },
                    cancellationToken).ConfigureAwait(false);
                await PrintAsync(context, parsed.GetValue(format), timeframes).ConfigureAwait(false);
                foreach (var (interval, _) in timeframes.Where(timeframe => timeframe.Value.Count == 0))
                {
                    context.Note($"{interval}: no candles in the last {Readable.Count(parsed.GetValue(lookback))} of them.");
                }
            }
        });
        return command;
    }

    /// <summary>CSV and table: the intervals one after the other. JSON: an object with an array per interval, under its minutes.</summary>
    public static async Task PrintAsync(CommandContext context, OutputFormat format, IReadOnlyDictionary<Interval, IReadOnlyList<Candle>> timeframes)
    {
        if (format != OutputFormat.Json)
        {
            await CandleOutput.PrintAsync(context, format, timeframes.Values.SelectMany(candles => candles).ToAsyncEnumerable(), showSymbol: true).ConfigureAwait(false);
            return;
        }

        var output = new Utf8Output(context.Output);
        CandleWriter.WriteTimeframes(output, timeframes);
        output.Flush();
    }
}
