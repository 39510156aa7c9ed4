namespace KrakenDb;

/// <summary>How candles are read; changed with <c>with</c>.</summary>
public sealed record CandleQuery
{
    public static CandleQuery Default { get; } = new();

    /// <summary>Only candles that had closed by then (exchange time). Null: the present time of the provider's clock.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>What to do about incomplete candles. Default: return them, marked.</summary>
    public Holes Holes { get; init; } = Holes.Include;

    /// <summary>Also return the candle that is still open at <see cref="AsOf"/>, built from closed minutes and covered trades. Default: no.</summary>
    public bool IncludeOpen { get; init; }
}
