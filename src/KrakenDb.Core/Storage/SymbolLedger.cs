using System.Collections.Immutable;

namespace KrakenDb;

/// <summary>
/// What a store knows about one symbol beside the rows: extents and counts, coverage, from when on history is wanted. Immutable: an engine computes the
/// next ledger inside the transaction of the rows and publishes it after the commit.
/// </summary>
internal sealed record SymbolLedger(string Symbol)
{
    public ImmutableSortedDictionary<string, SyncStatus> Status { get; init; } = ImmutableSortedDictionary.Create<string, SyncStatus>(StringComparer.Ordinal);

    public ImmutableDictionary<string, CoverageSet> Coverage { get; init; } = ImmutableDictionary.Create<string, CoverageSet>(StringComparer.Ordinal);

    public DateTimeOffset? WantedFrom { get; init; }

    public ImmutableArray<AbsentTradeIds> Absent { get; init; } = [];

    /// <summary>The ledger after a write.</summary>
    /// <param name="write">Its rows have been merged.</param>
    /// <param name="receipt">What became of them.</param>
    /// <param name="changed">Data types of which rows were inserted or replaced.</param>
    /// <param name="tradeTimes">Times of the first and the last of all stored trades, microseconds; null where no trade was written.</param>
    /// <param name="candleTimes">Of the first and the last of the written candles, or of all stored ones where some were removed; null where none are left or none came.</param>
    /// <param name="now">The time of the commit.</param>
    public SymbolLedger After(
        StoreWrite write, StoreReceipt receipt, IReadOnlySet<string> changed, (long Oldest, long Newest)? tradeTimes, (long Oldest, long Newest)? candleTimes, DateTimeOffset now)
    {
        var status = Status;
        var candleType = DataType.Candles(receipt.CandlesRemoved > 0 ? Interval.Minute : write.CandleInterval);
        if (receipt.CandlesRemoved > 0)
        {
            status = candleTimes is { } left
                ? status.SetItem(candleType, Grown(candleType, left.Oldest, left.Newest, receipt.CandlesInserted - receipt.CandlesRemoved, now) with
                {
                    OldestTimestamp = UnixTime.ToDateTimeOffset(left.Oldest),
                    NewestTimestamp = UnixTime.ToDateTimeOffset(left.Newest),
                })
                : status.Remove(candleType);
        }
        else if (candleTimes is { } times && changed.Contains(candleType))
        {
            status = status.SetItem(candleType, Grown(candleType, times.Oldest, times.Newest, receipt.CandlesInserted, now));
        }

        if (tradeTimes is { } extent && changed.Contains(DataType.Trades))
        {
            status = status.SetItem(
                DataType.Trades,
                Grown(DataType.Trades, extent.Oldest, extent.Newest, receipt.TradesInserted, now) with
                {
                    // Not only grown: of two times of one trade the earlier replaces the later.
                    OldestTimestamp = UnixTime.ToDateTimeOffset(extent.Oldest),
                    NewestTimestamp = UnixTime.ToDateTimeOffset(extent.Newest),
                });
        }

        if (status.GetValueOrDefault(DataType.Trades) is { } row && Newer(write.LastKrakenSince, row.LastKrakenSince) is { } since)
        {
            status = status.SetItem(DataType.Trades, row with { LastKrakenSince = since });
        }

        var coverage = Coverage;
        foreach (var added in write.Covered.GroupBy(covered => covered.DataType, covered => covered.Range, StringComparer.Ordinal))
        {
            var dataType = added.Key;
            var before = coverage.GetValueOrDefault(dataType, CoverageSet.Empty);
            var after = before.Add(added);
            if (!after.Equals(before))
            {
                coverage = coverage.SetItem(dataType, after);
            }
        }

        var wanted = write.WantedFrom is { } from && (WantedFrom is not { } already || from < already) ? from : WantedFrom;
        var ids = write.Trades is { } stored ? stored.Id.AsSpan(0, stored.Count) : [];
        return this with { Status = status, Coverage = coverage, WantedFrom = wanted, Absent = AbsentIdList.After(Absent, write.Absent, ids) };
    }

    /// <summary>The offered <c>last</c> where it is the later one; null otherwise.</summary>
    public static string? Newer(string? offered, string? present) => offered is not null
        && (present is null || offered.Length > present.Length || (offered.Length == present.Length && string.CompareOrdinal(offered, present) > 0))
            ? offered
            : null;

    private SyncStatus Grown(string dataType, long oldest, long newest, long inserted, DateTimeOffset now)
    {
        var first = UnixTime.ToDateTimeOffset(oldest);
        var last = UnixTime.ToDateTimeOffset(newest);
        return Status.TryGetValue(dataType, out var row)
            ? row with
            {
                OldestTimestamp = first < row.OldestTimestamp ? first : row.OldestTimestamp,
                NewestTimestamp = last > row.NewestTimestamp ? last : row.NewestTimestamp,
                LastSyncAt = now,
                TotalRecords = row.TotalRecords + inserted,
            }
            : new SyncStatus { Symbol = Symbol, DataType = dataType, OldestTimestamp = first, NewestTimestamp = last, LastSyncAt = now, TotalRecords = inserted };
    }
}
