namespace KrakenDb.Cli;

/// <summary>What an import did: the outcome first, then what needs attention.</summary>
internal sealed class ImportSummary(CommandContext context, ImportReport report)
{
    // More files than a screen holds are listed only where something is the matter with them.
    private const int MostFilesListed = 30;
    private const int MostNamesListed = 5;

    public void Print(OutputFormat format)
    {
        context.Note(Outcome());
        if (format == OutputFormat.Table)
        {
            PrintFiles();
        }
        else if (format == OutputFormat.Csv)
        {
            Files().PrintAll(context, format);
        }
        else
        {
            PrintJson(format);
        }

        NoteSkipped();
        foreach (var failed in report.Failed)
        {
            var about = failed.Message.StartsWith(failed.File, StringComparison.Ordinal) ? "" : $"{failed.File}: ";
            context.Note($"Failed: {about}{failed.Message}{(failed.RejectedFile is { } list ? $" → {list}" : "")}");
        }
    }

    private static string Duration(decimal seconds) => Readable.Duration(TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond)));

    private static string Explain(SkipReason reason) => reason switch
    {
        SkipReason.IntervalNotChosen => "of other intervals than one minute; --all imports them",
        SkipReason.UnknownPair => "of pairs that are not known here; name them with --map NAME=BASE/QUOTE",
        SkipReason.UnknownInterval => "of an interval that Kraken does not publish",
        SkipReason.SymbolNotChosen => "of markets that --symbols does not name",
        _ => "that are not named like Kraken's files (PAIR_MINUTES.csv, PAIR.csv)",
    };

    private string Outcome()
    {
        var (inserted, unchanged) = (report.Files.Sum(file => file.Inserted), report.Files.Sum(file => file.Unchanged));
        var (conflicting, rejected) = (report.Files.Sum(file => file.Conflicting), report.Files.Sum(file => file.Rejected));
        if (report.Files.Count == 0)
        {
            return $"Imported nothing: {Readable.Count(report.Skipped.Count, "file")} skipped, {report.Failed.Count} failed.";
        }

        List<string> beside = [];
        if (unchanged > 0 && inserted > 0)
        {
            beside.Add($"{Readable.Count(unchanged)} already there");
        }

        if (conflicting > 0)
        {
            beside.Add($"{Readable.Count(conflicting)} unlike what is stored");
        }

        if (rejected > 0)
        {
            var lists = report.Files.Select(file => file.RejectedFile).OfType<string>().ToList();
            beside.Add($"{Readable.Count(rejected)} rejected → {(lists is [var only] ? only : "the lists below")}");
        }

        var details = beside.Count > 0 ? $" ({string.Join(", ", beside)})" : "";
        var rows = report.Files.Sum(file => file.Rows);
        return inserted == 0 && unchanged > 0
            ? $"Nothing new: {Readable.Count(unchanged, "row")} {(unchanged == 1 ? "was" : "were")} already there{details}; looked at in {Duration(report.Seconds)}."
            : $"Imported {Readable.Count(inserted, "row")}{details} in {Duration(report.Seconds)}{(report.Seconds >= 1 ? $", {Readable.Count((long)(rows / report.Seconds))} rows/s" : "")}.";
    }

    private void PrintFiles()
    {
        var files = report.Files.Count <= MostFilesListed ? report.Files : [.. report.Files.Where(file => file.Rejected + file.Conflicting > 0)];
        if (files.Count > 0)
        {
            var output = new Utf8Output(context.Output);
            var table = new TextTable(
                context,
                output,
                new("file"),
                new("symbol"),
                new("interval"),
                new("rows", Numeric: true),
                new("inserted", Numeric: true),
                new("unchanged", Numeric: true),
                new("conflicting", Numeric: true),
                new("rejected", Numeric: true));
            foreach (var file in files)
            {
                table.Add(
                    (file.File, Style.Plain),
                    (file.Symbol, Style.Heading),
                    (file.IsTimeAndSales ? "trades" : new Interval(file.IntervalMinutes).ToString(), Style.Plain),
                    (Readable.Count(file.Rows), Style.Plain),
                    (Readable.Count(file.Inserted), file.Inserted > 0 ? Style.Good : Style.Quiet),
                    (Readable.Count(file.Unchanged), Style.Quiet),
                    (Readable.Count(file.Conflicting), file.Conflicting > 0 ? Style.Warning : Style.Quiet),
                    (Readable.Count(file.Rejected), file.Rejected > 0 ? Style.Bad : Style.Quiet));
            }

            table.Finish();
            output.Flush();
        }

        var withRejected = report.Files.Where(file => file.RejectedFile is not null).ToList();
        foreach (var file in withRejected.Count > 1 ? withRejected : [])
        {
            context.Note($"Rejected: {Readable.Count(file.Rejected, "row")} of {file.File} → {file.RejectedFile}");
        }
    }

    private void NoteSkipped()
    {
        foreach (var group in report.Skipped.GroupBy(file => file.Reason))
        {
            var names = string.Join(", ", group.Take(MostNamesListed).Select(file => file.File));
            var more = group.Count() > MostNamesListed ? $" and {Readable.Count(group.Count() - MostNamesListed)} more" : "";
            context.Note($"Skipped {Readable.Count(group.Count(), "file")} {Explain(group.Key)}: {names}{more}");
        }
    }

    private Records Files()
    {
        var files = new Records("file", "symbol", "interval_minutes", "rows", "inserted", "unchanged", "conflicting", "rejected");
        foreach (var file in report.Files)
        {
            files.Add(file.File, file.Symbol, file.IntervalMinutes, file.Rows, file.Inserted, file.Unchanged, file.Conflicting, file.Rejected);
        }

        return files;
    }

    private void PrintJson(OutputFormat format)
    {
        var skipped = new Records("file", "reason");
        foreach (var file in report.Skipped)
        {
            skipped.Add(file.File, file.Message);
        }

        var failed = new Records("file", "reason");
        foreach (var file in report.Failed)
        {
            failed.Add(file.File, file.Message);
        }

        var all = new Records("files", "skipped", "failed", "seconds");
        all.Add(Files(), skipped, failed, new Seconds(TimeSpan.FromTicks((long)(report.Seconds * TimeSpan.TicksPerSecond))));
        all.PrintOne(context, format);
    }
}
