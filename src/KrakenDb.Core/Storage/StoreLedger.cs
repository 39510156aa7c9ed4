namespace KrakenDb;

/// <summary>What a store's ledger says of one data type of one symbol.</summary>
internal sealed record StoreLedger(string Symbol, string DataType)
{
    public Interval? Interval => KrakenDb.DataType.CandleInterval(DataType);

    /// <summary>Null where nothing is stored.</summary>
    public SyncStatus? Status { get; init; }

    public CoverageSet Coverage { get; init; } = CoverageSet.Empty;

    public DateTimeOffset? WantedFrom { get; init; }

    /// <summary>Of trades only.</summary>
    public IReadOnlyList<AbsentTradeIds> Absent { get; init; } = [];

    /// <summary>From the first row to behind the last one; null where there is none.</summary>
    public TimeRange? Extent => Status is { } status
        ? new TimeRange(UnixTime.Microseconds(status.OldestTimestamp), UnixTime.Microseconds(status.NewestTimestamp) + (Interval?.Microseconds ?? 1))
        : null;

    /// <summary>The part of the extent that a copy has not reached yet, by its cursor in the destination.</summary>
    public async Task<TimeRange?> ExtentAfterAsync(IMarketStore destination, string cursor, CancellationToken cancellationToken)
    {
        if (Extent is not { } extent)
        {
            return null;
        }

        var reached = (await destination.GetImportCursorAsync(cursor, cancellationToken).ConfigureAwait(false))?.Position ?? long.MinValue;
        return reached <= extent.StartMicroseconds ? extent
            : reached < extent.EndMicroseconds ? new TimeRange(reached, extent.EndMicroseconds)
            : null;
    }

    /// <summary>The part of the coverage that lies in a range. Joined again, the parts are the whole.</summary>
    public IReadOnlyList<(string DataType, CoverageRange Range)> CoveredIn(TimeRange range) =>
    [
        .. Coverage.Subtract(new TimeRange(long.MinValue, range.StartMicroseconds)).Subtract(new TimeRange(range.EndMicroseconds, long.MaxValue)).Select(covered => (DataType, covered)),
    ];

    /// <summary>All that is claimed, to be written when all rows are.</summary>
    public StoreWrite Claims(IReadOnlyList<AbsentTradeIds> absent) => new()
    {
        Symbol = Symbol,
        Covered = [.. Coverage.Select(covered => (DataType, covered))],
        WantedFrom = WantedFrom,
        LastKrakenSince = Status?.LastKrakenSince,
        Absent = absent,
    };
}

/// <summary>Reads the ledger of everything that a store has rows or coverage of.</summary>
internal static class StoreLedgers
{
    public static async Task<IReadOnlyList<StoreLedger>> ReadAsync(IMarketReader store, ITableStore tables, CancellationToken cancellationToken)
    {
        var status = (await store.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false)).ToDictionary(row => (row.Symbol, row.DataType));
        var known = status.Keys.ToHashSet();

        // Ranges without rows have no status: proven to be quiet, or expired.
        await foreach (var row in StoreStreams.RowsAsync(tables, StoreTables.Coverage, cancellationToken).ConfigureAwait(false))
        {
            known.Add((row[0]!, row[1]!));
        }

        // Nothing but ids that were never shown.
        await foreach (var row in StoreStreams.RowsAsync(tables, StoreTables.AbsentIds, cancellationToken).ConfigureAwait(false))
        {
            known.Add((row[0]!, DataType.Trades));
        }

        var ledgers = new List<StoreLedger>();
        foreach (var (symbol, dataType) in known.OrderBy(key => key.Symbol, StringComparer.Ordinal).ThenBy(key => DataType.CandleInterval(key.DataType)?.Minutes ?? 0).ThenBy(key => key.DataType, StringComparer.Ordinal))
        {
            ledgers.Add(new StoreLedger(symbol, dataType)
            {
                Status = status.GetValueOrDefault((symbol, dataType)),
                Coverage = await store.GetCoverageAsync(symbol, dataType, cancellationToken).ConfigureAwait(false),
                WantedFrom = await store.GetWantedFromAsync(symbol, cancellationToken).ConfigureAwait(false),
                Absent = dataType == DataType.Trades ? await store.GetAbsentTradeIdsAsync(symbol, cancellationToken).ConfigureAwait(false) : [],
            });
        }

        return ledgers;
    }
}
