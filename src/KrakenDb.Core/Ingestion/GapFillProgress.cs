namespace KrakenDb;

/// <summary>How far a gap is filled.</summary>
/// <param name="Gap">As detected.</param>
/// <param name="Candles">Inserted so far in this gap.</param>
/// <param name="Trades">Fetched so far in this gap.</param>
/// <param name="At">Time of the last trade; null before one, and for OHLC.</param>
public readonly record struct GapFillProgress(DataGap Gap, long Candles, long Trades, DateTimeOffset? At);
