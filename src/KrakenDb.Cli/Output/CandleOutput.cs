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
        if (format != OutputFormat.Table)
        {
            return await WriteAsync(context.Output, format, candles, live).ConfigureAwait(false);
        }

        var output = new Utf8Output(context.Output);
        long count = 0;
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
        output.Flush();
        return count;
    }

    /// <summary>Writes a stream of candles as CSV, JSON or JSON lines.</summary>
    /// <returns>How many there were.</returns>
    public static async Task<long> WriteAsync(Stream stream, OutputFormat format, IAsyncEnumerable<Candle> candles, bool live = false)
    {
        var output = new Utf8Output(stream);
        var writer = new CandleWriter(output, format);
        long count = 0;
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
        output.Flush();
        return count;
    }
}
