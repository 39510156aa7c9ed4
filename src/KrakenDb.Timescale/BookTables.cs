using System.Globalization;
using System.Text;
using System.Text.Json;
using KrakenDb.Timescale.Wire;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The tables of recorded order books: copied in, and read by session and sequence in binary COPY format.</summary>
internal static class BookTables
{
    // The most exponent digits that a jsonb number surely takes; anything else is kept as bytes alone.
    private const int NumberLengthMax = 40;

    private const string Sessions =
        """
        SELECT session_id, symbol, connection_id::text, source, depth, price_precision, quantity_precision, start_time, end_time,
               first_sequence, last_sequence, messages, book_messages, verified, level_changes
        FROM capture_sessions
        """;

    private const string WriteSession =
        """
        INSERT INTO capture_sessions (session_id, symbol, connection_id, source, depth, price_precision, quantity_precision, start_time, end_time,
               first_sequence, last_sequence, messages, book_messages, verified, level_changes)
        VALUES ($1, $2, $3::text::numeric, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (session_id, symbol) DO UPDATE SET
            depth = excluded.depth, price_precision = excluded.price_precision, quantity_precision = excluded.quantity_precision, end_time = excluded.end_time,
            last_sequence = excluded.last_sequence, messages = excluded.messages, book_messages = excluded.book_messages, verified = excluded.verified,
            level_changes = excluded.level_changes
        """;

    private static readonly CopyField Bid = new("bid");
    private static readonly CopyField Ask = new("ask");

