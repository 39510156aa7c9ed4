using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace KrakenDb.Kraken;

/// <summary>Which of the files found are imported, decided by their names alone: nothing is guessed from what is in them.</summary>
internal sealed partial class ImportPlan(FileNames names, IReadOnlySet<string>? symbols, bool allIntervals)
{
    public List<ImportJob> Jobs { get; } = [];

    public List<SkippedFile> Skipped { get; } = [];

    public List<FailedFile> Failed { get; } = [];

    /// <summary>Whether anything was found that looks like a file to import.</summary>
    public bool HasFound { get; private set; }

    /// <summary>Adds every CSV file and archive in a directory and below it.</summary>
    public void AddDirectory(string directory)
    {
        foreach (var path in Files(directory).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(directory, path).Replace(Path.DirectorySeparatorChar, '/');
            if (ArchiveFileName.IsCsv(path))
            {
                HasFound = true;
                Try(name, () => Add(CsvSource.OfFile(path, name)));
            }
            else if (ArchiveFileName.IsZip(path))
            {
                HasFound = true;
                AddArchive(path, name);
            }
            else if (SplitArchive().IsMatch(path))
            {
                HasFound = true;
                Skip(name, SkipReason.NotKraken, "is a part of a split archive: join the parts into one .zip file first (cat FILE.zip.part* > FILE.zip)");
            }
        }
    }

    /// <summary>Adds the members of a ZIP archive; a damaged one fails alone.</summary>
    public void AddArchive(string path, string name) => Try(name, () =>
    {
        foreach (var member in CsvSource.OfArchive(path, name))
        {
            Add(member);
        }
    });

    // A linked file is imported, a linked directory not followed: it may lead in a circle.
    private static FileSystemEnumerable<string> Files(string directory) =>
        new(directory, (ref entry) => entry.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

    private void Try(string name, Action add)
    {
        try
        {
            add();
        }
        catch (Exception exception) when (exception is ImportException or IOException or UnauthorizedAccessException)
        {
            Failed.Add(new FailedFile(name, exception.Message));
        }
    }

    private void Add(CsvSource source)
    {
        if (ArchiveFileName.Parse(source.BaseName) is not { } parsed)
        {
            Skip(source.Name, SkipReason.NotKraken, "is not named like Kraken's files (PAIR_MINUTES.csv or PAIR.csv)");
        }
        else if (!names.TryResolve(parsed.Pair, out var symbol))
        {
            Skip(source.Name, SkipReason.UnknownPair, $"'{parsed.Pair}' is no pair that is known here");
        }
        else if (symbols?.Contains(symbol) == false)
        {
            Skip(source.Name, SkipReason.SymbolNotChosen, $"{symbol} was not chosen");
        }
        else if (parsed.Minutes is { } minutes && !ArchiveFileName.Intervals.Contains(minutes))
        {
            Skip(source.Name, SkipReason.UnknownInterval, $"{minutes} minutes is no interval of Kraken's files ({string.Join(", ", ArchiveFileName.Intervals)})");
        }
        else if (parsed.Minutes > 1 && !allIntervals)
        {
            Skip(source.Name, SkipReason.IntervalNotChosen, $"candles of {parsed.Minutes} minutes were not asked for");
        }
        else
        {
            Jobs.Add(new ImportJob(source, symbol, parsed.Minutes is { } width ? new Interval(width) : null));
        }
    }

    private void Skip(string name, SkipReason reason, string message) => Skipped.Add(new SkippedFile(name, reason, message));

    [GeneratedRegex(@"\.zip\.(part)?\d+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SplitArchive();
}

/// <summary>One file to import.</summary>
/// <param name="Interval">Null for time and sales.</param>
internal sealed record ImportJob(CsvSource Source, string Symbol, Interval? Interval);
