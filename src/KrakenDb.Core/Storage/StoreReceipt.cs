namespace KrakenDb;

/// <summary>What became of the rows of one write. A replaced row counts by what it met: unchanged (same values) or conflicting. Candles are removed where proven trades leave a minute empty.</summary>
internal readonly record struct StoreReceipt(
    long CandlesInserted,
    long CandlesUnchanged,
    long CandlesConflicting,
    long TradesInserted,
    long TradesUnchanged,
    long TradesConflicting,
    long CandlesRemoved);
