namespace KrakenDb;

/// <summary>What an engine did with the candles of a write.</summary>
/// <param name="Merge">The plan that was followed; null where nothing stored could meet the rows, which all went in.</param>
/// <param name="Inserted">Rows.</param>
/// <param name="Times">As <see cref="SymbolLedger.After"/> wants them.</param>
internal readonly record struct CandleOutcome(CandleMerge? Merge, long Inserted, (long Oldest, long Newest)? Times)
{
    public long Removed => Merge?.Remove.Count ?? 0;

    public bool HasChanged => Merge is null ? Inserted > 0 : Merge.Insert.Count + Merge.Replace.Count + Merge.Remove.Count > 0;

    public static CandleOutcome OfAll(CandleBatch incoming) =>
        new(Merge: null, incoming.Count, incoming.Count > 0 ? (incoming.Timestamp[0], incoming.Timestamp[incoming.Count - 1]) : null);

    /// <param name="merge">Of these rows.</param>
    /// <param name="written">Indexes of the rows that went in, ascending.</param>
    /// <param name="left">The extent of what is stored, where rows were removed.</param>
    public static CandleOutcome Of(CandleMerge merge, CandleBatch incoming, int[] written, (long Oldest, long Newest)? left) => new(
        merge, merge.Insert.Count, merge.Remove.Count > 0 ? left : written.Length > 0 ? (incoming.Timestamp[written[0]], incoming.Timestamp[written[^1]]) : null);

    public StoreReceipt AddTo(StoreReceipt receipt) => receipt with
    {
        CandlesInserted = Inserted,
        CandlesUnchanged = Merge?.Unchanged ?? 0,
        CandlesConflicting = Merge?.Conflicting ?? 0,
        CandlesRemoved = Removed,
    };

    /// <summary>What of the table must be looked at before a write: the span of its rows and of the minutes that it proves.</summary>
    public static TimeRange Span(CandleBatch incoming, Interval interval, ProvenMinutes proven)
    {
        if (incoming.Count == 0)
        {
            return proven.Added ?? default;
        }

        var rows = new TimeRange(incoming.Timestamp[0], incoming.Timestamp[incoming.Count - 1] + interval.Microseconds);
        return proven.Added is { } added
            ? new TimeRange(Math.Min(rows.StartMicroseconds, added.StartMicroseconds), Math.Max(rows.EndMicroseconds, added.EndMicroseconds))
            : rows;
    }

    /// <summary>Whether rows can only be added: nothing is stored in their span, and no proof speaks against them.</summary>
    public static bool OnlyAdds(CandleBatch incoming, TimeRange span, SyncStatus? present, ProvenMinutes proven) =>
        (present is null || UnixTime.Microseconds(present.NewestTimestamp) < span.StartMicroseconds || UnixTime.Microseconds(present.OldestTimestamp) >= span.EndMicroseconds)
        && (!proven.Touches(span) || incoming.Source.AsSpan(0, incoming.Count).IndexOfAnyExcept(CandleSource.ProvenTrades) < 0);
}
