namespace KrakenDb;

/// <summary>Candles to warm indicators up with: exactly as many as asked for, or fewer with the shortfall stated.</summary>
public sealed record WarmupData
{
    /// <summary>Oldest first; all closed by <see cref="AsOf"/>.</summary>
    public required IReadOnlyList<Candle> Candles { get; init; }

    public required int Requested { get; init; }

    public required DateTimeOffset AsOf { get; init; }

    /// <summary>How many candles are missing; 0 when the request was met.</summary>
    public int Shortfall => Requested - Candles.Count;

    /// <summary>How many of the candles are not complete.</summary>
    public int Incomplete => Candles.Count(candle => !candle.Complete);
}
