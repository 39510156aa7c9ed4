using System.Globalization;
using KrakenDb.Timescale.Wire;
using Npgsql;
using NpgsqlTypes;

namespace KrakenDb.Timescale;

/// <summary>The table <c>candles</c>: reads of a range, aggregation to buckets, and merging writes planned by <see cref="CandleMerge"/>.</summary>
internal static class CandleTable
{
    private const string Columns = "timestamp, open, high, low, close, volume, quote_volume, trade_count, vwap, source";

    // Up to here one statement with arrays is one round trip; from here on COPY is faster.
    private const int SmallWriteRows = 200;

    // Rows read at once for buckets: some 7 MB of columns.
    private const int PieceRows = 65_536;

    private const string Insert =
        """
        INSERT INTO candles (symbol, interval_minutes, timestamp, open, high, low, close, volume, quote_volume, trade_count, vwap, source)
        SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::bigint[], $11::numeric[], $12::smallint[])
        """;

    private const string Delete =
        """
        DELETE FROM candles
        WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp <= $4 AND timestamp = ANY ($5)
        """;

    /// <summary>Stored rows of one interval, ascending.</summary>
    public static Task<CandleBatch> ReadAsync(NpgsqlConnection connection, string symbol, Interval interval, TimeRange range, CancellationToken cancellationToken) =>
        ReadAsync(connection, Query(symbol, interval, range), checked((int)BucketsIn(range, interval)), cancellationToken);

    /// <summary>Stored rows aggregated to buckets by <see cref="CandleAggregation"/>, ascending.</summary>
    public static async Task<CandleBatch> ReadBucketsAsync(NpgsqlConnection connection, string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken)
    {
        // The bucket that a piece ends in goes on in the next one: pieces end where buckets end.
        var pieceBuckets = Math.Max(1, PieceRows * (long)stored.Minutes / bucket.Minutes);
        var batch = CandleBatch.Rent(checked((int)BucketsIn(range, bucket)));
        var end = range.StartMicroseconds;
        while (end < range.EndMicroseconds)
        {
            var start = end;
            end = Math.Min(range.EndMicroseconds, bucket.Floor(start) + (pieceBuckets * bucket.Microseconds));
            using var piece = await ReadAsync(connection, symbol, stored, new TimeRange(start, end), cancellationToken).ConfigureAwait(false);
            foreach (var row in CandleAggregation.ToBuckets(piece.Rows(), bucket))
            {
                batch.Add(row);
            }
        }

        return batch;
    }

    /// <summary>Merges rows into the table inside the connection's transaction, under the symbol's lock.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="symbol">As stored.</param>
    /// <param name="interval">Of all the rows.</param>
    /// <param name="incoming">Ascending and unique in time.</param>
    /// <param name="present">Extent of what is stored; null when nothing is. Rows outside it need no look.</param>
    /// <param name="proven">What proven trades decide.</param>
    /// <param name="cancellationToken"></param>
    public static async Task<CandleOutcome> WriteAsync(
        NpgsqlConnection connection, string symbol, Interval interval, CandleBatch incoming, SyncStatus? present, ProvenMinutes proven, CancellationToken cancellationToken)
    {
        var span = CandleOutcome.Span(incoming, interval, proven);
        if (CandleOutcome.OnlyAdds(incoming, span, present, proven))
        {
            await AppendAsync(connection, symbol, interval, incoming, indexes: null, cancellationToken).ConfigureAwait(false);
            return CandleOutcome.OfAll(incoming);
        }

        using var stored = proven.Added is null
            ? await ReadBesideAsync(connection, symbol, interval, incoming, cancellationToken).ConfigureAwait(false)
            : await ReadAsync(connection, symbol, interval, span, cancellationToken).ConfigureAwait(false);
        var merge = CandleMerge.Plan(stored, incoming, proven);
        if (merge.Replace.Count + merge.Remove.Count > 0)
        {
            await RemoveAsync(connection, symbol, interval, [.. merge.Replace.Select(index => incoming.Timestamp[index]).Concat(merge.Remove).Order()], cancellationToken).ConfigureAwait(false);
        }

        int[] written = [.. merge.Insert.Concat(merge.Replace).Order()];
        await AppendAsync(connection, symbol, interval, incoming, written, cancellationToken).ConfigureAwait(false);
        return CandleOutcome.Of(merge, incoming, written, merge.Remove.Count > 0 ? await TimesAsync(connection, symbol, interval, cancellationToken).ConfigureAwait(false) : null);
    }

