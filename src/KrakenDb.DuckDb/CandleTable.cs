using System.Globalization;
using System.Numerics;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>The table <c>candles</c>: reads of a range, rollups by SQL, and merging writes.</summary>
internal static class CandleTable
{
    private const string Rows =
        """
        SELECT timestamp, open, high, low, close, volume, quote_volume, trade_count, vwap, source
        FROM candles
        WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4
        """;

    private const string AnyValued = Rows + " AND (quote_volume IS NOT NULL OR vwap IS NOT NULL) LIMIT 1";

    // A look for known values takes 0.3 ms where there are none, and saves a fifth of a rollup's work.
    private const int RowsWorthALook = 16_384;

    private const string Delete =
        """
        DELETE FROM candles
        WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp <= $4
          AND timestamp IN (SELECT timestamp FROM temp.replaced)
        """;

    /// <summary>Stored rows of one interval, ascending.</summary>
    public static CandleBatch Read(DuckDbSession session, string symbol, Interval interval, TimeRange range)
    {
        // Without ORDER BY: the rows of a range lie in file order, which is time order unless a hole was filled later; a sort of all costs four times as much.
        var batch = CandleBatch.Rent(checked((int)BucketsIn(range, interval)));
        using var result = session.Prepare(Rows)
            .Bind(1, symbol)
            .Bind(2, interval.Minutes)
            .BindTimestamp(3, range.StartMicroseconds)
            .BindTimestamp(4, range.EndMicroseconds)
            .Query();
        while (result.FetchChunk() is { } chunk)
        {
            var at = batch.Count;
            var rows = chunk.RowCount;
            if (at + rows > batch.Capacity)
            {
                throw new MarketStoreException($"{symbol} {interval}: {range} holds more rows than intervals. The table was changed by something other than kraken-db; remove the repeated rows.");
            }

            chunk.Int64(0).CopyTo(batch.Timestamp.AsSpan(at));
            chunk.Int64(1).CopyTo(batch.Open.AsSpan(at));
            chunk.Int64(2).CopyTo(batch.High.AsSpan(at));
            chunk.Int64(3).CopyTo(batch.Low.AsSpan(at));
            chunk.Int64(4).CopyTo(batch.Close.AsSpan(at));
            chunk.HugeInt(5).CopyTo(batch.Volume.AsSpan(at));
            chunk.Int64(7).CopyTo(batch.TradeCount.AsSpan(at));
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, CandleSource>(chunk.UInt8(9)).CopyTo(batch.Source.AsSpan(at));
            CopyNullable(chunk, 6, chunk.HugeInt(6), batch.QuoteVolume.AsSpan(at, rows), CandleRow.UnknownVolume);
            CopyNullable(chunk, 8, chunk.Int64(8), batch.Vwap.AsSpan(at, rows), CandleRow.UnknownPrice);
            batch.Count += rows;
        }

        return batch.IsOrdered() ? batch : Sort(batch);
    }

    /// <summary>Stored rows aggregated to buckets, ascending; the rules of <see cref="CandleAggregation"/>, the division done there.</summary>
    public static CandleBatch ReadBuckets(DuckDbSession session, string symbol, Interval stored, Interval bucket, TimeRange range)
    {
        var batch = CandleBatch.Rent(checked((int)BucketsIn(range, bucket)));
        var width = bucket.Microseconds;

        // CSV candles have neither quote volume nor vwap, and sums of 128-bit columns are what a rollup spends its time on.
        var isValued = BucketsIn(range, stored) < RowsWorthALook || IsAnyValued(session, symbol, stored, range);
        var values = isValued
            ? """
              ,
                     coalesce(sum(quote_volume), 0),
                     count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0),
                     coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0),
                     count(*) FILTER (WHERE quote_volume IS NULL AND vwap IS NOT NULL)
              """
            : "";

        // The width is in the text, so that DuckDB divides by a constant. Every stored time lies after the origin.
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"""
             SELECT (epoch_us(timestamp) - {Interval.OriginMicroseconds}) // {width} AS bucket,
                    arg_min(open, timestamp), max(high), min(low), arg_max(close, timestamp),
                    sum(volume), sum(trade_count)::BIGINT, min(source){values}
             FROM candles
             WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4
             GROUP BY bucket ORDER BY bucket
             """);
        var anyAveraged = false;
        using (var result = Query(session, sql, symbol, stored, range))
        {
            while (result.FetchChunk() is { } chunk)
            {
                for (var row = 0; row < chunk.RowCount; row++)
                {
                    var volume = chunk.HugeInt(5)[row];
                    var (quoteVolume, vwap) = isValued
                        ? CandleAggregation.Value(chunk.HugeInt(8)[row], chunk.Int64(9)[row], 0, chunk.HugeInt(10)[row])
                        : CandleAggregation.Value(0, volume == 0 ? 0 : 1, 0, 0);
                    anyAveraged |= isValued && chunk.Int64(11)[row] > 0;
                    batch.Add(new CandleRow
                    {
                        Timestamp = Interval.OriginMicroseconds + (chunk.Int64(0)[row] * width),
                        Open = chunk.Int64(1)[row],
                        High = chunk.Int64(2)[row],
                        Low = chunk.Int64(3)[row],
                        Close = chunk.Int64(4)[row],
                        Volume = volume,
                        TradeCount = chunk.Int64(6)[row],
                        Source = (CandleSource)chunk.UInt8(7)[row],
                        QuoteVolume = quoteVolume,
                        Vwap = vwap,
                    });
                }
            }
        }