    /// <param name="connection">In a transaction where a session is named: it is locked until the end.</param>
    /// <param name="sessionId">Null for all.</param>
    /// <param name="cancellationToken"></param>
    public static async Task<List<CaptureSession>> ReadSessionsAsync(NpgsqlConnection connection, long? sessionId, CancellationToken cancellationToken)
    {
        if (sessionId is { } locked)
        {
            await ExecuteAsync(connection, LedgerTables.Command("SELECT pg_advisory_xact_lock($1)", locked), cancellationToken).ConfigureAwait(false);
        }

        var command = sessionId is { } id
            ? new NpgsqlCommand($"{Sessions} WHERE session_id = $1", connection) { Parameters = { new() { Value = id } } }
            : new NpgsqlCommand($"{Sessions} ORDER BY start_time, session_id, symbol", connection);
        var rows = new List<CaptureSession>();
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(new CaptureSession
                    {
                        SessionId = reader.GetInt64(0),
                        Symbol = reader.GetString(1),
                        ConnectionId = ulong.Parse(reader.GetString(2), CultureInfo.InvariantCulture),
                        Source = reader.GetString(3),
                        Depth = reader.IsDBNull(4) ? null : reader.GetInt32(4),
                        PricePrecision = reader.GetInt32(5),
                        QuantityPrecision = reader.GetInt32(6),
                        StartTime = new DateTimeOffset(reader.GetDateTime(7)),
                        EndTime = new DateTimeOffset(reader.GetDateTime(8)),
                        FirstSequence = reader.GetInt64(9),
                        LastSequence = reader.GetInt64(10),
                        Messages = reader.GetInt64(11),
                        BookMessages = reader.GetInt64(12),
                        Verified = reader.GetInt64(13),
                        LevelChanges = reader.GetInt64(14),
                    });
                }
            }
        }

        return rows;
    }

    /// <summary>Writes what is new of a batch, inside the connection's transaction.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, BookWrite write, BookAppendPlan plan, CancellationToken cancellationToken)
    {
        if (plan.FirstRow == write.Batch.Count)
        {
            return;
        }

        await CopyMessagesAsync(connection, write.Batch, plan.FirstRow, cancellationToken).ConfigureAwait(false);
        await CopyEntriesAsync(connection, write.Batch, plan.FirstRow, cancellationToken).ConfigureAwait(false);
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var row in plan.Sessions)
            {
                batch.BatchCommands.Add(LedgerTables.Command(
                    WriteSession, row.SessionId, row.Symbol, row.ConnectionId.ToString(CultureInfo.InvariantCulture), row.Source, row.Depth is { } depth ? depth : DBNull.Value,
                    row.PricePrecision, row.QuantityPrecision, row.StartTime, row.EndTime, row.FirstSequence, row.LastSequence, row.Messages, row.BookMessages, row.Verified, row.LevelChanges));
            }

            foreach (var keyframe in plan.Keyframes)
            {
                batch.BatchCommands.Add(LedgerTables.Command(
                    "INSERT INTO orderbook_keyframes VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    write.Batch.SessionId, keyframe.Symbol, keyframe.Sequence, keyframe.ReceivedTime, keyframe.ExchangeTime, (long)keyframe.Checksum, keyframe.Levels));
            }

            foreach (var incident in plan.Incidents)
            {
                batch.BatchCommands.Add(LedgerTables.Command(
                    "INSERT INTO orderbook_incidents VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    incident.SessionId, incident.Sequence, incident.Symbol, incident.Kind, incident.Time, Optional(incident.Expected), Optional(incident.Computed),
                    WithoutZero(incident.BookBefore), WithoutZero(incident.Frame)));
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<BookBatch> ReadAsync(NpgsqlConnection connection, long sessionId, long from, long to, string? symbol, CancellationToken cancellationToken)
    {
        // Both reads see one state of the tables.
        var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var range = string.Create(CultureInfo.InvariantCulture, $"WHERE session_id = {sessionId} AND sequence >= {from} AND sequence < {to}{(symbol is null ? "" : $" AND symbol = {SqlLiteral.Text(symbol)}")}");
            var levels = await ReadLevelsAsync(connection, range, cancellationToken).ConfigureAwait(false);
            return await ReadMessagesAsync(connection, new BookBatch(sessionId), range, levels, cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<(long From, long To)> FindSequencesAsync(NpgsqlConnection connection, long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken)
    {
        var time = byExchangeTime ? "coalesce(exchange_time_ns, received_time_ns)" : "received_time_ns";
        var command = new NpgsqlCommand($"SELECT min(sequence), max(sequence) FROM kraken_orderbook_messages WHERE session_id = $1 AND {time} >= $2 AND {time} < $3", connection)
        {
            Parameters = { new() { Value = sessionId }, new() { Value = from }, new() { Value = to } },
        };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return reader.IsDBNull(0) ? (0, 0) : (reader.GetInt64(0), reader.GetInt64(1) + 1);
            }
        }
    }

    public static async Task<BookKeyframe?> FindKeyframeAsync(NpgsqlConnection connection, long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(
            $"""
             SELECT sequence, received_time_ns, exchange_time_ns, checksum, levels FROM orderbook_keyframes
             WHERE session_id = $1 AND symbol = $2 AND {(byExchangeTime ? "exchange_time_ns" : "received_time_ns")} <= $3 AND sequence < $4
             ORDER BY sequence DESC LIMIT 1
             """,
            connection)
        {
            Parameters = { new() { Value = sessionId }, new() { Value = symbol }, new() { Value = at }, new() { Value = beforeSequence } },
        };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
                    ? new BookKeyframe
                    {
                        Symbol = symbol,
                        Sequence = reader.GetInt64(0),
                        ReceivedTime = reader.GetInt64(1),
                        ExchangeTime = reader.GetInt64(2),
                        Checksum = (uint)reader.GetInt64(3),
                        Levels = reader.GetFieldValue<byte[]>(4),
                    }
                    : null;
            }
        }
    }

    public static async Task<List<BookIncident>> ReadIncidentsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT session_id, sequence, symbol, kind, time, expected, computed, book_before, frame FROM orderbook_incidents ORDER BY time, session_id, sequence, kind", connection);
        var rows = new List<BookIncident>();
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(new BookIncident
                    {
                        SessionId = reader.GetInt64(0),
                        Sequence = reader.GetInt64(1),
                        Symbol = reader.GetString(2),
                        Kind = reader.GetString(3),
                        Time = new DateTimeOffset(reader.GetDateTime(4)),
                        Expected = reader.IsDBNull(5) ? null : (uint)reader.GetInt64(5),
                        Computed = reader.IsDBNull(6) ? null : (uint)reader.GetInt64(6),
                        BookBefore = reader.GetString(7),
                        Frame = reader.GetString(8),
                    });
                }
            }
        }

        return rows;
    }

    private static object Optional(uint? value) => value is { } known ? (long)known : DBNull.Value;

    // The one character that PostgreSQL's text does not take.
    private static string WithoutZero(string text) => text.Replace('\0', '\uFFFD');

    private static async Task ExecuteAsync(NpgsqlConnection connection, NpgsqlBatchCommand command, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
        await using (batch.ConfigureAwait(false))
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CopyMessagesAsync(NpgsqlConnection connection, BookBatch batch, int first, CancellationToken cancellationToken)
    {
        var writer = await CopyWriter.BeginAsync(
            connection,
            "kraken_orderbook_messages (session_id, sequence, timestamp, symbol, channel, type, kind, exchange_time_ns, received_time_ns, exchange_time, received_time, checksum, verified, raw_message, raw_bytes)",
            cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            for (var index = first; index < batch.Count; index++)
            {
                var row = batch.Rows[index];
                if (writer.IsFull(256 + (3 * ((row.Symbol?.Length ?? 0) + (row.Channel?.Length ?? 0) + (row.Type?.Length ?? 0)))))
                {
                    await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                WriteFields(writer, batch.SessionId, row);
                var text = batch.TextBytesOf(row);
                if (IsJson(text))
                {
                    await writer.BytesAsync(text, isJson: true, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    writer.Null();
                }

                if (row.IsUsual)
                {
                    writer.Null();
                }
                else
                {
                    await writer.BytesAsync(text, isJson: false, cancellationToken).ConfigureAwait(false);
                }
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void WriteFields(CopyWriter writer, long sessionId, BookMessageRow row)
    {
        writer.BeginRow(15);
        writer.Int64(sessionId);
        writer.Int64(row.Sequence);
        writer.Timestamp(row.Timestamp);
        Text(writer, row.Symbol);
        Text(writer, row.Channel);
        Text(writer, row.Type);
        writer.Int16((short)row.Kind);
        if (row.ExchangeTime is { } time)
        {
            writer.Int64(time);
            writer.Int64(row.ReceivedTime);
            writer.Timestamp(HistoricalTrade.FloorDivide(time, 1000));
        }
        else
        {
            writer.Null();
            writer.Int64(row.ReceivedTime);
            writer.Null();
        }

        writer.Timestamp(HistoricalTrade.FloorDivide(row.ReceivedTime, 1000));
        if (row.Checksum is { } checksum)
        {
            writer.Int64(checksum);
        }
        else
        {
            writer.Null();
        }

        if (row.Verified is { } verified)
        {
            writer.Boolean(verified);
        }
        else
        {
            writer.Null();
        }
    }

    private static void Text(CopyWriter writer, string? text)
    {
        if (text is null || text.Contains('\0', StringComparison.Ordinal))
        {
            writer.Null();
        }
        else
        {
            writer.Text(text);
        }
    }

    private static async Task CopyEntriesAsync(NpgsqlConnection connection, BookBatch batch, int first, CancellationToken cancellationToken)
    {
        var writer = await CopyWriter.BeginAsync(
            connection, "kraken_orderbook_entries (session_id, sequence, timestamp, symbol, side, ordinal, price, price_decimals, quantity, quantity_decimals)", cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            for (var index = first; index < batch.Count; index++)
            {
                var row = batch.Rows[index];
                for (var level = 0; level < row.LevelCount; level++)
                {
                    if (writer.IsFull(256 + (3 * (row.Symbol?.Length ?? 0))))
                    {
                        await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                    }

                    WriteEntry(writer, batch, row, level);
                }
            }

            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void WriteEntry(CopyWriter writer, BookBatch batch, BookMessageRow row, int index)
    {
        var level = batch.Levels(row)[index];
        var isBid = index < row.BidCount;
        writer.BeginRow(10);
        writer.Int64(batch.SessionId);
        writer.Int64(row.Sequence);
        writer.Timestamp(row.Timestamp);
        writer.Text(row.Symbol!);
        writer.Encoded(isBid ? Bid.Bytes : Ask.Bytes);
        writer.Int16((short)(isBid ? index : index - row.BidCount));
        writer.Price(level.Price);
        writer.Int16(level.PriceDecimals);
        writer.Volume(level.Quantity);
        writer.Int16(level.QuantityDecimals);
    }

    private static async Task<List<(long Sequence, bool IsBid, WireLevel Level)>> ReadLevelsAsync(NpgsqlConnection connection, string range, CancellationToken cancellationToken)
    {
        var levels = new List<(long, bool, WireLevel)>();
        var reader = await CopyReader.BeginAsync(
            connection, $"SELECT sequence, side, price, price_decimals, quantity, quantity_decimals FROM kraken_orderbook_entries {range} ORDER BY sequence, side DESC, ordinal", cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            do
            {
                while (reader.TryNext())
                {
                    levels.Add((reader.Int64(0), reader.Field(1)[0] == 'b', WireLevel.FromScaled(reader.Price(2), (byte)reader.Int16(3), reader.Volume(4), (byte)reader.Int16(5))));
                }
            }
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false));
        }

        return levels;
    }

    private static async Task<BookBatch> ReadMessagesAsync(NpgsqlConnection connection, BookBatch batch, string range, List<(long Sequence, bool IsBid, WireLevel Level)> levels, CancellationToken cancellationToken)
    {
        var at = 0;
        var reader = await CopyReader.BeginAsync(
            connection, $"SELECT sequence, symbol, channel, type, kind, exchange_time_ns, received_time_ns, checksum, verified, raw_bytes FROM kraken_orderbook_messages {range} ORDER BY sequence", cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            do
            {
                while (reader.TryNext())
                {
                    var row = new BookMessageRow
                    {
                        Sequence = reader.Int64(0),
                        Symbol = Name(reader, 1),
                        Channel = Name(reader, 2),
                        Type = Name(reader, 3),
                        Kind = (BookFrameKind)reader.Int16(4),
                        ExchangeTime = reader.IsNull(5) ? null : reader.Int64(5),
                        ReceivedTime = reader.Int64(6),
                        Checksum = reader.IsNull(7) ? null : (uint)reader.Int64(7),
                        Verified = reader.IsNull(8) ? null : reader.Boolean(8),
                        IsUsual = reader.IsNull(9),
                    };
                    batch.Begin(row, reader.IsNull(9) ? default : reader.Field(9));
                    for (; at < levels.Count && levels[at].Sequence == row.Sequence; at++)
                    {
                        batch.AddLevel(levels[at].Level, levels[at].IsBid);
                    }
                }
            }
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false));
        }

        return at == levels.Count
            ? batch
            : throw new MarketStoreException($"A level of session {batch.SessionId} at sequence {levels[at].Sequence} belongs to no message: the tables were changed by something else. Import the recording again into a new store.");
    }

    private static string? Name(CopyReader reader, int field) => reader.IsNull(field) ? null : string.Intern(reader.Text(field));

    // What jsonb takes for certain: JSON without escapes that text cannot hold and without numbers beyond its range.
    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("\\u"u8) >= 0)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.Number && (reader.ValueSpan.Length > NumberLengthMax || (reader.ValueSpan.IndexOfAny((byte)'e', (byte)'E') is var e && e >= 0 && reader.ValueSpan.Length - e > 4)))
                {
                    return false;
                }
            }

            return System.Text.Unicode.Utf8.IsValid(text);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
