using System.CommandLine;
using System.Globalization;
using KrakenDb.Kraken;

namespace KrakenDb.Cli;

internal static class BookCommand
{
    private static readonly int[] Depths = [10, 25, 100, 500, 1000];

    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand("book", "Recorded order books: import, verify, query, replay.", "kraken-db book import recording.cbcap", "kraken-db book verify");
        command.Add(CreateImport(context));
        command.Add(CreateVerify(context));
        command.Add(BookQueryCommand.Create(context));
        command.Add(BookReplayCommand.Create(context));
        command.Add(BookExportCommand.Create(context));
        command.Add(BookWatchCommand.Create(context));
        return command;
    }

    /// <exception cref="FormatException">Kraken has no such depth.</exception>
    public static int ParseDepth(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var depth) && Depths.Contains(depth)
        ? depth
        : throw new FormatException($"'{text}' is no depth that Kraken has. Give {string.Join(", ", Depths.SkipLast(1))} or {Depths[^1]}");

    private static Command CreateImport(CommandContext context)
    {
        var files = new Argument<string[]>("FILE") { Description = "Captures (.cbcap) or exported messages (.jsonl).", Arity = ArgumentArity.OneOrMore };
        var depth = Arguments.Read(
            new Option<int?>("--depth") { Description = "Prices a side, for recordings that do not say: 10, 25, 100, 500 or 1000. Default: as many as the snapshot has.", HelpName = "N" },
            text => (int?)ParseDepth(text));
        var allowExpiring = Arguments.AllowExpiring();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "import",
            "Stores recordings of order books; every checksum is verified on the way. Importing again changes nothing, and a file that ends within a frame is kept up to there.",
            "kraken-db book import recording.cbcap",
            "kraken-db book import recording.cbcap --format json")
        {
            files, depth, allowExpiring, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var paths = Array.ConvertAll(parsed.GetRequiredValue(files), path => context.PathOf(path));
            if (Array.Find(paths, path => !File.Exists(path)) is { } missing)
            {
                throw new FileNotFoundException($"there is no file {Path.GetFullPath(missing)}. Give captures (.cbcap) or exported messages (.jsonl).");
            }

            var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var policy = parsed.GetValue(allowExpiring) ? null : RetentionRules.Find(await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false), DataType.Books);
                var importer = new BookImporter(BookArchive.Of(store), parsed.GetValue(depth), policy, context.Now);
                var imported = new List<ImportedCapture>();
                try
                {
                    foreach (var file in paths)
                    {
                        imported.Add(await importer.ImportAsync(file, cancellationToken).ConfigureAwait(false));
                        if (imported[^1].Cut is { } cut)
                        {
                            context.Note($"{file}: {cut}.");
                        }
                    }
                }
                finally
                {
                    Print(context, parsed.GetValue(format), imported);
                }

                return ExitCode.Done;
            }
        });
        return command;
    }

    private static void Print(CommandContext context, OutputFormat format, List<ImportedCapture> imported)
    {
        var rows = new BookRows("file", "session_id", "messages", "inserted", "unchanged", "book_messages", "verified", "incidents", "cut");
        foreach (var file in imported)
        {
            rows.Add(
                file.File, string.Join(' ', file.Sessions.Select(session => session.ToString(CultureInfo.InvariantCulture))), file.Messages, file.Inserted, file.Unchanged, file.BookMessages, file.Verified,
                file.Incidents, file.Cut);
        }

        rows.Print(context, format);
    }

    private static Command CreateVerify(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "verify",
            "Checks the archive of order books: every frame is written from what is stored, read again, applied, and its checksum computed. Prints a certificate; exit code 1 when the archive is damaged.",
            "kraken-db book verify",
            "kraken-db book verify --format json")
        {
            format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var certificate = await new BookVerifier(store, () => new KrakenBookWire()).VerifyAsync(progress: null, cancellationToken).ConfigureAwait(false);
                if (certificate.Messages == 0)
                {
                    context.Note("No order book is recorded: nothing to verify. Record one: kraken-db book watch --symbols BTC/USD, or take one: kraken-db book import FILE");
                    return ExitCode.Done;
                }

                Print(context, parsed.GetValue(format), certificate);
                return certificate.IsWhole ? ExitCode.Done : ExitCode.Failed;
            }
        });
        return command;
    }

    private static void Print(CommandContext context, OutputFormat format, BookCertificate certificate)
    {
        if (format != OutputFormat.Table)
        {
            var ranges = new Records("symbol", "data_type", "start_time", "end_time", "grade");
            foreach (var (symbol, dataType, range) in certificate.Ranges)
            {
                ranges.Add(symbol, dataType, range.Range.Start, range.Range.End, "proven");
            }

            var records = new Records("verdict", "sessions", "messages", "book_messages", "verified", "mismatches", "incidents", "ranges", "damage");
            records.Add(
                certificate.IsWhole ? "whole" : "damaged", certificate.Sessions, certificate.Messages, certificate.BookMessages, certificate.Verified, certificate.Mismatches, certificate.Incidents, ranges,
                certificate.Damage);
            records.PrintOne(context, format);
            return;
        }

        var output = new Utf8Output(context.Output);
        var share = certificate.BookMessages > 0 ? 100m * certificate.Verified / certificate.BookMessages : 100m;
        output.Text(string.Create(CultureInfo.InvariantCulture, $"{Readable.Count(certificate.Sessions, "session")}, {Readable.Count(certificate.Messages, "message")}, of these {Readable.Count(certificate.BookMessages)} of order books\n"));
        output.Text(string.Create(CultureInfo.InvariantCulture, $"verified    {Readable.Count(certificate.Verified)} ({decimal.Truncate(share * 100) / 100:0.##} %)\n"));
        output.Text($"mismatches  {Readable.Count(certificate.Mismatches)}\n");
        output.Text($"incidents   {Readable.Count(certificate.Incidents)}\n");
        foreach (var (symbol, dataType, range) in certificate.Ranges)
        {
            output.Text(string.Create(CultureInfo.InvariantCulture, $"proven      {symbol} {dataType} {range.Range.Start:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'} to {range.Range.End:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\n"));
        }

        foreach (var damage in certificate.Damage)
        {
            output.Text($"{TextTable.Paint(context, "DAMAGE", Style.Bad)}      {damage}\n");
        }

        output.Text(certificate.IsWhole ? "The archive is whole.\n" : "The archive is damaged: import its recordings again into a new store.\n");
        output.Flush();
    }
}
