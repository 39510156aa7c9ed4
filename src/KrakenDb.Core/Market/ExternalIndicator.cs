namespace KrakenDb;

/// <summary>A market figure that Kraken does not publish.</summary>
public sealed record ExternalIndicator
{
    /// <summary>When the value was true, UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary><c>fear_greed</c>, <c>btc_dominance</c>, …</summary>
    public required string IndicatorName { get; init; }

    public required decimal Value { get; init; }

    /// <summary>Who published it: <c>alternative.me</c>, <c>coingecko</c>, …</summary>
    public required string Source { get; init; }
}
