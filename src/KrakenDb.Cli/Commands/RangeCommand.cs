using System.CommandLine;

namespace KrakenDb.Cli;

internal static class RangeCommand
{
    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var format = Arguments.Format();
        var command = new DocumentedCommand("range", "How far the stored candles of a market reach.", "kraken-db range BTC/USD") { symbol, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var range = await new HistoricalDataProvider(store, context.TimeProvider).GetDataRangeAsync(parsed.GetRequiredValue(symbol), cancellationToken).ConfigureAwait(false);
                Print(context, parsed.GetValue(format), range);
            }
        });
        return command;
    }

    private static void Print(CommandContext context, OutputFormat format, DataRange range)
    {
        if (format != OutputFormat.Table)
        {
            StoreRecords.Of(range).PrintOne(context, format);
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new("symbol"), new("interval"), new("oldest"), new("newest"), new("candles", Numeric: true));
        table.Add(
            (range.Symbol, Style.Heading),
            (range.Interval.ToString(), Style.Plain),
            (Readable.Time(range.Oldest), Style.Plain),
            (Readable.Time(range.Newest), Style.Plain),
            (Readable.Count(range.TotalCandles), Style.Plain));
        table.Finish();
        output.Flush();
    }
}
