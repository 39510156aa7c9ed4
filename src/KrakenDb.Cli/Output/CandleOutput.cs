namespace KrakenDb.Cli;

/// <summary>Prints a stream of candles to standard output in any format, with constant memory.</summary>
internal static class CandleOutput
{
    /// <param name="context">Where to.</param>
    /// <param name="format">Table, CSV or JSON.</param>
    /// <param name="candles">In the order of printing.</param>
    /// <param name="showSymbol">Whether a table names the symbol and interval of each row.</param>
    /// <param name="live">Whether each candle must be seen when it comes.</param>
    /// <returns>How many there were.</returns>
    public static async Task<long> PrintAsync(CommandContext context, OutputFormat format, IAsyncEnumerable<Candle> candles, bool showSymbol = false, bool live = false)
    {
        var output = new Utf8Output(context.Output);
        long count = 0;
        if (format == OutputFormat.Table)
        {
            var table = new CandleTable(context, output, showSymbol);
            await foreach (var candle in candles.ConfigureAwait(false))
            {
                table.Add(candle);
                count++;
                if (live)
                {
                    table.Finish();
                    output.Flush();
                }
            }

            table.Finish();
        }
        else
        {
            var writer = new CandleWriter(output, format);
            writer.Begin();
            await foreach (var candle in candles.ConfigureAwait(false))
            {
                writer.Write(candle);
                count++;
                if (live)
                {
                    output.Flush();
                }
            }

            writer.End();
        }

        output.Flush();
        return count;
    }
}
