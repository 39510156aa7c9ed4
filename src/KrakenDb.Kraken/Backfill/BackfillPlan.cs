namespace KrakenDb;

/// <summary>What a backfill of one symbol would fetch.</summary>
public sealed record BackfillPlan
{
    public required string Symbol { get; init; }

    /// <summary>Ranges of trades that are not stored yet, ascending.</summary>
    public required IReadOnlyList<BackfillRange> Ranges { get; init; }

    /// <summary>How many trades that is, from their ids; null where the exchange did not say.</summary>
    public required long? EstimatedTrades { get; init; }

    /// <summary>Calls that it takes at least; null where the trades are unknown.</summary>
    public required long? EstimatedCalls { get; init; }

    /// <summary>Trades that are stored.</summary>
    public required long StoredTrades { get; init; }

    /// <summary>Ranges of 1-minute candles that come from files or OHLC and are not proven; the trades of the plan will prove what they overlap.</summary>
    public required IReadOnlyList<TimeRange> ClaimedCandles { get; init; }

    /// <summary>The exchange's clock minus this machine's; zero where they agree.</summary>
    public required TimeSpan ClockOffset { get; init; }
}

/// <summary>A range of a <see cref="BackfillPlan"/>.</summary>
/// <param name="Start">Included; null for the first trade of all.</param>
/// <param name="End">Excluded.</param>
public readonly record struct BackfillRange(DateTimeOffset? Start, DateTimeOffset End);