        if (anyAveraged)
        {
            AddAveragedValues(session, symbol, stored, bucket, range, batch);
        }

        return batch;
    }

    /// <summary>Merges rows into the table inside the session's transaction.</summary>
    /// <param name="session">In a transaction.</param>
    /// <param name="symbol">As stored.</param>
    /// <param name="interval">Of all the rows.</param>
    /// <param name="incoming">Ascending and unique in time.</param>
    /// <param name="present">Extent of what is stored; null when nothing is. Rows outside it need no look.</param>
    public static (CandleMerge? Merge, long Inserted) Write(DuckDbSession session, string symbol, Interval interval, CandleBatch incoming, SyncStatus? present)
    {
        var first = incoming.Timestamp[0];
        var last = incoming.Timestamp[incoming.Count - 1];
        if (present is null || UnixTime.Microseconds(present.NewestTimestamp) < first || UnixTime.Microseconds(present.OldestTimestamp) > last)
        {
            Append(session, symbol, interval, incoming, indexes: null);
            return (null, incoming.Count);
        }

        using var stored = Read(session, symbol, interval, new TimeRange(first, last + interval.Microseconds));
        var merge = CandleMerge.Plan(stored, incoming);
        if (merge.Replace.Count > 0)
        {
            Remove(session, symbol, interval, incoming, merge.Replace);
        }

        Append(session, symbol, interval, incoming, [.. merge.Insert.Concat(merge.Replace).Order()]);
        return (merge, merge.Insert.Count);
    }

    private static bool IsAnyValued(DuckDbSession session, string symbol, Interval stored, TimeRange range)
    {
        using var result = Query(session, AnyValued, symbol, stored, range);
        return result.FetchChunk() is { RowCount: > 0 };
    }

    private static DuckDbResult Query(DuckDbSession session, string sql, string symbol, Interval stored, TimeRange range) => session.Prepare(sql)
        .Bind(1, symbol)
        .Bind(2, stored.Minutes)
        .BindTimestamp(3, range.StartMicroseconds)
        .BindTimestamp(4, range.EndMicroseconds)
        .Query();

    // Volume × vwap has up to 46 digits: the volume is split in two, so that each product and its sum fit 38.
    private static void AddAveragedValues(DuckDbSession session, string symbol, Interval stored, Interval bucket, TimeRange range, CandleBatch batch)
    {
        const long split = 100_000_000_000_000;
        var width = bucket.Microseconds;
        var sql = string.Create(
            CultureInfo.InvariantCulture,
            $"""
             WITH scaled AS (
                 SELECT (epoch_us(timestamp) - {Interval.OriginMicroseconds}) // {width} AS bucket, quote_volume, volume AS whole_volume,
                        (volume * 10000000000::DECIMAL(38,0))::HUGEINT AS volume, (vwap * 10000000000::DECIMAL(38,0))::HUGEINT AS vwap
                 FROM candles
                 WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4)
             SELECT bucket, sum((volume // {split}) * vwap), sum((volume % {split}) * vwap)
             FROM scaled WHERE quote_volume IS NULL AND vwap IS NOT NULL
             GROUP BY bucket ORDER BY bucket
             """);
        var products = new Dictionary<long, BigInteger>();
        using (var result = Query(session, sql, symbol, stored, range))
        {
            while (result.FetchChunk() is { } chunk)
            {
                for (var row = 0; row < chunk.RowCount; row++)
                {
                    products[Interval.OriginMicroseconds + (chunk.Int64(0)[row] * width)] = ((BigInteger)chunk.HugeInt(1)[row] * split) + chunk.HugeInt(2)[row];
                }
            }
        }

        var sumsSql = string.Create(
            CultureInfo.InvariantCulture,
            $"""
             SELECT (epoch_us(timestamp) - {Interval.OriginMicroseconds}) // {width} AS bucket, coalesce(sum(quote_volume), 0),
                    coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0)
             FROM candles
             WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4
             GROUP BY bucket ORDER BY bucket
             """);
        using var sums = Query(session, sumsSql, symbol, stored, range);
        var index = 0;
        while (sums.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++, index++)
            {
                var product = products.GetValueOrDefault(batch.Timestamp[index]);
                batch.Vwap[index] = CandleAggregation.Value(chunk.HugeInt(1)[row], 0, product, chunk.HugeInt(2)[row]).Vwap;
            }
        }
    }

    private static long BucketsIn(TimeRange range, Interval interval) =>
        ((range.EndMicroseconds - range.StartMicroseconds) / interval.Microseconds) + 2;

    private static void CopyNullable<T>(DuckDbChunk chunk, int column, ReadOnlySpan<T> values, Span<T> target, T unknown)
    {
        if (chunk.AllValid(column))
        {
            values.CopyTo(target);
            return;
        }

        for (var row = 0; row < target.Length; row++)
        {
            target[row] = chunk.IsValid(column, row) ? values[row] : unknown;
        }
    }

    private static CandleBatch Sort(CandleBatch batch)
    {
        using (batch)
        {
            return CandleBatch.FromRows([.. batch.Rows().OrderBy(row => row.Timestamp)]);
        }
    }

    private static void Remove(DuckDbSession session, string symbol, Interval interval, CandleBatch incoming, List<int> replaced)
    {
        session.Connection.Execute("CREATE OR REPLACE TEMP TABLE replaced (timestamp TIMESTAMP)");
        using (var appender = session.Connection.CreateAppender("replaced", catalog: "temp"))
        {
            for (var start = 0; start < replaced.Count; start += appender.Capacity)
            {
                var rows = Math.Min(appender.Capacity, replaced.Count - start);
                var timestamps = appender.Int64(0);
                for (var row = 0; row < rows; row++)
                {
                    timestamps[row] = incoming.Timestamp[replaced[start + row]];
                }

                appender.Append(rows);
            }

            appender.Close();
        }

        session.Prepare(Delete)
            .Bind(1, symbol)
            .Bind(2, interval.Minutes)
            .BindTimestamp(3, incoming.Timestamp[replaced[0]])
            .BindTimestamp(4, incoming.Timestamp[replaced[^1]])
            .Execute();
        session.Connection.Execute("DROP TABLE temp.replaced");
    }

    private static void Append(DuckDbSession session, string symbol, Interval interval, CandleBatch batch, int[]? indexes)
    {
        var total = indexes?.Length ?? batch.Count;
        if (total == 0)
        {
            return;
        }

        using var appender = session.Connection.CreateAppender("candles");
        for (var start = 0; start < total; start += appender.Capacity)
        {
            var rows = Math.Min(appender.Capacity, total - start);
            appender.FillString(0, symbol);
            appender.Int16(1)[..rows].Fill((short)interval.Minutes);
            if (indexes is null || indexes[start + rows - 1] - indexes[start] == rows - 1)
            {
                AppendRun(appender, batch, indexes?[start] ?? start, rows);
            }
            else
            {
                AppendGathered(appender, batch, indexes.AsSpan(start, rows));
            }

            appender.Append(rows);
        }

        appender.Close();
    }

    private static void AppendRun(DuckDbAppender appender, CandleBatch batch, int from, int rows)
    {
        batch.Timestamp.AsSpan(from, rows).CopyTo(appender.Int64(2));
        batch.Open.AsSpan(from, rows).CopyTo(appender.Int64(3));
        batch.High.AsSpan(from, rows).CopyTo(appender.Int64(4));
        batch.Low.AsSpan(from, rows).CopyTo(appender.Int64(5));
        batch.Close.AsSpan(from, rows).CopyTo(appender.Int64(6));
        batch.Volume.AsSpan(from, rows).CopyTo(appender.HugeInt(7));
        batch.TradeCount.AsSpan(from, rows).CopyTo(appender.Int64(9));
        System.Runtime.InteropServices.MemoryMarshal.Cast<CandleSource, byte>(batch.Source.AsSpan(from, rows)).CopyTo(appender.UInt8(11));
        WriteNullable(appender, 8, batch.QuoteVolume.AsSpan(from, rows), appender.HugeInt(8), CandleRow.UnknownVolume);
        WriteNullable(appender, 10, batch.Vwap.AsSpan(from, rows), appender.Int64(10), CandleRow.UnknownPrice);
    }

    private static void AppendGathered(DuckDbAppender appender, CandleBatch batch, ReadOnlySpan<int> indexes)
    {
        using var run = CandleBatch.Rent(indexes.Length);
        foreach (var index in indexes)
        {
            run.Add(batch[index]);
        }

        AppendRun(appender, run, 0, run.Count);
    }

    private static void WriteNullable<T>(DuckDbAppender appender, int column, ReadOnlySpan<T> values, Span<T> target, T unknown)
        where T : IEquatable<T>
    {
        if (!values.ContainsAnyExcept(unknown))
        {
            appender.SetAllNull(column);
            return;
        }

        values.CopyTo(target);
        for (var row = 0; row < values.Length; row++)
        {
            if (values[row].Equals(unknown))
            {
                target[row] = default!;
                appender.SetNull(column, row);
            }
        }
    }
}
