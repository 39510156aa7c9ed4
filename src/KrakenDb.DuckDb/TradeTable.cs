namespace KrakenDb.DuckDb;

/// <summary>The table <c>trades</c>: reads by id within a range of time, and merging writes. Identity is (symbol, id).</summary>
internal static class TradeTable
{
    private const string Columns = "id, timestamp_ns, price, volume, side, order_type, misc";

    private const string Page =
        $"""
         SELECT {Columns} FROM trades
         WHERE symbol = $1 AND timestamp >= $2 AND timestamp < $3 AND id > $4
         ORDER BY id LIMIT $5
         """;

    private const string OfRange =
        $"""
         SELECT {Columns} FROM trades
         WHERE symbol = $1 AND timestamp >= $2 AND timestamp < $3
         ORDER BY id
         """;

    private const string ById = $"SELECT {Columns} FROM trades WHERE symbol = $1 AND id >= $2 AND id <= $3 ORDER BY id";

    private const string Newest = "SELECT max(id) FROM trades WHERE symbol = $1";

    private const string Extent = "SELECT min(timestamp), max(timestamp) FROM trades WHERE symbol = $1";

    private const string Delete = "DELETE FROM trades WHERE symbol = $1 AND id >= $2 AND id <= $3 AND id IN (SELECT id FROM temp.replaced)";

    /// <summary>At most <paramref name="limit"/> trades of the range with an id above <paramref name="afterId"/>, ascending in id.</summary>
    public static TradeBatch Read(DuckDbSession session, string symbol, TimeRange range, long afterId, int limit)
    {
        using var result = session.Prepare(Page)
            .Bind(1, symbol)
            .BindTimestamp(2, range.StartMicroseconds)
            .BindTimestamp(3, range.EndMicroseconds)
            .Bind(4, afterId)
            .Bind(5, (long)limit)
            .Query();
        return ToBatch(result);
    }

    /// <summary>All trades of the range, ascending in id. Callers bound the range: the answer is held in memory.</summary>
    public static TradeBatch ReadAll(DuckDbSession session, string symbol, TimeRange range)
    {
        using var result = session.Prepare(OfRange).Bind(1, symbol).BindTimestamp(2, range.StartMicroseconds).BindTimestamp(3, range.EndMicroseconds).Query();
        return ToBatch(result);
    }

    /// <summary>Merges trades into the table inside the session's transaction.</summary>
    /// <param name="session">In a transaction.</param>
    /// <param name="symbol">As stored.</param>
    /// <param name="incoming">Ascending and unique in id.</param>
    /// <param name="present">Extent of what is stored; null when nothing is.</param>
    /// <param name="newestIds">Per symbol an id above which nothing is stored: what is newer needs no look, which passes over the ids of all symbols.</param>
    /// <returns>The plan that was followed, and the times of the first and the last of all stored trades, microseconds; null where nothing was written.</returns>
    public static (TradeMerge Merge, (long Oldest, long Newest)? Times) Write(
        DuckDbSession session, string symbol, TradeBatch incoming, SyncStatus? present, Dictionary<string, long> newestIds)
    {
        var (first, last) = (incoming.Id[0], incoming.Id[incoming.Count - 1]);
        var newest = present is null ? long.MinValue : newestIds.TryGetValue(symbol, out var id) ? id : NewestId(session, symbol);
        newestIds[symbol] = Math.Max(newest, last);
        if (first > newest)
        {
            Append(session, symbol, incoming, indexes: null);
            return (TradeMerge.OfAll(incoming), Times(incoming, present));
        }

        TradeBatch stored;
        using (var result = session.Prepare(ById).Bind(1, symbol).Bind(2, first).Bind(3, last).Query())
        {
            stored = ToBatch(result);
        }

        var merge = TradeMerge.Plan(stored, incoming);
        if (merge.Replace.Count > 0)
        {
            Remove(session, symbol, incoming, merge.Replace);
        }

        int[] written = [.. merge.Insert.Concat(merge.Replace).Order()];
        if (written.Length == 0)
        {
            return (merge, null);
        }

        Append(session, symbol, incoming, written);
        return (merge, Times(session, symbol, incoming, written, stored, merge.Replace, present));
    }

    private static long NewestId(DuckDbSession session, string symbol)
    {
        using var result = session.Prepare(Newest).Bind(1, symbol).Query();
        return result.FetchChunk() is { RowCount: > 0 } chunk && chunk.IsValid(0, 0) ? chunk.Int64(0)[0] : long.MinValue;
    }

    private static (long Oldest, long Newest) Times(TradeBatch added, SyncStatus? present)
    {
        (long Oldest, long Newest) times = present is null ? (long.MaxValue, long.MinValue) : (UnixTime.Microseconds(present.OldestTimestamp), UnixTime.Microseconds(present.NewestTimestamp));
        foreach (var nanoseconds in added.TimestampNanoseconds.AsSpan(0, added.Count))
        {
            var time = HistoricalTrade.FloorDivide(nanoseconds, 1000);
            times = (Math.Min(times.Oldest, time), Math.Max(times.Newest, time));
        }

        return times;
    }

