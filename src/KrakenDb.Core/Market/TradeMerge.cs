namespace KrakenDb;

/// <summary>What becomes of incoming trades beside stored ones; the counterpart of <see cref="CandleMerge"/>.</summary>
/// <param name="Insert">Indexes of incoming rows whose id is not stored yet, ascending.</param>
/// <param name="Replace">Indexes of incoming rows that take the place of a stored row, ascending.</param>
/// <param name="Unchanged">Incoming rows that are stored already (times may differ; the earlier stays).</param>
/// <param name="Conflicting">Incoming rows whose id is stored with another price, volume or side.</param>
internal sealed record TradeMerge(List<int> Insert, List<int> Replace, long Unchanged, long Conflicting)
{
    /// <summary>Plans the merge of two batches of one symbol, both ascending and unique in id.</summary>
    public static TradeMerge Plan(TradeBatch stored, TradeBatch incoming)
    {
        var insert = new List<int>();
        var replace = new List<int>();
        long unchanged = 0;
        long conflicting = 0;
        var at = 0;
        for (var index = 0; index < incoming.Count; index++)
        {
            while (at < stored.Count && stored.Id[at] < incoming.Id[index])
            {
                at++;
            }

            if (at == stored.Count || stored.Id[at] != incoming.Id[index])
            {
                insert.Add(index);
                continue;
            }

            var (kept, row) = (stored[at], incoming[index]);
            if (row.SameExecution(kept))
            {
                unchanged++;
            }
            else
            {
                conflicting++;
            }

            if (TradeRow.ComparePrecedence(row, kept) > 0)
            {
                replace.Add(index);
            }
        }

        return new TradeMerge(insert, replace, unchanged, conflicting);
    }

    /// <summary>The merge of trades of which none is stored.</summary>
    public static TradeMerge OfAll(TradeBatch incoming) => new([.. Enumerable.Range(0, incoming.Count)], [], 0, 0);

    /// <summary>Sorts by id and keeps one row per id by precedence. Returns how many rows were repeated (one execution) and how many contradicted one another.</summary>
    public static (TradeBatch Ordered, long Repeated, long Conflicting) Order(TradeBatch batch)
    {
        if (batch.IsOrdered())
        {
            return (batch, 0, 0);
        }

        long repeated = 0;
        long conflicting = 0;
        var ordered = new TradeBatch(batch.Count);
        foreach (var row in batch.Rows().OrderBy(row => row.Id))
        {
            if (ordered.Count == 0 || ordered.Id[ordered.Count - 1] != row.Id)
            {
                ordered.Add(row);
                continue;
            }

            var kept = ordered[ordered.Count - 1];
            if (row.SameExecution(kept))
            {
                repeated++;
            }
            else
            {
                conflicting++;
            }

            if (TradeRow.ComparePrecedence(row, kept) > 0)
            {
                ordered[ordered.Count - 1] = row;
            }
        }

        return (ordered, repeated, conflicting);
    }
}
