using System.CommandLine;

namespace KrakenDb.Cli;

internal static class ImportCommand
{
    private const string DefaultDirectory = "./data/kraken_csv";
    private const int LargestBatch = 4_000_000;

    public static Command Create(CommandContext context)
    {
        var directory = new Option<string?>("--dir") { Description = $"A folder with Kraken's CSV files or ZIP archives, searched with its subfolders. Default: {DefaultDirectory}", HelpName = "DIR" };
        var file = new Option<string?>("--file") { Description = "One CSV file or ZIP archive instead of a folder.", HelpName = "FILE" };
        var all = new Option<bool>("--all") { Description = "Also candles of more than one minute. Otherwise only 1-minute files and time and sales; larger candles are derived from them." };
        var symbols = Arguments.List("--symbols", "SYMBOL", "Only these markets, in any spelling.", text => text);
        var batchSize = Arguments.WholeNumber(new Option<int?>("--batch-size") { Description = $"Rows per transaction, at most {Readable.Count(LargestBatch)}. Default: {Readable.Count(new BulkCsvImporterOptions().BatchSize)}", HelpName = "N" }, 1);
        var map = Arguments.List("--map", "NAME=SYMBOL", "Pairs in file names that are no market known here, and their markets: FOOUSD=FOO/USD.", ParseMapping);
        var allowExpiring = Arguments.AllowExpiring();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "import",
            "Imports Kraken's CSV history: candles (XBTUSD_1.csv) and time and sales (XBTUSD.csv), loose or in ZIP archives. May be interrupted and repeated: what is there already stays as it is.",
            "kraken-db import --dir ~/Downloads/Kraken_OHLCVT",
            "kraken-db import --file Kraken_OHLCVT.zip --symbols BTC/USD ETH/USD",
            "kraken-db import --dir ./old --all --map FOOUSD=FOO/USD")
        {
            directory, file, all, symbols, batchSize, map, allowExpiring, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(batchSize) > LargestBatch)
            {
                throw new UsageException($"--batch-size: {parsed.GetValue(batchSize)} is more than {Readable.Count(LargestBatch)}.");
            }

            var source = ImportSource.Find(context.PathOf(parsed.GetValue(directory)), context.PathOf(parsed.GetValue(file)), context.PathOf(DefaultDirectory));
            var options = new BulkCsvImporterOptions
            {
                AllIntervals = parsed.GetValue(all),
                Symbols = parsed.GetValue(symbols),
                SymbolMap = parsed.GetValue(map)?.ToDictionary(StringComparer.Ordinal),
                AllowExpiring = parsed.GetValue(allowExpiring),
                TimeProvider = context.TimeProvider,
            };
            options = parsed.GetValue(batchSize) is { } rows ? options with { BatchSize = rows } : options;
            var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var report = await RunAsync(context, store, source, options, cancellationToken).ConfigureAwait(false);
                new ImportSummary(context, report).Print(parsed.GetValue(format));
                return report.Failed.Count == 0 && report.Files.Count > 0 ? ExitCode.Done : ExitCode.Failed;
            }
        });
        return command;
    }

    public static async Task<ImportReport> RunAsync(CommandContext context, IMarketStore store, ImportSource source, BulkCsvImporterOptions options, CancellationToken cancellationToken)
    {
        var importer = new BulkCsvImporter(store, options);
        var view = ImportView.Start(context);
        await using (view.ConfigureAwait(false))
        {
            try
            {
                return source.IsDirectory
                    ? await importer.ImportDirectoryAsync(source.Path, view, cancellationToken).ConfigureAwait(false)
                    : await importer.ImportFileAsync(source.Path, view, cancellationToken).ConfigureAwait(false);
            }
            catch (UnknownSymbolException exception) when (!source.IsDirectory && options.Symbols is not { Count: > 0 })
            {
                throw new UsageException($"{exception.Message} Or say which market it is: --map {exception.Symbol}=BASE/QUOTE.");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                context.Note("What was committed stays; the same command goes on from there.");
                throw;
            }
        }
    }

    private static KeyValuePair<string, string> ParseMapping(string text) =>
        text.Split('=') is [{ Length: > 0 } name, { Length: > 0 } symbol]
            ? KeyValuePair.Create(name, symbol)
            : throw new FormatException($"'{text}' is no mapping. Give the pair in the file's name and the market, such as FOOUSD=FOO/USD");
}
