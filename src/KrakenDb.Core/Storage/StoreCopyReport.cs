namespace KrakenDb;

/// <summary>What a copy did and what the comparison of both stores found.</summary>
internal sealed record StoreCopyReport
{
    /// <summary>Nothing had to be written: the stores were equal.</summary>
    public required bool WasEqual { get; init; }

    /// <summary>Into a store that had data: contained is enough.</summary>
    public required bool IsMerge { get; init; }

    public required IReadOnlyList<CopyCheck> Checks { get; init; }

    /// <summary>Markets of which the source keeps only rollups where retention has dropped the minutes: those are not copied.</summary>
    public required IReadOnlyList<string> WithExpired { get; init; }

    public bool IsGood => Checks.All(check => check.Verdict != CopyVerdict.Different);
}

/// <summary>What the comparison of one table and symbol found.</summary>
internal enum CopyVerdict
{
    /// <summary>Counts, sums and hashes of the ordered rows agree.</summary>
    Same,

    /// <summary>Into a store that had data: each row of the source is there, or the one that takes precedence over it.</summary>
    Contained,

    Different,
}

/// <summary>One table and symbol on both sides of a copy.</summary>
internal sealed record CopyCheck
{
    public required string Table { get; init; }

    /// <summary>The market (candles: with the interval), the indicator, or empty where the table is compared as a whole.</summary>
    public required string Symbol { get; init; }

    public required RowDigest Source { get; init; }

    public required RowDigest Destination { get; init; }

    public required CopyVerdict Verdict { get; init; }

    /// <summary>The first row that differs; null where none does.</summary>
    public string? Evidence { get; init; }
}
