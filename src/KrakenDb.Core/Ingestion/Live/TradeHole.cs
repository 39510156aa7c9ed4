namespace KrakenDb;

/// <summary>Ids between two runs of stored trades that did not come.</summary>
/// <param name="Start">Where what is proven ends, microseconds since 1970 UTC.</param>
/// <param name="End">Where it begins again.</param>
/// <param name="LastIdBefore">The highest id before <paramref name="Start"/>.</param>
/// <param name="FirstMissing">The first id that did not come.</param>
/// <param name="LastMissing">The last id that did not come.</param>
internal readonly record struct TradeHole(long Start, long End, long LastIdBefore, long FirstMissing, long LastMissing);
