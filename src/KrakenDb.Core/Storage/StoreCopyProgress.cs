namespace KrakenDb;

/// <summary>How far a copy is.</summary>
internal readonly record struct StoreCopyProgress(string Table, string Symbol, long Rows);
