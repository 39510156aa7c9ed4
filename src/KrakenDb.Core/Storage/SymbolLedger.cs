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

    /// <summary>Active retention policies of the whole store, where an engine reads them with the ledger.</summary>
    public IReadOnlyList<RetentionPolicy> Policies { get; init; } = [];

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

    /// <summary>The ledger after rows of a data type before a time were dropped: all that lies before is expired, gaps included.</summary>
    /// <param name="dataType">See <see cref="DataType"/>.</param>
    /// <param name="end">Microseconds since 1970.</param>
    /// <param name="dropped">How many rows went.</param>
    /// <param name="oldestLeft">The first row that is left, microseconds; null where none is. Not used where none was dropped.</param>
    public SymbolLedger Expire(string dataType, long end, long dropped, long? oldestLeft)
    {
        var status = Status;
        var first = end;
        if (status.TryGetValue(dataType, out var row))
        {
            first = Math.Min(first, UnixTime.Microseconds(row.OldestTimestamp));
            if (dropped > 0)
            {
                status = oldestLeft is { } oldest
                    ? status.SetItem(dataType, row with { OldestTimestamp = UnixTime.ToDateTimeOffset(oldest), TotalRecords = row.TotalRecords - dropped })
                    : status.Remove(dataType);
            }
        }

        var coverage = Coverage.GetValueOrDefault(dataType, CoverageSet.Empty);
        first = Math.Min(first, coverage.Count > 0 ? coverage[0].Range.StartMicroseconds : end);
        first = Math.Min(first, WantedFrom is { } wanted ? UnixTime.Microseconds(wanted) : end);
        var expired = new CoverageRange { Range = new TimeRange(first, end), Source = CandleSource.None, Grade = CoverageGrade.Expired };
        return this with { Status = status, Coverage = Coverage.SetItem(dataType, coverage.Subtract(expired.Range).Add(expired)) };
    }

    /// <summary>The ledger after a recording of this symbol's books was dropped: its time is expired, gaps included, but for what other recordings prove of it.</summary>
    /// <param name="range">From its first frame to behind its last.</param>
    /// <param name="depth">Prices a side that were subscribed; null where no book was.</param>
    /// <param name="proven">By data type.</param>
    public SymbolLedger ExpireBooks(TimeRange range, int? depth, ILookup<string, CoverageRange> proven)
    {
        // A recording may have changed its depth: all that is claimed of its time is looked at.
        var claimed = Coverage
            .Where(entry => DataType.IsBook(entry.Key) && entry.Value.Overlapping(range.StartMicroseconds, range.EndMicroseconds).Any(covered => covered.Grade != CoverageGrade.Expired))
            .Select(entry => entry.Key);
        var coverage = Coverage;
        foreach (var dataType in claimed.Union(depth is { } subscribed ? [DataType.Book(subscribed)] : [], StringComparer.Ordinal))
        {
            var after = coverage.GetValueOrDefault(dataType, CoverageSet.Empty);
            foreach (var gone in CoverageSet.Of(proven[dataType]).Gaps(range))
            {
                after = after.Subtract(gone).Add(new CoverageRange { Range = gone, Source = CandleSource.None, Grade = CoverageGrade.Expired });
            }

            coverage = coverage.SetItem(dataType, after);
        }

        return this with { Coverage = coverage };
    }

    /// <summary>The ledger after rollups of minutes that go were stored.</summary>
    /// <param name="kept">Its rows have been written.</param>
    /// <param name="extent">First and last stored open, microseconds, asked for where rows were removed for good; null where none is left.</param>
    /// <param name="now">The time of the commit.</param>
    public SymbolLedger Keep(KeptRollup kept, (long Oldest, long Newest)? extent, DateTimeOffset now)
    {
        var (dataType, rows) = (DataType.Candles(kept.Interval), kept.Rows);
        var status = Status;
        if (rows.Count > 0)
        {
            status = status.SetItem(dataType, Grown(dataType, rows.Timestamp[0], rows.Timestamp[rows.Count - 1], kept.Added, now));
        }

        if (kept.RemovedForGood > 0)
        {
            status = extent is { } left
                ? status.SetItem(dataType, status[dataType] with
                {
                    OldestTimestamp = UnixTime.ToDateTimeOffset(left.Oldest),
                    NewestTimestamp = UnixTime.ToDateTimeOffset(left.Newest),
                    TotalRecords = status[dataType].TotalRecords - kept.RemovedForGood,
                })
                : status.Remove(dataType);
        }

        var coverage = kept.Covered.Count == 0 ? Coverage : Coverage.SetItem(dataType, Coverage.GetValueOrDefault(dataType, CoverageSet.Empty).Add(kept.Covered));
        return this with { Status = status, Coverage = coverage };
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
