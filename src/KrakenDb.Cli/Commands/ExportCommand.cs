using System.CommandLine;
using KrakenDb.DuckDb;

namespace KrakenDb.Cli;

internal static class ExportCommand
{
    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var interval = Arguments.RequiredInterval();
        var start = Arguments.Start(context.TimeProvider);
        var end = Arguments.End(context.TimeProvider);
        var holes = Arguments.Holes();
        var file = new Option<string>("--to") { Description = "The file: .csv, .jsonl (an object per line) or .parquet. One that exists is replaced once the new one is whole.", HelpName = "FILE", Required = true };
        var command = new DocumentedCommand(
            "export",
            "Candles of a range into a file.",
            "kraken-db export BTC/USD --interval 1m --to btc.parquet",
            "kraken-db export BTC/USD --interval 1h --start 2024-01-01 --end 2025-01-01 --to btc-2024.csv")
        {
            symbol, interval, start, end, holes, file,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var now = context.Now;
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            var kind = Kind(path);
            if (!Directory.Exists(Path.GetDirectoryName(path)))
            {
                throw new DirectoryNotFoundException($"there is no folder {Path.GetDirectoryName(path)}. Create it, or name another file.");
            }

            var range = new CandleRange(parsed.GetRequiredValue(symbol), parsed.GetValue(interval), parsed.GetValue(start), parsed.GetValue(end) ?? now);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                var candles = await range.ReadAsync(provider, new CandleQuery { AsOf = now, Holes = parsed.GetValue(holes) }, cancellationToken).ConfigureAwait(false);
                var started = context.TimeProvider.GetTimestamp();
                var count = kind is { } text
                    ? await WriteTextAsync(path, text, candles).ConfigureAwait(false)
                    : await ParquetFile.WriteCandlesAsync(path, candles, cancellationToken).ConfigureAwait(false);
                context.Note($"Wrote {Readable.Count(count, "candle")} to {path} ({Readable.Bytes(new FileInfo(path).Length)}) in {Readable.Duration(context.TimeProvider.GetElapsedTime(started))}.");
                if (count == 0)
                {
                    await range.NoteNothingAsync(context, provider, cancellationToken).ConfigureAwait(false);
                }
            }
        });
        return command;
    }

    // Null: Parquet.
    private static OutputFormat? Kind(string path) => Path.GetExtension(path) switch
    {
        var extension when extension.Equals(".csv", StringComparison.OrdinalIgnoreCase) => OutputFormat.Csv,
        var extension when extension.Equals(".jsonl", StringComparison.OrdinalIgnoreCase) => OutputFormat.JsonLines,
        var extension when extension.Equals(".parquet", StringComparison.OrdinalIgnoreCase) => null,
        var other => throw new UsageException($"--to: '{other}' is no format that can be written. Give a name that ends in .csv, .jsonl or .parquet."),
    };

    // Under another name until it is whole.
    private static async Task<long> WriteTextAsync(string path, OutputFormat format, IAsyncEnumerable<Candle> candles)
    {
        var unfinished = path + ".partial";
        try
        {
            var stream = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            long count;
            await using (stream.ConfigureAwait(false))
            {
                count = await CandleOutput.WriteAsync(stream, format, candles).ConfigureAwait(false);
            }

            File.Move(unfinished, path, overwrite: true);
            return count;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
