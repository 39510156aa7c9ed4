namespace KrakenDb;

/// <summary>Whether a store answers, and what is in it.</summary>
public sealed record HealthReport
{
    /// <summary>The store answered.</summary>
    public required bool Connected { get; init; }

    /// <summary>Why not; null when it did.</summary>
    public string? Error { get; init; }

    /// <summary>Ordinal order.</summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>1-minute candles of all symbols.</summary>
    public long TotalCandles { get; init; }

    /// <summary>Oldest open time of a candle or time of a trade, UTC; null when nothing is stored.</summary>
    public DateTimeOffset? OldestData { get; init; }

    /// <summary>Newest open time of a candle or time of a trade, UTC; null when nothing is stored.</summary>
    public DateTimeOffset? NewestData { get; init; }

    /// <summary>Null when the store did not answer.</summary>
    public StoreStatus? Store { get; init; }

    /// <summary>How long the store took to answer.</summary>
    public required TimeSpan ResponseTime { get; init; }
}
