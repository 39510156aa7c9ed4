namespace KrakenDb.Simulator;

/// <summary>
/// A market's trades as the exchange publishes them: the seeded ones, but for ids that it never used, with some gathered at one
/// time. Trades, candles, book and the record of truth all come from here, so they always tell the same story.
/// </summary>
internal sealed class PublicTape(TradeTape tape)
{
    // Replaced as a whole: readers hold the one they began with.
    private volatile Changes _changes = new([], [], long.MinValue);

    public MarketSpec Spec => tape.Spec;

    /// <summary>Grows with every change of what is published; what was derived before is void.</summary>
    public int Version { get; private set; }

    /// <summary>Nothing before this time is published.</summary>
    public void StartAt(long unixNanoseconds) => Change(_changes with { StartNanoseconds = unixNanoseconds });

    /// <summary>The exchange never used these ids.</summary>
    public void SkipIds(IdRange ids) => Change(_changes with { Skipped = [.. _changes.Skipped, ids] });

    /// <summary>All of these trades happen at the time of the first.</summary>
    public void Gather(IdRange ids) =>
        Change(_changes with { Gathered = [.. _changes.Gathered, (ids, tape.FromId(ids.First).First().UnixNanoseconds)] });

    /// <summary>The trades from one time (included) up to another (included), by id.</summary>
    public IEnumerable<SeededTrade> Between(long firstNanoseconds, long lastNanoseconds)
    {
        var changes = _changes;
        var first = Math.Max(firstNanoseconds, changes.StartNanoseconds);
        return first > lastNanoseconds
            ? []
            : changes.Apply(tape.FromTime(first)).SkipWhile(trade => trade.UnixNanoseconds < first).TakeWhile(trade => trade.UnixNanoseconds <= lastNanoseconds);
    }

    /// <summary>The newest trades at or before a time, at most <paramref name="count"/>, by id.</summary>
    public IEnumerable<SeededTrade> Latest(int count, long unixNanoseconds)
    {
        var changes = _changes;
        if (LastIdAt(changes, unixNanoseconds) is not { } last)
            return [];

        var first = last;
        for (var missing = count - 1; missing > 0 && first > Spec.FirstTradeId;)
        {
            first = Math.Max(Spec.FirstTradeId, first - missing);
            missing = count - changes.CountUsed(new IdRange(first, last));
        }

        return changes.Apply(tape.FromId(first)).SkipWhile(trade => trade.UnixNanoseconds < changes.StartNanoseconds).TakeWhile(trade => trade.Id <= last);
    }

    /// <summary>The last trade at or before a time; null when there is none.</summary>
    public SeededTrade? LastAt(long unixNanoseconds)
    {
        foreach (var trade in Latest(1, unixNanoseconds))
            return trade;
        return null;
    }

    private long? LastIdAt(Changes changes, long unixNanoseconds)
    {
        if (tape.LastIdAt(unixNanoseconds) is not { } last || unixNanoseconds < changes.StartNanoseconds)
            return null;

        foreach (var (ids, _) in changes.Gathered)
        {
            if (ids.Contains(last))
                last = ids.Last;
        }

        // Ranges may touch each other, in any order.
        for (var moved = true; moved;)
        {
            moved = false;
            foreach (var ids in changes.Skipped)
            {
                if (ids.Contains(last))
                    (last, moved) = (ids.First - 1, true);
            }
        }

        return last < Spec.FirstTradeId ? null : last;
    }

    private void Change(Changes changes)
    {
        _changes = changes;
        Version++;
    }

    private sealed record Changes(IdRange[] Skipped, (IdRange Ids, long Nanoseconds)[] Gathered, long StartNanoseconds)
    {
        public IEnumerable<SeededTrade> Apply(IEnumerable<SeededTrade> trades) =>
            Skipped.Length == 0 && Gathered.Length == 0 ? trades : trades.Where(trade => !IsSkipped(trade.Id)).Select(Move);

        public int CountUsed(IdRange ids)
        {
            var used = 0;
            for (var id = ids.First; id <= ids.Last; id++)
                used += IsSkipped(id) ? 0 : 1;
            return used;
        }

        private bool IsSkipped(long id) => Array.Exists(Skipped, ids => ids.Contains(id));

        private SeededTrade Move(SeededTrade trade)
        {
            foreach (var (ids, nanoseconds) in Gathered)
            {
                if (ids.Contains(trade.Id))
                    return trade with { UnixNanoseconds = nanoseconds };
            }

            return trade;
        }
    }
}
