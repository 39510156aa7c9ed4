using System.Globalization;
using KrakenDb.Kraken;
using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// Imports Kraken's CSV downloads: candles (<c>XBTUSD_1.csv</c>) and time and sales (<c>XBTUSD.csv</c>), from files, directories or straight out of ZIP
/// archives. Importing again changes nothing; an import that was broken off goes on where its last commit ended. Rows that cannot be taken are listed in
/// <c>FILE.rejected.csv</c> and stop nothing. One importer may be used for several imports, one after another or at once.
/// </summary>
/// <param name="store">Not disposed.</param>
/// <param name="options">Null for the defaults.</param>
public sealed partial class BulkCsvImporter(IMarketStore store, BulkCsvImporterOptions? options = null)
{
    private readonly BulkCsvImporterOptions _options = Checked(options ?? new BulkCsvImporterOptions());

    /// <summary>Imports one CSV file, whatever its interval.</summary>
    /// <param name="path">The file.</param>
    /// <param name="symbol">Any spelling of the market; null to take it from the file's name.</param>
    /// <param name="interval">What the rows are candles of; null to take it from the file's name, which is time and sales when it names none.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    /// <exception cref="ImportException">Not a text file, cut off, named in a way that says nothing, or without a single usable row.</exception>
    public Task<ImportedFile> ImportCsvFileAsync(string path, string? symbol = null, Interval? interval = null, CancellationToken cancellationToken = default) =>
        ImportCsvFileAsync(path, symbol, interval, progress: null, cancellationToken);

    /// <summary>Imports every CSV file and every ZIP archive in a directory and below it, several at once. What fails is reported and does not stop the others.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="UnknownSymbolException"><see cref="BulkCsvImporterOptions.Symbols"/> names no market.</exception>
    /// <exception cref="ImportException">There is neither a CSV file nor a ZIP archive.</exception>
    public async Task<ImportReport> ImportDirectoryAsync(string directory, IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException(File.Exists(directory) ? $"'{directory}' is a file, not a directory." : $"There is no directory '{directory}'.");
        }

