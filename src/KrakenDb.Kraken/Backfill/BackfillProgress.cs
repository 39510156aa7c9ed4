namespace KrakenDb;

/// <summary>How far the backfill of one symbol is.</summary>
/// <param name="Trades">Fetched so far.</param>
/// <param name="TradesTotal">As planned; null where unknown.</param>
/// <param name="At">Time of the newest trade of the last page; null before the first.</param>
/// <param name="Calls">Pages so far.</param>
/// <param name="IsLive">The newest trade was reached; what follows is polling.</param>
public readonly record struct BackfillProgress(string Symbol, long Trades, long? TradesTotal, DateTimeOffset? At, long Calls, bool IsLive);
