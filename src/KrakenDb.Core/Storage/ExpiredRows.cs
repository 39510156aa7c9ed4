namespace KrakenDb;

/// <summary>What one step of retention did.</summary>
/// <param name="Dropped">Rows of the data type.</param>
/// <param name="Kept">Rows of larger candles that were stored in place of dropped minutes.</param>
internal readonly record struct ExpiredRows(long Dropped, long Kept);