    private static (long Oldest, long Newest) Times(
        DuckDbSession session, string symbol, TradeBatch incoming, int[] written, TradeBatch stored, List<int> replaced, SyncStatus? present)
    {
        var times = (Oldest: long.MaxValue, Newest: long.MinValue);
        if (present is not null)
        {
            times = (UnixTime.Microseconds(present.OldestTimestamp), UnixTime.Microseconds(present.NewestTimestamp));
            if (replaced.Count > 0)
            {
                // Only when the first or the last trade itself was replaced does the whole table have to be asked.
                var ids = replaced.Select(index => incoming.Id[index]).ToHashSet();
                if (stored.Rows().Any(row => ids.Contains(row.Id) && (row.TimestampMicroseconds == times.Oldest || row.TimestampMicroseconds == times.Newest)))
                {
                    using var extent = session.Prepare(Extent).Bind(1, symbol).Query();
                    var chunk = extent.FetchChunk()!;
                    return (chunk.Int64(0)[0], chunk.Int64(1)[0]);
                }
            }
        }

        foreach (var index in written)
        {
            var time = incoming[index].TimestampMicroseconds;
            times = (Math.Min(times.Oldest, time), Math.Max(times.Newest, time));
        }

        return times;
    }

    private static TradeBatch ToBatch(Native.DuckDbResult result)
    {
        var rows = new List<TradeRow>();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                rows.Add(new TradeRow
                {
                    Id = chunk.Int64(0)[row],
                    TimestampNanoseconds = chunk.Int64(1)[row],
                    Price = chunk.Int64(2)[row],
                    Volume = chunk.HugeInt(3)[row],
                    Side = chunk.Utf8(4, row)[0] == 'b' ? TradeSide.Buy : TradeSide.Sell,
                    OrderType = chunk.IsValid(5, row) ? OrderType(chunk.Utf8(5, row)) : null,
                    Misc = chunk.Utf8(6, row).IsEmpty ? "" : chunk.GetString(6, row),
                });
            }
        }

        return TradeBatch.FromRows(rows);
    }

    // Two texts make up nearly all rows; no string is made for them.
    private static string OrderType(ReadOnlySpan<byte> text) => text switch
    {
        _ when text.SequenceEqual("limit"u8) => "limit",
        _ when text.SequenceEqual("market"u8) => "market",
        _ => System.Text.Encoding.UTF8.GetString(text),
    };

    private static void Remove(DuckDbSession session, string symbol, TradeBatch incoming, List<int> replaced)
    {
        session.Connection.Execute("CREATE OR REPLACE TEMP TABLE replaced (id BIGINT)");
        using (var appender = session.Connection.CreateAppender("replaced", catalog: "temp"))
        {
            for (var start = 0; start < replaced.Count; start += appender.Capacity)
            {
                var rows = Math.Min(appender.Capacity, replaced.Count - start);
                var ids = appender.Int64(0);
                for (var row = 0; row < rows; row++)
                {
                    ids[row] = incoming.Id[replaced[start + row]];
                }

                appender.Append(rows);
            }

            appender.Close();
        }

        session.Prepare(Delete).Bind(1, symbol).Bind(2, incoming.Id[replaced[0]]).Bind(3, incoming.Id[replaced[^1]]).Execute();
        session.Connection.Execute("DROP TABLE temp.replaced");
    }

    /// <param name="indexes">Null for all rows.</param>
    private static void Append(DuckDbSession session, string symbol, TradeBatch batch, int[]? indexes)
    {
        var count = indexes?.Length ?? batch.Count;
        using var appender = session.Connection.CreateAppender("trades");
        for (var start = 0; start < count; start += appender.Capacity)
        {
            var rows = Math.Min(appender.Capacity, count - start);
            var ids = appender.Int64(1);
            var microseconds = appender.Int64(2);
            var nanoseconds = appender.Int64(3);
            var prices = appender.Int64(4);
            var volumes = appender.HugeInt(5);
            appender.FillString(0, symbol);
            for (var row = 0; row < rows; row++)
            {
                var index = indexes is null ? start + row : indexes[start + row];
                ids[row] = batch.Id[index];
                nanoseconds[row] = batch.TimestampNanoseconds[index];
                microseconds[row] = HistoricalTrade.FloorDivide(nanoseconds[row], 1000);
                prices[row] = batch.Price[index];
                volumes[row] = batch.Volume[index];
                appender.SetBytes(6, row, batch.Side[index] == TradeSide.Buy ? "buy"u8 : "sell"u8);
                if (batch.OrderType[index] is { } orderType)
                {
                    SetText(appender, 7, row, orderType);
                }
                else
                {
                    appender.SetNull(7, row);
                }

                SetText(appender, 8, row, batch.Misc[index]);
            }

            appender.Append(rows);
        }

        appender.Close();
    }

    // For nearly all rows no bytes are made.
    private static void SetText(Native.DuckDbAppender appender, int column, int row, string text)
    {
        switch (text)
        {
            case "":
                appender.SetBytes(column, row, []);
                break;
            case "limit":
                appender.SetBytes(column, row, "limit"u8);
                break;
            case "market":
                appender.SetBytes(column, row, "market"u8);
                break;
            default:
                appender.SetString(column, row, text);
                break;
        }
    }
}
