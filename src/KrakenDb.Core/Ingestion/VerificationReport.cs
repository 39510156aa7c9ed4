namespace KrakenDb;

/// <summary>What checking one symbol found.</summary>
public sealed record VerificationReport
{
    public required string Symbol { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Trades whose ids were looked at.</summary>
    public required long Trades { get; init; }

    /// <summary>1-minute candles that were compared.</summary>
    public required long Candles { get; init; }

    /// <summary>Ids of covered ranges that are not stored, ascending: ids we lack.</summary>
    public required IReadOnlyList<TradeIdRange> MissingIds { get; init; }

    /// <summary>Ids that the exchange never used; no fault.</summary>
    public required IReadOnlyList<TradeIdRange> AbsentIds { get; init; }

    /// <summary>What contradicts what, at most 20 of each kind; empty when all is well.</summary>
    public required IReadOnlyList<VerificationFinding> Findings { get; init; }

    /// <summary>Why the newest candles were not compared with a fresh reply; null where they were, or nobody asked for it. A pair that is delisted, say.</summary>
    public string? OhlcError { get; init; }

    /// <summary>Wanted and not stored: incomplete, not damaged.</summary>
    public required IReadOnlyList<DataGap> Gaps { get; init; }
}

/// <summary>How well a symbol's history is known.</summary>
public enum Verdict
{
    /// <summary>All candles are proven by contiguous trades.</summary>
    Proven,

    /// <summary>Nothing contradicts anything, and a part rests on what a source says.</summary>
    Claimed,

    /// <summary>Something stored contradicts something else: see the findings.</summary>
    Damaged,
}

/// <summary>Ids from the first to the last, both included.</summary>
public readonly record struct TradeIdRange(long First, long Last);

/// <summary>A contradiction.</summary>
/// <param name="Check"><c>trade_ids</c>, <c>candles</c>, <c>rollups</c>, <c>coverage</c> or <c>ohlc</c>.</param>
/// <param name="Time">Where it is, UTC.</param>
/// <param name="Message">What differs.</param>
public sealed record VerificationFinding(string Check, DateTimeOffset Time, string Message);
