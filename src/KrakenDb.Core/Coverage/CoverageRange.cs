namespace KrakenDb;

/// <summary>A range of one symbol's data of one type that is stored, with its source and how well it is known.</summary>
public sealed record CoverageRange
{
    public required TimeRange Range { get; init; }

    /// <summary>The rank of a <see cref="CandleSource"/>, which also names the sources of trades.</summary>
    public required CandleSource Source { get; init; }

    public required CoverageGrade Grade { get; init; }

    /// <summary>For trades: the id of the first trade of the range; null where unknown or not a range of trades.</summary>
    public long? FirstTradeId { get; init; }

    /// <summary>For trades: the id of the last trade of the range, or before it where nothing was traded in it; null where unknown or not a range of trades.</summary>
    public long? LastTradeId { get; init; }
}
