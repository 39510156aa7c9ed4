namespace KrakenDb.DuckDb;

/// <summary>The table <c>retention_policies</c>, and the steps of retention: rows of one data type of one symbol before a time.</summary>
internal static class RetentionTables
{
    private const string DeleteTrades = "DELETE FROM trades WHERE symbol = $1 AND timestamp >= $2 AND timestamp < $3";
    private const string OldestTrade = "SELECT min(timestamp) FROM trades WHERE symbol = $1 AND timestamp >= $2 AND timestamp < $3";
    private const string DeleteCandles = "DELETE FROM candles WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4";
    private const string ExtentOfCandles = "SELECT min(timestamp), max(timestamp) FROM candles WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4";

    // Nothing is stored after this time: the last second that DuckDB's TIMESTAMP and .NET's both have.
    private static readonly long Never = UnixTime.Microseconds(DateTimeOffset.MaxValue) - 1_000_000;

    public static IReadOnlyList<RetentionPolicy> Read(DuckDbSession session)
    {
        var policies = new List<RetentionPolicy>();
        using var result = session.Prepare("SELECT data_type, keep_days FROM retention_policies").Query();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                policies.Add(new RetentionPolicy(chunk.GetString(0, row), chunk.Int32(1)[row]));
            }
        }

        return [.. policies.OrderBy(policy => policy.DataType, StringComparer.Ordinal)];
    }

    public static void Write(DuckDbSession session, string dataType, int? keepDays)
    {
        session.Prepare("DELETE FROM retention_policies WHERE data_type = $1").Bind(1, dataType).Execute();
        if (keepDays is { } days)
        {
            session.Prepare("INSERT INTO retention_policies VALUES ($1, $2)").Bind(1, dataType).Bind(2, days).Execute();
        }
    }

    /// <summary>One step inside the session's transaction.</summary>
    public static (ExpiredRows Rows, SymbolLedger After) Expire(DuckDbSession session, SymbolLedger before, string dataType, long end, IReadOnlyList<RetentionPolicy> policies, DateTimeOffset now)
    {
        var after = before;
        long dropped = 0;
        long kept = 0;
        long? left = null;
        if (before.Status.TryGetValue(dataType, out var status) && UnixTime.Microseconds(status.OldestTimestamp) is var oldest && oldest < end)
        {
            if (DataType.CandleInterval(dataType) is { } interval)
            {
                (after, kept) = interval == Interval.Minute ? KeepRollups(session, before, new TimeRange(Interval.Week.Floor(oldest), end), policies, now) : (before, 0);
                dropped = OfCandles(session, DeleteCandles, before.Symbol, interval, oldest, end).Execute();
                left = Nearest(end, (from, to) => Extent(session, before.Symbol, interval, from, to)?.Oldest);
            }
            else
            {
                dropped = session.Prepare(DeleteTrades).Bind(1, before.Symbol).BindTimestamp(2, oldest).BindTimestamp(3, end).Execute();
                left = Nearest(end, (from, to) => Oldest(session, before.Symbol, from, to));
            }
        }

        return (new ExpiredRows(dropped, kept), after.Expire(dataType, end, dropped, left));
    }

    private static (SymbolLedger After, long Kept) KeepRollups(DuckDbSession session, SymbolLedger before, TimeRange range, IReadOnlyList<RetentionPolicy> policies, DateTimeOffset now)
    {
        var after = before;
        long count = 0;
        foreach (var interval in KeptRollup.Intervals(policies, range, now))
        {
            var sources = KeptRollup.Sources(interval, before.Status.Keys)
                .Select(source => (Rows: BucketsOf(session, before.Symbol, source, interval, range), Coverage: before.Coverage.GetValueOrDefault(DataType.Candles(source), CoverageSet.Empty)))
                .ToList();
            using var kept = KeptRollup.Plan(interval, range, sources);
            sources.ForEach(source => source.Rows.Dispose());
            CandleTable.Replace(session, before.Symbol, interval, kept.Removed, kept.Rows);
            after = after.Keep(kept, kept.RemovedForGood > 0 ? Extent(session, before.Symbol, interval, -Never, Never) : null, now);
            count += kept.Rows.Count;
        }

        return (after, count);
    }

    private static CandleBatch BucketsOf(DuckDbSession session, string symbol, Interval stored, Interval bucket, TimeRange range) =>
        stored == bucket ? CandleTable.Read(session, symbol, stored, range) : CandleTable.ReadBuckets(session, symbol, stored, bucket, range);

    // A look into the next weeks first: a look at all that follows reads the column of every later row.
    private static long? Nearest(long from, Func<long, long, long?> look)
    {
        var near = from + (4 * Interval.Week.Microseconds);
        return look(from, near) ?? look(near, Never);
    }

    private static long? Oldest(DuckDbSession session, string symbol, long from, long to)
    {
        using var result = session.Prepare(OldestTrade).Bind(1, symbol).BindTimestamp(2, from).BindTimestamp(3, to).Query();
        var chunk = result.FetchChunk()!;
        return chunk.IsValid(0, 0) ? chunk.Int64(0)[0] : null;
    }

    private static (long Oldest, long Newest)? Extent(DuckDbSession session, string symbol, Interval interval, long from, long to)
    {
        using var result = OfCandles(session, ExtentOfCandles, symbol, interval, from, to).Query();
        var chunk = result.FetchChunk()!;
        return chunk.IsValid(0, 0) ? (chunk.Int64(0)[0], chunk.Int64(1)[0]) : null;
    }

    private static Native.DuckDbStatement OfCandles(DuckDbSession session, string sql, string symbol, Interval interval, long from, long to) =>
        session.Prepare(sql).Bind(1, symbol).Bind(2, interval.Minutes).BindTimestamp(3, from).BindTimestamp(4, to);
}
