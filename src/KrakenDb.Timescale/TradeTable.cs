using System.Globalization;
using System.Text;
using KrakenDb.Timescale.Wire;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The table <c>trades</c>: pages by id within a range of time, and merging writes planned by <see cref="TradeMerge"/>. Identity is (symbol, id).</summary>
internal static class TradeTable
{
    private const string Columns = "id, timestamp, timestamp_rest_ns, price, volume, side, order_type, misc";

    /// <summary>How far the times of one trade may differ between REST and WebSocket. The unique key of a hypertable contains the time, so the id is looked for around it.</summary>
    private const long SameTradeMicroseconds = 1_000_000;

    private const string Delete =
        """
        DELETE FROM trades
        WHERE symbol = $1 AND timestamp >= $2 AND timestamp <= $3 AND id = ANY ($4)
        """;

    private static readonly CopyField Buy = new("buy");
    private static readonly CopyField Sell = new("sell");
    private static readonly CopyField Limit = new("limit");
    private static readonly CopyField Market = new("market");

    /// <summary>At most <paramref name="limit"/> trades of the range with an id above <paramref name="afterId"/>, ascending in id.</summary>
    /// <remarks>
    /// Read in stored order, which is time: no index begins with symbol and id, and a sort of all that follows would cost each page as much as the rest of the
    /// table. What comes shortly after the page in time may come before its end in id, so that is read, too, and only this is sorted.
    /// </remarks>
    public static async Task<TradeBatch> ReadAsync(NpgsqlConnection connection, string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken)
    {
        var rows = (await ReadAsync(connection, Query(symbol, range, afterId, limit), cancellationToken).ConfigureAwait(false)).Rows().ToList();
        if (rows.Count < limit)
        {
            return TradeBatch.FromRows([.. rows.OrderBy(row => row.Id)]);
        }

        // Times of one microsecond may lie on both sides of the limit: the last one is read again.
        var last = rows[^1].TimestampMicroseconds;
        var behind = new TimeRange(last, Math.Max(last, Math.Min(range.EndMicroseconds, last + TradePages.DisorderMicroseconds)));
        var more = await ReadAsync(connection, Query(symbol, behind, afterId, int.MaxValue), cancellationToken).ConfigureAwait(false);
        return TradeBatch.FromRows([.. rows.Where(row => row.TimestampMicroseconds < last).Concat(more.Rows()).OrderBy(row => row.Id).Take(limit)]);
    }

    /// <summary>All trades of the range, ascending in id. Callers bound the range: the answer is held in memory.</summary>
    public static Task<TradeBatch> ReadAllAsync(NpgsqlConnection connection, string symbol, TimeRange range, CancellationToken cancellationToken) => ReadAsync(connection, symbol, range, 0, int.MaxValue, cancellationToken);

