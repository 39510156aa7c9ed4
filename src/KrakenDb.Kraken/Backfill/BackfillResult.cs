namespace KrakenDb;

/// <summary>What the backfill of one symbol came to.</summary>
public sealed record BackfillResult
{
    public required string Symbol { get; init; }

    /// <summary>Trades of all pages, repeated ones included.</summary>
    public required long Trades { get; init; }

    public required long TradesInserted { get; init; }

    public required long TradesUnchanged { get; init; }

    /// <summary>Trades whose id is stored with another price, volume or side.</summary>
    public required long TradesConflicting { get; init; }

    public required long CandlesInserted { get; init; }

    /// <summary>Rows without an id or with impossible values; their range stays a gap.</summary>
    public required long NotStored { get; init; }

    /// <summary>Ids that the exchange did not show; their range stays a gap until a later look confirms that it never used them.</summary>
    public required long MissingIds { get; init; }

    public required long Calls { get; init; }

    /// <summary>Why it ended early; null when it did not. What was fetched before is stored.</summary>
    public string? Error { get; init; }
}
