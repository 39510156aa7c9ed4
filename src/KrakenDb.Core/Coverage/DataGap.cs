namespace KrakenDb;

/// <summary>A range that should be covered and is not; the start is included, the end excluded.</summary>
public sealed record DataGap
{
    public required string Symbol { get; init; }

    /// <summary><c>trades</c>, <c>candles_1m</c>, …: see <see cref="KrakenDb.DataType"/>.</summary>
    public required string DataType { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    public required DateTimeOffset EndTime { get; init; }

    public TimeSpan Duration => EndTime - StartTime;

    /// <summary>Shorter than 12 hours: within reach of one OHLC reply of 720 one-minute candles.</summary>
    public bool IsSmall => Duration < TimeSpan.FromHours(12);

    /// <summary>How many one-minute candles fit, rounded down.</summary>
    public int CandlesNeeded => (int)(Duration.Ticks / TimeSpan.TicksPerMinute);

    /// <summary>The duration in hours, for display.</summary>
    public decimal Hours => (decimal)Duration.Ticks / TimeSpan.TicksPerHour;
}
