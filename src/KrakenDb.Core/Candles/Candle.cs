namespace KrakenDb;

/// <summary>
/// Open, high, low, close and volume over [<see cref="Timestamp"/>, <see cref="Timestamp"/> + <see cref="Interval"/>).
/// Prices in the quote currency, <see cref="Volume"/> in the base currency; exact decimals without trailing zeros.
/// </summary>
/// <remarks>The documents' <c>Candle</c> and <c>HistoricalCandle</c> in one: they differ in nothing but the computed properties.</remarks>
public sealed record Candle
{
    public required string Symbol { get; init; }

    /// <summary>The open time, UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required Interval Interval { get; init; }

    public required decimal Open { get; init; }

    public required decimal High { get; init; }

    public required decimal Low { get; init; }

    public required decimal Close { get; init; }

    public required decimal Volume { get; init; }

    /// <summary>Σ price × volume of the trades in the quote currency, rounded once to 10 decimals; null where any part of it is unknown (CSV candles carry none).</summary>
    public decimal? QuoteVolume { get; init; }

    public required long TradeCount { get; init; }

    /// <summary>The volume-weighted average price over the volume whose value is known; null where none is known or nothing was traded.</summary>
    public decimal? Vwap { get; init; }

    /// <summary>False where the stored data do not cover the whole candle: it may change when the hole is filled.</summary>
    public required bool Complete { get; init; }

    public int IntervalMinutes => Interval.Minutes;

    /// <summary>The end of the candle, excluded: from this time on it is known.</summary>
    public DateTimeOffset CloseTime => Timestamp + Interval.Duration;

    /// <summary>(high + low + close) / 3.</summary>
    public decimal TypicalPrice => (High + Low + Close) / 3;

    /// <summary>high − low.</summary>
    public decimal Range => High - Low;

    /// <summary>|close − open|.</summary>
    public decimal BodySize => Math.Abs(Close - Open);

    /// <summary>Closed above its open.</summary>
    public bool IsBullish => Close > Open;

    /// <summary>high − max(open, close).</summary>
    public decimal UpperWick => High - Math.Max(Open, Close);

    /// <summary>min(open, close) − low.</summary>
    public decimal LowerWick => Math.Min(Open, Close) - Low;
}