    internal static string Query(string symbol, TimeRange range, long afterId, int limit) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
         SELECT {Columns} FROM trades
         WHERE symbol = {SqlLiteral.Text(symbol)}
           AND timestamp >= {PgTime.Literal(range.StartMicroseconds)} AND timestamp < {PgTime.Literal(range.EndMicroseconds)} AND id > {afterId}
         ORDER BY timestamp, id LIMIT {limit}
         """);

    /// <summary>Merges trades into the table inside the connection's transaction, under the symbol's lock.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="symbol">As stored.</param>
    /// <param name="incoming">Ascending and unique in id.</param>
    /// <param name="present">Extent of what is stored; null when nothing is.</param>
    /// <param name="cancellationToken"></param>
    /// <returns>The plan that was followed, and the times of the first and the last of all stored trades, microseconds; null where nothing was written.</returns>
    public static async Task<(TradeMerge Merge, (long Oldest, long Newest)? Times)> WriteAsync(
        NpgsqlConnection connection, string symbol, TradeBatch incoming, SyncStatus? present, CancellationToken cancellationToken)
    {
        var (oldest, newest) = (long.MaxValue, long.MinValue);
        foreach (var time in incoming.TimestampNanoseconds.AsSpan(0, incoming.Count))
        {
            oldest = Math.Min(oldest, time);
            newest = Math.Max(newest, time);
        }

        var near = new TimeRange(HistoricalTrade.FloorDivide(oldest, 1000) - SameTradeMicroseconds, HistoricalTrade.FloorDivide(newest, 1000) + SameTradeMicroseconds);
        var stored = await ReadAsync(
            connection,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                 SELECT {Columns} FROM trades
                 WHERE symbol = {SqlLiteral.Text(symbol)}
                   AND timestamp >= {PgTime.Literal(near.StartMicroseconds)} AND timestamp <= {PgTime.Literal(near.EndMicroseconds)}
                   AND id >= {incoming.Id[0]} AND id <= {incoming.Id[incoming.Count - 1]}
                 ORDER BY id
                 """),
            cancellationToken).ConfigureAwait(false);
        var merge = TradeMerge.Plan(stored, incoming);
        if (merge.Replace.Count > 0)
        {
            await RemoveAsync(connection, symbol, near, incoming, merge.Replace, cancellationToken).ConfigureAwait(false);
        }

        int[] written = [.. merge.Insert.Concat(merge.Replace).Order()];
        if (written.Length == 0)
        {
            return (merge, null);
        }

        await AppendAsync(connection, symbol, incoming, written, cancellationToken).ConfigureAwait(false);
        return (merge, await TimesAsync(connection, symbol, incoming, written, stored, merge.Replace, present, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<(long Oldest, long Newest)> TimesAsync(
        NpgsqlConnection connection, string symbol, TradeBatch incoming, int[] written, TradeBatch stored, List<int> replaced, SyncStatus? present, CancellationToken cancellationToken)
    {
        var times = (Oldest: long.MaxValue, Newest: long.MinValue);
        if (present is not null)
        {
            times = (UnixTime.Microseconds(present.OldestTimestamp), UnixTime.Microseconds(present.NewestTimestamp));
            var ids = replaced.Select(index => incoming.Id[index]).ToHashSet();
            if (stored.Rows().Any(row => ids.Contains(row.Id) && (row.TimestampMicroseconds == times.Oldest || row.TimestampMicroseconds == times.Newest)))
            {
                // Only when the first or the last trade itself was replaced does the whole table have to be asked.
                return await ExtentAsync(connection, symbol, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var index in written)
        {
            var time = incoming[index].TimestampMicroseconds;
            times = (Math.Min(times.Oldest, time), Math.Max(times.Newest, time));
        }

        return times;
    }

    private static async Task<(long Oldest, long Newest)> ExtentAsync(NpgsqlConnection connection, string symbol, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT min(timestamp), max(timestamp) FROM trades WHERE symbol = $1", connection) { Parameters = { new() { Value = symbol } } };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return (UnixTime.Microseconds(new DateTimeOffset(reader.GetDateTime(0))), UnixTime.Microseconds(new DateTimeOffset(reader.GetDateTime(1))));
            }
        }
    }

    private static async Task<TradeBatch> ReadAsync(NpgsqlConnection connection, string query, CancellationToken cancellationToken)
    {
        var rows = new List<TradeRow>();
        var reader = await CopyReader.BeginAsync(connection, query, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            do
            {
                while (reader.TryNext())
                {
                    rows.Add(new TradeRow
                    {
                        Id = reader.Int64(0),
                        TimestampNanoseconds = (reader.Timestamp(1) * 1000) + reader.Int64(2),
                        Price = reader.Price(3),
                        Volume = reader.Volume(4),
                        Side = reader.Field(5)[0] == 'b' ? TradeSide.Buy : TradeSide.Sell,
                        OrderType = reader.IsNull(6) ? null : OrderType(reader, 6),
                        Misc = reader.Field(7).IsEmpty ? "" : reader.Text(7),
                    });
                }
            }
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false));
        }

        return TradeBatch.FromRows(rows);
    }

    // Two texts make up nearly all rows; no string is made for them.
    private static string OrderType(CopyReader reader, int field) => reader.Field(field) switch
    {
        var text when text.SequenceEqual("limit"u8) => "limit",
        var text when text.SequenceEqual("market"u8) => "market",
        _ => reader.Text(field),
    };

    private static async Task RemoveAsync(NpgsqlConnection connection, string symbol, TimeRange near, TradeBatch incoming, List<int> replaced, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Delete, connection)
        {
            Parameters =
            {
                new() { Value = symbol },
                new() { Value = near.Start.UtcDateTime },
                new() { Value = near.End.UtcDateTime },
                new() { Value = replaced.Select(index => incoming.Id[index]).ToArray() },
            },
        };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task AppendAsync(NpgsqlConnection connection, string symbol, TradeBatch batch, int[] indexes, CancellationToken cancellationToken)
    {
        if (indexes.Length == 0)
        {
            return;
        }

        var writer = await CopyWriter.BeginAsync(connection, "trades (symbol, timestamp, id, timestamp_rest_ns, price, volume, side, order_type, misc)", cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            var prefix = new CopyField(symbol);
            foreach (var index in indexes)
            {
                var texts = Encoding.UTF8.GetMaxByteCount((batch.OrderType[index]?.Length ?? 0) + batch.Misc[index].Length);
                if (writer.IsFull(prefix.Bytes.Length + texts + (9 * PgNumeric.BytesMax)))
                {
                    await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                Write(writer, prefix, batch, index);
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Write(CopyWriter writer, in CopyField symbol, TradeBatch batch, int row)
    {
        writer.BeginRow(9);
        writer.Encoded(symbol.Bytes);
        var time = HistoricalTrade.FloorDivide(batch.TimestampNanoseconds[row], 1000);
        writer.Timestamp(time);
        writer.Int64(batch.Id[row]);
        writer.Int64(batch.TimestampNanoseconds[row] - (time * 1000));
        writer.Price(batch.Price[row]);
        writer.Volume(batch.Volume[row]);
        writer.Encoded(batch.Side[row] == TradeSide.Buy ? Buy.Bytes : Sell.Bytes);
        switch (batch.OrderType[row])
        {
            case null:
                writer.Null();
                break;
            case "limit":
                writer.Encoded(Limit.Bytes);
                break;
            case "market":
                writer.Encoded(Market.Bytes);
                break;
            case { } other:
                writer.Text(other);
                break;
        }

        writer.Text(batch.Misc[row]);
    }
}
