namespace KrakenDb;

/// <summary>What is stored, covered and missing of one data type of one symbol.</summary>
public sealed record CoverageStatus
{
    public required string Symbol { get; init; }

    /// <summary>See <see cref="KrakenDb.DataType"/>.</summary>
    public required string DataType { get; init; }

    /// <summary>Open time of the first candle, or time of the first trade; UTC.</summary>
    public required DateTimeOffset OldestTimestamp { get; init; }

    /// <summary>Open time of the last candle, or time of the last trade; UTC.</summary>
    public required DateTimeOffset NewestTimestamp { get; init; }

    public required long TotalRecords { get; init; }

    public required CoverageSet Coverage { get; init; }

    /// <summary>Wanted and not covered, ascending; the last one usually ends now.</summary>
    public required IReadOnlyList<DataGap> Gaps { get; init; }
}