        var plan = await PlanAsync(plan => plan.AddDirectory(directory), cancellationToken).ConfigureAwait(false);
        return plan.HasFound
            ? await RunAsync(plan, progress, cancellationToken).ConfigureAwait(false)
            : throw new ImportException($"There is no CSV file and no ZIP archive in '{directory}'.");
    }

    /// <summary>Imports one CSV file, whatever its interval, or the members of one ZIP archive as if they were a directory.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnknownSymbolException">No market goes by the CSV file's name, or <see cref="BulkCsvImporterOptions.Symbols"/> names none.</exception>
    /// <exception cref="ImportException">As for <see cref="ImportCsvFileAsync(string, string?, Interval?, CancellationToken)"/>; or not a whole archive, or one without a CSV file.</exception>
    public async Task<ImportReport> ImportFileAsync(string path, IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!ArchiveFileName.IsZip(path))
        {
            var started = _options.TimeProvider.GetTimestamp();
            var file = await ImportCsvFileAsync(path, symbol: null, interval: null, progress, cancellationToken).ConfigureAwait(false);
            return new ImportReport { Files = [file], Seconds = Seconds(started) };
        }

        CheckExists(path);
        var plan = await PlanAsync(plan => plan.AddArchive(path, Path.GetFileName(path)), cancellationToken).ConfigureAwait(false);
        if (plan.Failed.Count > 0)
        {
            throw new ImportException(plan.Failed[0].Message);
        }

        return plan.Jobs.Count + plan.Skipped.Count > 0
            ? await RunAsync(plan, progress, cancellationToken).ConfigureAwait(false)
            : throw new ImportException($"There is no CSV file in '{path}'.");
    }

    private static BulkCsvImporterOptions Checked(BulkCsvImporterOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BatchSize, 4_000_000, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1, nameof(options));
        return options;
    }

    private static void CheckExists(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(Directory.Exists(path) ? $"'{path}' is a directory, not a file." : $"There is no file '{path}'.", path);
        }
    }

    private async Task<ImportedFile> ImportCsvFileAsync(string path, string? symbol, Interval? interval, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        CheckExists(path);
        var source = CsvSource.OfFile(path, Path.GetFileName(path));
        var parsed = ArchiveFileName.Parse(source.BaseName);
        var pair = symbol ?? parsed?.Pair
            ?? throw new ImportException($"{source.Name} is not named like Kraken's files (PAIR_MINUTES.csv or PAIR.csv): say which symbol it is.");
        var names = await FileNames.OpenAsync(store, _options.SymbolMap, cancellationToken).ConfigureAwait(false);
        var width = interval ?? (parsed?.Minutes is { } minutes ? FromName(source, minutes) : null);
        var job = new ImportJob(source, names.Resolve(pair), width);
        var meter = new ProgressMeter(progress, source.Length, files: 1);
        var file = await ImportAsync(job, meter, cancellationToken).ConfigureAwait(false);
        meter.FinishFile();
        await store.RefreshRollupsAsync(range: null, cancellationToken).ConfigureAwait(false);
        return file;
    }

    private static Interval FromName(CsvSource source, int minutes) => ArchiveFileName.Intervals.Contains(minutes)
        ? new Interval(minutes)
        : throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{source.Name}: {minutes} minutes is no interval of Kraken's files ({string.Join(", ", ArchiveFileName.Intervals)})."));

    private async Task<ImportPlan> PlanAsync(Action<ImportPlan> add, CancellationToken cancellationToken)
    {
        var names = await FileNames.OpenAsync(store, _options.SymbolMap, cancellationToken).ConfigureAwait(false);
        var symbols = _options.Symbols is { Count: > 0 } chosen ? chosen.Select(names.Resolve).ToHashSet(StringComparer.Ordinal) : null;
        var plan = new ImportPlan(names, symbols, _options.AllIntervals);
        await Task.Run(() => add(plan), cancellationToken).ConfigureAwait(false);
        return plan;
    }

    private async Task<ImportReport> RunAsync(ImportPlan plan, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var started = _options.TimeProvider.GetTimestamp();
        var meter = new ProgressMeter(progress, plan.Jobs.Sum(job => job.Source.Length), plan.Jobs.Count);
        var files = new List<ImportedFile>();
        var failed = plan.Failed;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Parallelism, CancellationToken = cancellationToken };

        // The largest first, so that none of them is left to run alone at the end.
        await Parallel.ForEachAsync(plan.Jobs.OrderByDescending(job => job.Source.Length), parallel, async (job, token) =>
        {
            try
            {
                var file = await ImportAsync(job, meter, token).ConfigureAwait(false);
                lock (files)
                {
                    files.Add(file);
                }
            }
            catch (Exception exception) when (exception is ImportException or IOException or UnauthorizedAccessException or ExpiringRowsException)
            {
                LogFailed(_options.Logger, job.Source.Name, exception.Message);
                lock (files)
                {
                    failed.Add(new FailedFile(job.Source.Name, exception.Message, (exception as ImportException)?.RejectedFile));
                }
            }

            meter.FinishFile();
        }).ConfigureAwait(false);

        var seconds = Seconds(started);
        await store.RefreshRollupsAsync(range: null, cancellationToken).ConfigureAwait(false);
        return new ImportReport
        {
            Files = [.. files.OrderBy(file => file.File, StringComparer.Ordinal)],
            Seconds = seconds,
            Skipped = [.. plan.Skipped.OrderBy(file => file.File, StringComparer.Ordinal)],
            Failed = [.. failed.OrderBy(file => file.File, StringComparer.Ordinal)],
        };
    }

    private async Task<ImportedFile> ImportAsync(ImportJob job, ProgressMeter meter, CancellationToken cancellationToken)
    {
        long told = 0;
        try
        {
            var import = new FileImport(store, job.Source, job.Symbol, job.Interval, _options, (bytes, rows) =>
            {
                told += bytes;
                meter.Advance(bytes, rows);
            });
            return await import.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException exception)
        {
            throw new ImportException($"{job.Source.Name} is damaged inside its archive ({exception.Message.TrimEnd('.')}). What was read of it before is stored; get the archive again and repeat the import.", exception);
        }
        finally
        {
            meter.Advance(job.Source.Length - told, rows: 0);
        }
    }

    private decimal Seconds(long started) => Math.Round((decimal)_options.TimeProvider.GetElapsedTime(started).TotalMilliseconds) / 1000;

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} was not imported: {Reason}")]
    private static partial void LogFailed(ILogger logger, string file, string reason);
}
