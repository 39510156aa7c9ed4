using System.Text.Json.Serialization;

namespace KrakenDb;

/// <summary>What an import did. As JSON it has files and seconds.</summary>
public sealed record ImportReport
{
    /// <summary>Imported files, in ordinal order of their names.</summary>
    [JsonPropertyName("files")]
    public required IReadOnlyList<ImportedFile> Files { get; init; }

    /// <summary>Wall-clock seconds to the last commit, rounded to milliseconds; the refresh of kept rollups comes after it.</summary>
    [JsonPropertyName("seconds")]
    public required decimal Seconds { get; init; }

    /// <summary>Files that were left alone, each with the reason; ordinal order.</summary>
    [JsonIgnore]
    public IReadOnlyList<SkippedFile> Skipped { get; init; } = [];

    /// <summary>Files whose import failed; the others are not affected. Ordinal order.</summary>
    [JsonIgnore]
    public IReadOnlyList<FailedFile> Failed { get; init; } = [];
}

/// <summary>A file that was not imported because it is not wanted or not known.</summary>
public sealed record SkippedFile(string File, SkipReason Reason, string Message);

/// <summary>A file whose import failed.</summary>
/// <param name="File">As in <see cref="ImportedFile.File"/>.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="RejectedFile">The list of its rows when none of them was usable; else null.</param>
public sealed record FailedFile(string File, string Message, string? RejectedFile = null);

/// <summary>Why a file was left alone.</summary>
public enum SkipReason
{
    /// <summary>Its name is not <c>PAIR_MINUTES.csv</c> or <c>PAIR.csv</c>, or it is a part of a split archive.</summary>
    NotKraken,

    /// <summary>Its name is of that form, and no market goes by that pair.</summary>
    UnknownPair,

    /// <summary>Kraken publishes no candles of that interval.</summary>
    UnknownInterval,

    /// <summary>Another interval than one minute, and <see cref="BulkCsvImporterOptions.AllIntervals"/> is not set.</summary>
    IntervalNotChosen,

    /// <summary>Not among <see cref="BulkCsvImporterOptions.Symbols"/>.</summary>
    SymbolNotChosen,
}