    private static async Task<(long Oldest, long Newest)?> TimesAsync(NpgsqlConnection connection, string symbol, Interval interval, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT min(timestamp), max(timestamp) FROM candles WHERE symbol = $1 AND interval_minutes = $2", connection)
        {
            Parameters = { new() { Value = symbol }, new() { Value = (short)interval.Minutes } },
        };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) && !reader.IsDBNull(0)
                    ? (UnixTime.Microseconds(new DateTimeOffset(reader.GetDateTime(0))), UnixTime.Microseconds(new DateTimeOffset(reader.GetDateTime(1))))
                    : null;
            }
        }
    }

    private static string Query(string symbol, Interval interval, TimeRange range) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
         SELECT {Columns} FROM candles
         WHERE symbol = {SqlLiteral.Text(symbol)} AND interval_minutes = {interval.Minutes}
           AND timestamp >= {PgTime.Literal(range.StartMicroseconds)} AND timestamp < {PgTime.Literal(range.EndMicroseconds)}
         ORDER BY timestamp
         """);

    // A few rows far apart are looked up one by one, not by reading all that lies between them.
    private static Task<CandleBatch> ReadBesideAsync(NpgsqlConnection connection, string symbol, Interval interval, CandleBatch incoming, CancellationToken cancellationToken)
    {
        var range = new TimeRange(incoming.Timestamp[0], incoming.Timestamp[incoming.Count - 1] + interval.Microseconds);
        var buckets = BucketsIn(range, interval);
        if (incoming.Count > SmallWriteRows || buckets <= 4L * SmallWriteRows)
        {
            return ReadAsync(connection, symbol, interval, range, cancellationToken);
        }

        var times = string.Join(',', incoming.Timestamp.Take(incoming.Count).Select(PgTime.Literal));
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {Columns} FROM candles WHERE symbol = {SqlLiteral.Text(symbol)} AND interval_minutes = {interval.Minutes} AND timestamp IN ({times}) ORDER BY timestamp");
        return ReadAsync(connection, query, incoming.Count, cancellationToken);
    }

    private static async Task<CandleBatch> ReadAsync(NpgsqlConnection connection, string query, int capacity, CancellationToken cancellationToken)
    {
        var batch = CandleBatch.Rent(capacity);
        var reader = await CopyReader.BeginAsync(connection, query, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            do
            {
                while (reader.TryNext())
                {
                    Add(batch, reader);
                }
            }
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false));
        }

        return batch;
    }

    private static void Add(CandleBatch batch, CopyReader reader)
    {
        var at = batch.Count;
        if (at == batch.Capacity)
        {
            throw new MarketStoreException("The table candles holds rows that do not start at the start of their interval. It was changed by something other than kraken-db; remove those rows.");
        }

        batch.Timestamp[at] = reader.Timestamp(0);
        batch.Open[at] = reader.Price(1);
        batch.High[at] = reader.Price(2);
        batch.Low[at] = reader.Price(3);
        batch.Close[at] = reader.Price(4);
        batch.Volume[at] = reader.Volume(5);
        batch.QuoteVolume[at] = reader.IsNull(6) ? CandleRow.UnknownVolume : reader.Volume(6);
        batch.TradeCount[at] = reader.Int64(7);
        batch.Vwap[at] = reader.IsNull(8) ? CandleRow.UnknownPrice : reader.Price(8);
        batch.Source[at] = (CandleSource)reader.Int16(9);
        batch.Count = at + 1;
    }

    private static long BucketsIn(TimeRange range, Interval interval) =>
        ((range.EndMicroseconds - range.StartMicroseconds) / interval.Microseconds) + 2;

    private static async Task RemoveAsync(NpgsqlConnection connection, string symbol, Interval interval, long[] times, CancellationToken cancellationToken)
    {
        // The bounds let compressed batches and chunks outside them alone.
        var command = new NpgsqlCommand(Delete, connection)
        {
            Parameters =
            {
                new() { Value = symbol },
                new() { Value = (short)interval.Minutes },
                new() { Value = PgTime.ToDateTime(times[0]) },
                new() { Value = PgTime.ToDateTime(times[^1]) },
                new() { Value = Array.ConvertAll(times, PgTime.ToDateTime) },
            },
        };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task AppendAsync(NpgsqlConnection connection, string symbol, Interval interval, CandleBatch batch, int[]? indexes, CancellationToken cancellationToken)
    {
        var total = indexes?.Length ?? batch.Count;
        if (total == 0)
        {
            return;
        }

        if (total <= SmallWriteRows)
        {
            await InsertAsync(connection, symbol, interval, batch, indexes ?? [.. Enumerable.Range(0, total)], cancellationToken).ConfigureAwait(false);
            return;
        }

        var writer = await CopyWriter.BeginAsync(connection, $"candles (symbol, interval_minutes, {Columns})", cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            var prefix = new CopyField(symbol);
            var rowBytes = prefix.Bytes.Length + (12 * PgNumeric.BytesMax);
            for (var at = 0; at < total; at++)
            {
                if (writer.IsFull(rowBytes))
                {
                    await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                Write(writer, prefix, (short)interval.Minutes, batch, indexes is null ? at : indexes[at]);
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Write(CopyWriter writer, in CopyField symbol, short minutes, CandleBatch batch, int row)
    {
        writer.BeginRow(12);
        writer.Encoded(symbol.Bytes);
        writer.Int16(minutes);
        writer.Timestamp(batch.Timestamp[row]);
        writer.Price(batch.Open[row]);
        writer.Price(batch.High[row]);
        writer.Price(batch.Low[row]);
        writer.Price(batch.Close[row]);
        writer.Volume(batch.Volume[row]);
        if (batch.QuoteVolume[row] == CandleRow.UnknownVolume)
        {
            writer.Null();
        }
        else
        {
            writer.Volume(batch.QuoteVolume[row]);
        }

        writer.Int64(batch.TradeCount[row]);
        if (batch.Vwap[row] == CandleRow.UnknownPrice)
        {
            writer.Null();
        }
        else
        {
            writer.Price(batch.Vwap[row]);
        }

        writer.Int16((short)batch.Source[row]);
    }

    private static async Task InsertAsync(NpgsqlConnection connection, string symbol, Interval interval, CandleBatch batch, int[] indexes, CancellationToken cancellationToken)
    {
        var rows = Array.ConvertAll(indexes, index => batch[index]);
        var command = new NpgsqlCommand(Insert, connection)
        {
            Parameters =
            {
                new() { Value = symbol },
                new() { Value = (short)interval.Minutes },
                new() { Value = Array.ConvertAll(rows, row => PgTime.ToDateTime(row.Timestamp)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                new() { Value = Array.ConvertAll(rows, row => FixedPoint.ToDecimal(row.Open)) },
                new() { Value = Array.ConvertAll(rows, row => FixedPoint.ToDecimal(row.High)) },
                new() { Value = Array.ConvertAll(rows, row => FixedPoint.ToDecimal(row.Low)) },
                new() { Value = Array.ConvertAll(rows, row => FixedPoint.ToDecimal(row.Close)) },
                new() { Value = Array.ConvertAll(rows, row => FixedPoint.ToDecimal(row.Volume)) },
                new() { Value = Array.ConvertAll(rows, row => row.QuoteVolume == CandleRow.UnknownVolume ? (decimal?)null : FixedPoint.ToDecimal(row.QuoteVolume)) },
                new() { Value = Array.ConvertAll(rows, row => row.TradeCount) },
                new() { Value = Array.ConvertAll(rows, row => row.Vwap == CandleRow.UnknownPrice ? (decimal?)null : FixedPoint.ToDecimal(row.Vwap)) },
                new() { Value = Array.ConvertAll(rows, row => (short)row.Source) },
            },
        };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
