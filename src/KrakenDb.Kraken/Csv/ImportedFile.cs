using System.Text.Json.Serialization;

namespace KrakenDb;

/// <summary>
/// What became of one file. <see cref="Rows"/> is the sum of <see cref="Inserted"/>, <see cref="Unchanged"/>, <see cref="Conflicting"/> and
/// <see cref="Rejected"/>, all of them rows of the file. As JSON it has exactly file, symbol, interval_minutes, rows, inserted, unchanged, conflicting, rejected.
/// </summary>
/// <remarks>
/// A row of a file of candles counts by what became of its candle. A row of time and sales counts by what became of its trade where it carries an id, and
/// of the minute's candle that it went into where it does not. A file that an earlier, broken-off import had begun counts as if imported again: what was
/// stored then is unchanged.
/// </remarks>
public sealed record ImportedFile
{
    /// <summary>The path below the imported directory, with slashes; for a member of an archive the archive's name and the member's.</summary>
    [JsonPropertyName("file")]
    public required string File { get; init; }

    [JsonPropertyName("symbol")]
    public required string Symbol { get; init; }

    /// <summary>1 for time and sales, from which candles of one minute are built.</summary>
    [JsonPropertyName("interval_minutes")]
    public required int IntervalMinutes { get; init; }

    /// <summary>Rows of the file, without header and blank lines.</summary>
    [JsonPropertyName("rows")]
    public required long Rows { get; init; }

    /// <summary>Rows that were not stored yet.</summary>
    [JsonPropertyName("inserted")]
    public required long Inserted { get; init; }

    /// <summary>Rows that were stored already, value for value, or that repeat another row of the file.</summary>
    [JsonPropertyName("unchanged")]
    public required long Unchanged { get; init; }

    /// <summary>Rows whose place holds other values, of which those with precedence stay (docs/semantics.md).</summary>
    [JsonPropertyName("conflicting")]
    public required long Conflicting { get; init; }

    /// <summary>Rows that could not be taken; <see cref="RejectedFile"/> lists them.</summary>
    [JsonPropertyName("rejected")]
    public required long Rejected { get; init; }

    /// <summary>Whether the rows are trades.</summary>
    [JsonIgnore]
    public bool IsTimeAndSales { get; init; }

    /// <summary>Candles written or found; for a file of candles the same as its usable rows.</summary>
    [JsonIgnore]
    public long Candles { get; init; }

    /// <summary>Numbers with more than ten decimals, rounded half away from zero.</summary>
    [JsonIgnore]
    public long Rounded { get; init; }

    /// <summary>The list of rejected rows (line, reason, row); null when there are none.</summary>
    [JsonIgnore]
    public string? RejectedFile { get; init; }
}
