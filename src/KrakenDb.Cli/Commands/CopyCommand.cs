using System.CommandLine;
using System.Globalization;
using KrakenDb.Kraken;

namespace KrakenDb.Cli;

internal static class CopyCommand
{
    public static Command Create(CommandContext context)
    {
        var from = new Option<string>("--from") { Description = "The store to copy, which is only read: postgresql://user@host:port/database, duckdb:PATH or a path.", HelpName = "URL", Required = true };
        var to = new Option<string>("--to") { Description = "The store to copy into. Created where there is none.", HelpName = "URL", Required = true };
        var merge = new Option<bool>("--merge")
        {
            Description = "The destination may hold other data. Candles, trades and coverage are merged as an import would; other rows that it has stay. Compared is then whether it contains the source.",
        };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "copy",
            "Copies everything from one store into another, of any two engines, and compares both: count, sum and hash of the ordered rows of each table and market. A copy that was interrupted goes on where it was; run again, it changes nothing. A destination that holds something else is refused. Exit code 1 when the stores differ in the end, as they do when the source was written to meanwhile.",
            "kraken-db copy --from ./kraken.duckdb --to postgresql://trading@localhost/kraken_data",
            "kraken-db copy --from postgresql://trading@localhost/kraken_data --to ./kraken.duckdb --format json",
            "kraken-db copy --from ./kraken-backup.duckdb --to ./kraken.duckdb --merge")
        {
            from, to, merge, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var source = await context.OpenStoreAsync(parsed, parsed.GetValue(from), cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                var destination = await context.OpenOrCreateStoreAsync(parsed, parsed.GetValue(to), cancellationToken).ConfigureAwait(false);
                await using (destination.ConfigureAwait(false))
                {
                    var report = await CopyAsync(context, source, destination, parsed.GetValue(merge), cancellationToken).ConfigureAwait(false);
                    Print(context, report, parsed.GetValue(format));
                    return report.IsGood ? ExitCode.Done : ExitCode.Failed;
                }
            }
        });
        return command;
    }

    private static async Task<StoreCopyReport> CopyAsync(CommandContext context, IMarketStore source, IMarketStore destination, bool isMerge, CancellationToken cancellationToken)
    {
        var lines = new ProgressLines(context);
        await using (lines.ConfigureAwait(false))
        {
            return await new StoreCopy(source, destination, () => new KrakenBookWire(), isMerge, new Shown(lines)).RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Print(CommandContext context, StoreCopyReport report, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            PrintTable(context, report);
        }
        else
        {
            var records = new Records("table", "symbol", "source_rows", "destination_rows", "source_sum", "destination_sum", "source_hash", "destination_hash", "result", "evidence");
            foreach (var check in report.Checks)
            {
                records.Add(
                    check.Table,
                    check.Symbol.Length == 0 ? null : check.Symbol,
                    check.Source.Rows,
                    check.Destination.Rows,
                    check.Source.Sum,
                    check.Destination.Sum,
                    check.Source.Hash,
                    check.Destination.Hash,
                    Name(check.Verdict),
                    check.Evidence);
            }

            records.PrintAll(context, format);
        }

        foreach (var symbol in report.WithExpired)
        {
            context.Note($"{symbol}: retention has dropped minutes in the source. Rollups that only its views still hold are derived and were not copied.");
        }

        var rows = report.Checks.Sum(check => check.Source.Rows);
        context.Note(
            !report.IsGood ? $"The stores differ in {Readable.Count(report.Checks.Count(check => check.Verdict == CopyVerdict.Different), "place")}. If the source was written to meanwhile, stop that and run again with --merge."
            : report.WasEqual ? $"Nothing to copy: the stores are equal, {Readable.Count(rows, "row")}."
            : report.IsMerge ? $"Merged: the destination contains the source, {Readable.Count(rows, "row")}."
            : $"Copied and compared: {Readable.Count(rows, "row")}, the same on both sides.");
    }

    private static void PrintTable(CommandContext context, StoreCopyReport report)
    {
        const int HashShown = 12;
        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new("table"), new("symbol"), new("rows", Numeric: true), new("sum", Numeric: true), new("hash"), new("result"));
        foreach (var check in report.Checks)
        {
            var isDifferent = check.Verdict == CopyVerdict.Different;
            table.Add(
                (check.Table, Style.Plain),
                (check.Symbol, Style.Heading),
                (Readable.Count(check.Source.Rows), Style.Plain),
                (check.Source.Sum ?? "", Style.Plain),
                (check.Source.Hash is { Length: > HashShown } hash ? hash[..HashShown] : check.Source.Hash, Style.Quiet),
                (Name(check.Verdict), isDifferent ? Style.Bad : Style.Good));
            if (isDifferent)
            {
                table.Add(
                    ("", Style.Plain),
                    ("  destination", Style.Quiet),
                    (Readable.Count(check.Destination.Rows), Style.Bad),
                    (check.Destination.Sum ?? "", Style.Bad),
                    (check.Destination.Hash is { Length: > HashShown } other ? other[..HashShown] : check.Destination.Hash, Style.Bad),
                    (check.Evidence ?? "", Style.Bad));
            }
        }

        table.Finish();
        output.Flush();
    }

    private static string Name(CopyVerdict verdict) => verdict switch
    {
        CopyVerdict.Same => "same",
        CopyVerdict.Contained => "contained",
        _ => "different",
    };

    private sealed class Shown(ProgressLines lines) : IProgress<StoreCopyProgress>
    {
        public void Report(StoreCopyProgress value)
        {
            var what = value.Symbol.Length == 0 ? value.Table : $"{value.Table} {value.Symbol}";
            lines.Set(what, string.Create(CultureInfo.InvariantCulture, $"{Readable.Count(value.Rows, "row")} copied"));
        }
    }
}
