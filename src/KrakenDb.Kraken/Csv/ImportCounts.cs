namespace KrakenDb.Kraken;

/// <summary>What became of the rows of one file so far, and of the candles they make.</summary>
internal readonly record struct ImportCounts(long Inserted, long Unchanged, long Conflicting, long Candles)
{
    public ImportCounts Add(ImportCounts other) =>
        new(Inserted + other.Inserted, Unchanged + other.Unchanged, Conflicting + other.Conflicting, Candles + other.Candles);

    public static ImportCounts OfCandles(StoreReceipt receipt) =>
        new(receipt.CandlesInserted, receipt.CandlesUnchanged, receipt.CandlesConflicting, receipt.CandlesInserted + receipt.CandlesUnchanged + receipt.CandlesConflicting);

    /// <summary>Rows that carry ids count by their trades.</summary>
    public static ImportCounts OfTrades(StoreReceipt receipt) =>
        new(receipt.TradesInserted, receipt.TradesUnchanged, receipt.TradesConflicting, receipt.CandlesInserted + receipt.CandlesUnchanged + receipt.CandlesConflicting);

    /// <summary>Rows without id count by the candle they went into. Asked before the candles are written.</summary>
    public static async Task<ImportCounts> OfRowsWithoutIdAsync(IMarketReader store, string symbol, ImportPiece piece, CancellationToken cancellationToken)
    {
        var counts = default(ImportCounts);
        if (piece is not { Candles: { Count: > 0 } candles, RowsOfCandle: { } rows } || rows.All(count => count == 0))
        {
            return counts;
        }

        var range = new TimeRange(candles.Timestamp[0], candles.Timestamp[candles.Count - 1] + UnixTime.MicrosecondsPerMinute);
        using var stored = await store.ReadCandlesAsync(symbol, Interval.Minute, Interval.Minute, range, cancellationToken).ConfigureAwait(false);
        var at = 0;
        for (var index = 0; index < candles.Count; index++)
        {
            while (at < stored.Count && stored.Timestamp[at] < candles.Timestamp[index])
            {
                at++;
            }

            if (at == stored.Count || stored.Timestamp[at] != candles.Timestamp[index])
            {
                counts = counts with { Inserted = counts.Inserted + rows[index] };
            }
            else if (stored[at] with { Source = candles.Source[index] } == candles[index])
            {
                counts = counts with { Unchanged = counts.Unchanged + rows[index] };
            }
            else
            {
                counts = counts with { Conflicting = counts.Conflicting + rows[index] };
            }
        }

        return counts;
    }
}
