using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>How CSV files are imported.</summary>
public sealed record BulkCsvImporterOptions
{
    /// <summary>
    /// Rows per transaction, from 1 to 4,000,000. The documents' 10,000 make many more commits than is good for the embedded store. 245,760 are two of
    /// its row groups and take some 25 MB, twice per file at work; sizes between multiples of 122,880 leave row groups half full (41 bytes per
    /// candle on disk instead of 28). For time and sales a transaction ends with the minute.
    /// </summary>
    public int BatchSize { get; init; } = 245_760;

    /// <summary>Also candles of more than one minute. Otherwise only those of one minute and time and sales; larger ones are derived.</summary>
    public bool AllIntervals { get; init; }

    /// <summary>Only these markets, in any spelling; null or empty for all.</summary>
    public IReadOnlyCollection<string>? Symbols { get; init; }

    /// <summary>
    /// Names of files beside those of the catalog: from the pair in the file's name to a symbol (<c>FOOUSD</c> to <c>FOO/USD</c>). Symbols that the
    /// catalog does not have are remembered in the store.
    /// </summary>
    public IReadOnlyDictionary<string, string>? SymbolMap { get; init; }

    /// <summary>Whether rows that an active retention policy would drop are stored all the same, until its next run. Otherwise a file that has some fails, with the numbers.</summary>
    public bool AllowExpiring { get; init; }

    /// <summary>Files at work at once; by default as many as there are cores, at most 4.</summary>
    public int Parallelism { get; init; } = Math.Min(Environment.ProcessorCount, 4);

    /// <summary>
    /// Where rejected rows are listed; made when it is not there. Names then tell files of different folders apart by their path below the imported
    /// directory: <c>FOLDER_FILE.rejected.csv</c> (<c>ARCHIVE_MEMBER.rejected.csv</c>); files that are imported one by one under one name need directories
    /// of their own. By default beside the file or archive, as <c>FILE.rejected.csv</c> (<c>ARCHIVE.MEMBER.rejected.csv</c>), and where that cannot be
    /// written in the current directory, with a part in the name that no other file has.
    /// </summary>
    public string? RejectedDirectory { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
