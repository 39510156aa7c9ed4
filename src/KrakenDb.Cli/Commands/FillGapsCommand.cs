using System.CommandLine;

namespace KrakenDb.Cli;

internal static class FillGapsCommand
{
    public static Command Create(CommandContext context)
    {
        var defaults = new GapFillerOptions();
        var symbols = Arguments.Symbols($"everything stored, or {string.Join(' ', SymbolCatalog.DefaultSymbols)} in an empty store");
        var minGap = Arguments.WholeNumber(new Option<int>("--min-gap-minutes") { Description = "Gaps shorter than this are left alone.", HelpName = "N", DefaultValueFactory = _ => defaults.MinGapMinutes }, 1);
        var concurrent = Arguments.WholeNumber(new Option<int>("--max-concurrent") { Description = "Symbols at work at once, all at one pace.", HelpName = "N", DefaultValueFactory = _ => defaults.MaxConcurrent }, 1);
        var retries = Arguments.MaxRetries();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "fill-gaps",
            "Finds what is wanted and not stored, before, between and behind what is there, and fetches it: the last 700 minutes as candles, what is older as trades. A symbol without data gets the last 30 days. Run again, it changes nothing.",
            "kraken-db fill-gaps --symbols XRP/USDT ETH/USD")
        {
            symbols, minGap, concurrent, retries, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new GapFillerOptions
            {
                Symbols = parsed.GetValue(symbols),
                MinGapMinutes = parsed.GetValue(minGap),
                MaxConcurrent = parsed.GetValue(concurrent),
                TimeProvider = context.TimeProvider,
            };
            var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                using var exchange = await context.ConnectAsync(store, parsed.GetValue(retries), cancellationToken).ConfigureAwait(false);
                var result = await RunAsync(context, new GapFiller(store, exchange, exchange, options), cancellationToken).ConfigureAwait(false);
                Print(context, result, parsed.GetValue(format));
                return result.Errors.Count == 0 ? ExitCode.Done : ExitCode.Failed;
            }
        });
        return command;
    }

    /// <summary>Fills while progress is shown.</summary>
    public static async Task<GapFillResult> RunAsync(CommandContext context, GapFiller filler, CancellationToken cancellationToken)
    {
        var lines = new ProgressLines(context);
        await using (lines.ConfigureAwait(false))
        {
            var result = await filler.FillAllGapsAsync(new Reported(lines), cancellationToken).ConfigureAwait(false);
            if (filler.ClockOffset.Duration() >= TimeSpan.FromMinutes(1))
            {
                context.Note($"Warning: this machine's clock is {Readable.Duration(filler.ClockOffset.Duration())} {(filler.ClockOffset < TimeSpan.Zero ? "ahead of" : "behind")} the exchange's.");
            }

            return result;
        }
    }

    private static void Print(CommandContext context, GapFillResult result, OutputFormat format)
    {
        if (format != OutputFormat.Table)
        {
            var records = new Records("gaps_detected", "gaps_filled", "candles_inserted", "trades_processed", "errors");
            records.Add(result.GapsDetected, result.GapsFilled, result.CandlesInserted, result.TradesProcessed, result.Errors);
            records.PrintOne(context, format);
        }
        else
        {
            var output = new Utf8Output(context.Output);
            output.Text(result.GapsDetected == 0
                ? "No gaps: everything wanted is stored.\n"
                : $"{Readable.Count(result.GapsFilled)} of {Readable.Count(result.GapsDetected, "gap")} filled: {Readable.Count(result.CandlesInserted, "candle")} inserted, {Readable.Count(result.TradesProcessed, "trade")} processed.\n");
            output.Flush();
        }

        foreach (var error in result.Errors)
        {
            context.Note(error);
        }

        if (result.GapsFilled < result.GapsDetected)
        {
            context.Note("Gaps that are left stay recorded; the next run looks again.");
        }
    }

    private sealed class Reported(ProgressLines lines) : IProgress<GapFillProgress>
    {
        public void Report(GapFillProgress value) => lines.Set(
            value.Gap.Symbol,
            $"{value.Gap.DataType} {Readable.Time(value.Gap.StartTime)} to {Readable.Time(value.Gap.EndTime)}, {Readable.Count(value.Trades, "trade")}, {Readable.Count(value.Candles, "candle")}"
            + (value.At is { } at ? $", at {Readable.Time(at)}" : ""));
    }
}
