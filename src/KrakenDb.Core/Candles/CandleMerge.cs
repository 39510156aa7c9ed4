namespace KrakenDb;

/// <summary>What becomes of incoming candles beside stored ones. Every engine writes by this plan, or by SQL that the contract suite holds to it.</summary>
/// <param name="Insert">Indexes of incoming rows whose key is not stored yet, ascending.</param>
/// <param name="Replace">Indexes of incoming rows that take the place of a stored row, ascending.</param>
/// <param name="Unchanged">Incoming rows that are stored already, value for value.</param>
/// <param name="Conflicting">Incoming rows whose key holds other values; the one with precedence stays.</param>
internal sealed record CandleMerge(List<int> Insert, List<int> Replace, long Unchanged, long Conflicting)
{
    /// <summary>Times of stored rows that go, ascending: proven trades say otherwise.</summary>
    public IReadOnlyList<long> Remove { get; init; } = [];

    /// <summary>Plans the merge of two batches of one symbol and interval, both ascending and unique in time.</summary>
    public static CandleMerge Plan(CandleBatch stored, CandleBatch incoming, ProvenMinutes proven)
    {
        var insert = new List<int>();
        var replace = new List<int>();
        var remove = new List<long>();
        long unchanged = 0;
        long conflicting = 0;
        var at = 0;
        for (var index = 0; index < incoming.Count; index++)
        {
            var timestamp = incoming.Timestamp[index];
            while (at < stored.Count && stored.Timestamp[at] < timestamp)
            {
                RemoveVoid(at++);
            }

            var isStored = at < stored.Count && stored.Timestamp[at] == timestamp;
            var isSame = isStored && SameValues(stored, at, incoming, index);
            if (proven.Refuses(timestamp, incoming.Source[index]))
            {
                (unchanged, conflicting) = isSame ? (unchanged + 1, conflicting) : (unchanged, conflicting + 1);
                continue;
            }

            if (!isStored)
            {
                insert.Add(index);
                continue;
            }

            if (isSame)
            {
                // The same values from a better source: its rank must stay whatever the order of arrival.
                unchanged++;
                if (incoming.Source[index] > stored.Source[at])
                {
                    replace.Add(index);
                }
            }
            else
            {
                conflicting++;
                if (proven.Voids(timestamp, stored.Source[at]) || CandlePrecedence.Compare(incoming[index], stored[at]) > 0)
                {
                    replace.Add(index);
                }
            }

            at++;
        }

        while (at < stored.Count)
        {
            RemoveVoid(at++);
        }

        return new CandleMerge(insert, replace, unchanged, conflicting) { Remove = remove };

        void RemoveVoid(int index)
        {
            if (proven.Voids(stored.Timestamp[index], stored.Source[index]))
            {
                remove.Add(stored.Timestamp[index]);
            }
        }
    }

    /// <summary>Sorts by time and keeps one row per time by precedence. Returns how many rows were repeated (equal) and how many contradicted one another.</summary>
    public static (long Repeated, long Conflicting) Order(CandleBatch batch)
    {
        if (batch.IsOrdered())
        {
            return (0, 0);
        }

        var rows = batch.Rows().OrderBy(row => row.Timestamp).ToList();
        long repeated = 0;
        long conflicting = 0;
        batch.Count = 0;
        foreach (var row in rows)
        {
            if (batch.Count == 0 || batch.Timestamp[batch.Count - 1] != row.Timestamp)
            {
                batch.Add(row);
                continue;
            }

            var kept = batch[batch.Count - 1];
            if (kept == row)
            {
                repeated++;
                continue;
            }

            conflicting++;
            if (CandlePrecedence.Compare(row, kept) > 0)
            {
                batch[batch.Count - 1] = row;
            }
        }

        return (repeated, conflicting);
    }

    private static bool SameValues(CandleBatch stored, int at, CandleBatch incoming, int index) =>
        stored.Open[at] == incoming.Open[index]
        && stored.High[at] == incoming.High[index]
        && stored.Low[at] == incoming.Low[index]
        && stored.Close[at] == incoming.Close[index]
        && stored.Volume[at] == incoming.Volume[index]
        && stored.QuoteVolume[at] == incoming.QuoteVolume[index]
        && stored.TradeCount[at] == incoming.TradeCount[index]
        && stored.Vwap[at] == incoming.Vwap[index];
}
