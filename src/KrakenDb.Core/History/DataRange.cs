namespace KrakenDb;

/// <summary>How far back and forth the stored candles of a symbol reach.</summary>
public sealed record DataRange
{
    public required string Symbol { get; init; }

    /// <summary>1 minute where that is stored, else the finest interval that is.</summary>
    public required Interval Interval { get; init; }

    /// <summary>Open time of the first candle, UTC.</summary>
    public required DateTimeOffset Oldest { get; init; }

    /// <summary>Open time of the last candle, UTC.</summary>
    public required DateTimeOffset Newest { get; init; }

    public required long TotalCandles { get; init; }
}
