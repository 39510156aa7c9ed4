using System.Globalization;
using System.Text;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>The tables of recorded order books: appends in stored order, reads by session and sequence.</summary>
internal static class BookTables
{
    /// <summary>Of tables with computed columns those that can be written, and how the rows of a session lie.</summary>
    public static readonly IReadOnlyDictionary<string, (string Columns, string Order)> StoredColumns = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["main.kraken_orderbook_messages"] = ("session_id, sequence, symbol, channel, type, kind, exchange_time, received_time, exchange_rest_ns, received_rest_ns, checksum, verified, is_usual, raw_message", "sequence"),
        ["main.orderbook_levels"] = ("session_id, sequence, is_bid, ordinal, price_digits, price_decimals, quantity_digits, quantity_decimals", "sequence, is_bid DESC, ordinal"),
    };

    private const string Sessions =
        """
        SELECT session_id, symbol, connection_id::VARCHAR, source, depth, price_precision, quantity_precision, start_time, end_time,
               first_sequence, last_sequence, messages, book_messages, verified, level_changes
        FROM capture_sessions
        """;

    // Without ORDER BY: rows lie in the order of their sequence, and a scan that keeps the order of insertion streams. What comes out is checked.
    private const string Messages =
        "SELECT sequence, symbol, channel, type, kind, exchange_time, received_time, exchange_rest_ns, received_rest_ns, checksum, verified, is_usual, raw_message FROM kraken_orderbook_messages WHERE ";

    private const string Entries =
        "SELECT sequence, is_bid, price_digits, price_decimals, quantity_digits, quantity_decimals FROM orderbook_levels WHERE ";

    private const string ExchangeTime = "epoch_us(exchange_time) * 1000 + exchange_rest_ns";
    private const string ReceivedTime = "epoch_us(received_time) * 1000 + received_rest_ns";

    public static List<CaptureSession> ReadSessions(DuckDbSession session, long? sessionId)
    {
        using var result = sessionId is { } id
            ? session.Prepare(Sessions + " WHERE session_id = $1").Bind(1, id).Query()
            : session.Connection.Query(Sessions + " ORDER BY start_time, session_id, symbol");
        var rows = new List<CaptureSession>();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                rows.Add(new CaptureSession
                {
                    SessionId = chunk.Int64(0)[row],
                    Symbol = chunk.GetString(1, row),
                    ConnectionId = ulong.Parse(chunk.Utf8(2, row), CultureInfo.InvariantCulture),
                    Source = chunk.GetString(3, row),
                    Depth = chunk.IsValid(4, row) ? chunk.Int32(4)[row] : null,
                    PricePrecision = chunk.Int32(5)[row],
                    QuantityPrecision = chunk.Int32(6)[row],
                    StartTime = UnixTime.ToDateTimeOffset(chunk.Int64(7)[row]),
                    EndTime = UnixTime.ToDateTimeOffset(chunk.Int64(8)[row]),
                    FirstSequence = chunk.Int64(9)[row],
                    LastSequence = chunk.Int64(10)[row],
                    Messages = chunk.Int64(11)[row],
                    BookMessages = chunk.Int64(12)[row],
                    Verified = chunk.Int64(13)[row],
                    LevelChanges = chunk.Int64(14)[row],
                });
            }
        }

        return rows;
    }

    /// <summary>Writes what is new of a batch, inside the session's transaction.</summary>
    public static void Write(DuckDbSession session, BookWrite write, BookAppendPlan plan)
    {
        if (plan.FirstRow == write.Batch.Count)
        {
            return;
        }

        AppendMessages(session, write.Batch, plan.FirstRow);
        AppendEntries(session, write.Batch, plan.FirstRow);
        foreach (var row in plan.Sessions)
        {
            WriteSession(session, row);
        }

        foreach (var keyframe in plan.Keyframes)
        {
            session.Prepare("INSERT INTO orderbook_keyframes VALUES ($1, $2, $3, $4, $5, $6, $7)")
                .Bind(1, write.Batch.SessionId).Bind(2, keyframe.Symbol).Bind(3, keyframe.Sequence).Bind(4, keyframe.ReceivedTime).Bind(5, keyframe.ExchangeTime)
                .Bind(6, (long)keyframe.Checksum).BindBlob(7, keyframe.Levels).Execute();
        }

        foreach (var incident in plan.Incidents)
        {
            var insert = session.Prepare("INSERT INTO orderbook_incidents VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                .Bind(1, incident.SessionId).Bind(2, incident.Sequence).Bind(3, incident.Symbol).Bind(4, incident.Kind).BindTimestamp(5, UnixTime.Microseconds(incident.Time))
                .Bind(8, incident.BookBefore).Bind(9, incident.Frame);
            _ = incident.Expected is { } expected ? insert.Bind(6, (long)expected) : insert.BindNull(6);
            _ = incident.Computed is { } computed ? insert.Bind(7, (long)computed) : insert.BindNull(7);
            insert.Execute();
        }
    }

    public static BookBatch Read(DuckDbSession session, long sessionId, long from, long to, string? symbol)
    {
        var batch = new BookBatch(sessionId);
        using (var messages = session.Connection.Query(Messages + Range(sessionId, from, to) + (symbol is null ? "" : $" AND symbol = '{symbol.Replace("'", "''", StringComparison.Ordinal)}'")))
        {
            ReadMessages(messages, batch, from);
        }

        if (batch.Count > 0)
        {
            // Only of what was read: a recorder may have written more since.
            using var entries = session.Connection.Query(Entries + Range(sessionId, batch.Rows[0].Sequence, batch.Rows[^1].Sequence + 1));
            ReadLevels(entries, batch, isWhole: symbol is null);
        }

        return batch;
    }

    public static (long From, long To) FindSequences(DuckDbSession session, long sessionId, long from, long to, bool byExchangeTime)
    {
        var sql = string.Create(CultureInfo.InvariantCulture, $"SELECT min(sequence), max(sequence) FROM kraken_orderbook_messages WHERE session_id = {sessionId}");
        var time = byExchangeTime ? $"coalesce({ExchangeTime}, {ReceivedTime})" : ReceivedTime;
        sql += from > long.MinValue ? string.Create(CultureInfo.InvariantCulture, $" AND {time} >= {from}") : "";
        sql += to < long.MaxValue ? string.Create(CultureInfo.InvariantCulture, $" AND {time} < {to}") : "";
        using var result = session.Connection.Query(sql);
        var chunk = result.FetchChunk()!;
        return chunk.IsValid(0, 0) ? (chunk.Int64(0)[0], chunk.Int64(1)[0] + 1) : (0, 0);
    }

    public static BookKeyframe? FindKeyframe(DuckDbSession session, long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence)
    {
        using var found = session.Prepare(
                $"SELECT max(sequence) FROM orderbook_keyframes WHERE session_id = $1 AND symbol = $2 AND {(byExchangeTime ? "exchange_time_ns" : "received_time_ns")} <= $3 AND sequence < $4")
            .Bind(1, sessionId).Bind(2, symbol).Bind(3, at).Bind(4, beforeSequence).Query();
        if (found.FetchChunk() is not { } newest || !newest.IsValid(0, 0))
        {
            return null;
        }

        // With its number in the statement the bytes of all other keyframes stay unread.
        var sequence = newest.Int64(0)[0];
        using var result = session.Connection.Query($"SELECT received_time_ns, exchange_time_ns, checksum, levels FROM orderbook_keyframes WHERE {Range(sessionId, sequence, sequence + 1)}");
        return result.FetchChunk() is { RowCount: > 0 } chunk
            ? new BookKeyframe
            {
                Symbol = symbol,
                Sequence = sequence,
                ReceivedTime = chunk.Int64(0)[0],
                ExchangeTime = chunk.Int64(1)[0],
                Checksum = unchecked((uint)chunk.Int32(2)[0]),
                Levels = chunk.Utf8(3, 0).ToArray(),
            }
            : null;
    }

    /// <summary>By symbol, from the first frame of a session to behind the last, in received time.</summary>
    public static Dictionary<string, TimeRange> ReadTimes(DuckDbSession session, long sessionId)
    {
        using var result = session.Prepare("SELECT symbol, min(received_time), max(received_time) FROM kraken_orderbook_messages WHERE session_id = $1 AND symbol IS NOT NULL GROUP BY symbol")
            .Bind(1, sessionId).Query();
        var times = new Dictionary<string, TimeRange>(StringComparer.Ordinal);
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                times[chunk.GetString(0, row)] = new TimeRange(chunk.Int64(1)[row], chunk.Int64(2)[row] + 1);
            }
        }

        return times;
    }

    /// <summary>All of a session, inside the session's transaction.</summary>
    public static void Delete(DuckDbSession session, long sessionId)
    {
        foreach (var table in (ReadOnlySpan<string>)["kraken_orderbook_messages", "orderbook_levels", "orderbook_keyframes", "orderbook_incidents", "capture_sessions"])
        {
            session.Prepare($"DELETE FROM {table} WHERE session_id = $1").Bind(1, sessionId).Execute();
        }
    }

    public static List<BookIncident> ReadIncidents(DuckDbSession session)
    {
        using var result = session.Connection.Query("SELECT session_id, sequence, symbol, kind, time, expected, computed, book_before, frame FROM orderbook_incidents ORDER BY time, session_id, sequence, kind");
        var rows = new List<BookIncident>();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                rows.Add(new BookIncident
                {
                    SessionId = chunk.Int64(0)[row],
                    Sequence = chunk.Int64(1)[row],
                    Symbol = chunk.GetString(2, row),
                    Kind = chunk.GetString(3, row),
                    Time = UnixTime.ToDateTimeOffset(chunk.Int64(4)[row]),
                    Expected = chunk.IsValid(5, row) ? unchecked((uint)chunk.Int32(5)[row]) : null,
                    Computed = chunk.IsValid(6, row) ? unchecked((uint)chunk.Int32(6)[row]) : null,
                    BookBefore = chunk.GetString(7, row),
                    Frame = chunk.GetString(8, row),
                });
            }
        }

        return rows;
    }

    // As text: a scan passes over parts of a table by numbers that stand in the statement, not by parameters.
    private static string Range(long sessionId, long from, long to) =>
        string.Create(CultureInfo.InvariantCulture, $"session_id = {sessionId} AND sequence >= {from} AND sequence < {to}");

    private static void ReadMessages(DuckDbResult result, BookBatch batch, long from)
    {
        var (symbols, channels, types) = (new KnownTexts(1), new KnownTexts(2), new KnownTexts(3));
        var last = from - 1;
        while (result.FetchChunk() is { } chunk)
        {
            var rows = batch.AddRows(chunk.RowCount);
            var sequences = chunk.Int64(0);
            var kinds = chunk.UInt8(4);
            var exchangeTimes = chunk.Int64(5);
            var receivedTimes = chunk.Int64(6);
            var exchangeRests = chunk.Int16(7);
            var receivedRests = chunk.Int16(8);
            var checksums = chunk.Int32(9);
            var verified = chunk.UInt8(10);
            var usual = chunk.UInt8(11);
            for (var index = 0; index < rows.Length; index++)
            {
                var sequence = sequences[index];
                if (sequence <= last)
                {
                    throw new MarketStoreException($"Messages of session {batch.SessionId} do not lie in their order ({sequence} after {last}): the tables were changed by something else. Import the recording again into a new store.");
                }

                last = sequence;
                ref var row = ref rows[index];
                row = new BookMessageRow
                {
                    Sequence = sequence,
                    Symbol = symbols.Of(chunk, index),
                    Channel = channels.Of(chunk, index),
                    Type = types.Of(chunk, index),
                    Kind = (BookFrameKind)kinds[index],
                    ExchangeTime = chunk.IsValid(5, index) ? (exchangeTimes[index] * 1000) + exchangeRests[index] : null,
                    ReceivedTime = (receivedTimes[index] * 1000) + receivedRests[index],
                    Checksum = chunk.IsValid(9, index) ? unchecked((uint)checksums[index]) : null,
                    Verified = chunk.IsValid(10, index) ? verified[index] != 0 : null,
                    IsUsual = usual[index] != 0,
                };
                if (!row.IsUsual && chunk.IsValid(12, index))
                {
                    batch.SetText(ref row, chunk.Utf8(12, index));
                }
            }
        }
    }

    // Both lie in the order of the sequence: one pass over the levels gives each message its own.
    private static void ReadLevels(DuckDbResult result, BookBatch batch, bool isWhole)
    {
        var rows = batch.Rows;
        var (at, count) = (0, 0);
        while (result.FetchChunk() is { } chunk)
        {
            var levels = batch.AddLevels(chunk.RowCount);
            var sequences = chunk.Int64(0);
            var bids = chunk.UInt8(1);
            var prices = chunk.Int64(2);
            var priceDecimals = chunk.UInt8(3);
            var quantities = chunk.HugeInt(4);
            var quantityDecimals = chunk.UInt8(5);
            var kept = 0;
            for (var index = 0; index < sequences.Length; index++)
            {
                var sequence = sequences[index];
                while (at < rows.Length && rows[at].Sequence < sequence)
                {
                    if (++at < rows.Length)
                    {
                        rows[at].FirstLevel = count + kept;
                    }
                }

                if (at == rows.Length || rows[at].Sequence != sequence)
                {
                    // Levels of other symbols lie in between.
                    if (!isWhole)
                    {
                        continue;
                    }

                    throw new MarketStoreException($"A level of session {batch.SessionId} at sequence {sequence} belongs to no message: the tables were changed by something else. Import the recording again into a new store.");
                }

                levels[kept++] = new WireLevel(prices[index], priceDecimals[index], (UInt128)quantities[index], quantityDecimals[index]);
                ref var row = ref rows[at];
                row.LevelCount++;
                row.BidCount += bids[index];
            }

            count += kept;
            batch.TrimLevels(count);
        }
    }

    private static void AppendMessages(DuckDbSession session, BookBatch batch, int first)
    {
        using var appender = session.Connection.CreateAppender("kraken_orderbook_messages");
        var rows = batch.Rows[first..];
        for (var start = 0; start < rows.Length; start += appender.Capacity)
        {
            var count = Math.Min(appender.Capacity, rows.Length - start);
            for (var index = 0; index < count; index++)
            {
                ref readonly var row = ref rows[start + index];
                appender.Int64(0)[index] = batch.SessionId;
                appender.Int64(1)[index] = row.Sequence;
                Set(appender, 2, index, row.Symbol);
                Set(appender, 3, index, row.Channel);
                Set(appender, 4, index, row.Type);
                appender.UInt8(5)[index] = (byte)row.Kind;
                var received = HistoricalTrade.FloorDivide(row.ReceivedTime, 1000);
                appender.Int64(7)[index] = received;
                appender.Int16(9)[index] = (short)(row.ReceivedTime - (received * 1000));
                if (row.ExchangeTime is { } time)
                {
                    var exchange = HistoricalTrade.FloorDivide(time, 1000);
                    appender.Int64(6)[index] = exchange;
                    appender.Int16(8)[index] = (short)(time - (exchange * 1000));
                }
                else
                {
                    appender.SetNull(6, index);
                    appender.Int16(8)[index] = 0;
                }

                if (row.Checksum is { } checksum)
                {
                    appender.Int32(10)[index] = unchecked((int)checksum);
                }
                else
                {
                    appender.SetNull(10, index);
                }

                if (row.Verified is { } verified)
                {
                    appender.UInt8(11)[index] = verified ? (byte)1 : (byte)0;
                }
                else
                {
                    appender.SetNull(11, index);
                }

                appender.UInt8(12)[index] = row.IsUsual ? (byte)1 : (byte)0;
                if (row.IsUsual)
                {
                    appender.SetNull(13, index);
                }
                else
                {
                    appender.SetBytes(13, index, batch.Text(row));
                }
            }

            appender.Append(count);
        }

        appender.Close();
    }

    private static void AppendEntries(DuckDbSession session, BookBatch batch, int first)
    {
        using var appender = session.Connection.CreateAppender("orderbook_levels");
        var at = 0;
        foreach (ref readonly var row in batch.Rows[first..])
        {
            var levels = batch.Levels(row);
            for (var index = 0; index < levels.Length; index++)
            {
                ref readonly var level = ref levels[index];
                var isBid = index < row.BidCount;
                appender.Int64(0)[at] = batch.SessionId;
                appender.Int64(1)[at] = row.Sequence;
                appender.UInt8(2)[at] = isBid ? (byte)1 : (byte)0;
                appender.Int16(3)[at] = (short)(isBid ? index : index - row.BidCount);
                appender.Int64(4)[at] = level.PriceDigits;
                appender.UInt8(5)[at] = level.PriceDecimals;
                appender.HugeInt(6)[at] = (Int128)level.QuantityDigits;
                appender.UInt8(7)[at] = level.QuantityDecimals;
                if (++at == appender.Capacity)
                {
                    appender.Append(at);
                    at = 0;
                }
            }
        }

        appender.Append(at);
        appender.Close();
    }

    private static void Set(DuckDbAppender appender, int column, int row, string? text)
    {
        if (text is null)
        {
            appender.SetNull(column, row);
            return;
        }

        // The few names of a recording, most of them short and ASCII.
        Span<byte> bytes = stackalloc byte[64];
        if (Encoding.UTF8.TryGetBytes(text, bytes, out var length))
        {
            appender.SetBytes(column, row, bytes[..length]);
        }
        else
        {
            appender.SetString(column, row, text);
        }
    }

    private static void WriteSession(DuckDbSession session, CaptureSession row)
    {
        session.Prepare("DELETE FROM capture_sessions WHERE session_id = $1 AND symbol = $2").Bind(1, row.SessionId).Bind(2, row.Symbol).Execute();
        var insert = session.Prepare("INSERT INTO capture_sessions VALUES ($1, $2, $3::UBIGINT, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")
            .Bind(1, row.SessionId).Bind(2, row.Symbol).Bind(3, row.ConnectionId.ToString(CultureInfo.InvariantCulture)).Bind(4, row.Source)
            .Bind(6, row.PricePrecision).Bind(7, row.QuantityPrecision)
            .BindTimestamp(8, UnixTime.Microseconds(row.StartTime)).BindTimestamp(9, UnixTime.Microseconds(row.EndTime))
            .Bind(10, row.FirstSequence).Bind(11, row.LastSequence).Bind(12, row.Messages).Bind(13, row.BookMessages).Bind(14, row.Verified).Bind(15, row.LevelChanges);
        _ = row.Depth is { } depth ? insert.Bind(5, depth) : insert.BindNull(5);
        insert.Execute();
    }

    /// <summary>The names in a column, few and repeated: a string for each, not for each row.</summary>
    private sealed class KnownTexts(int column)
    {
        private readonly (byte[]? Bytes, string Text)[] _places = new (byte[]?, string)[256];

        public string? Of(DuckDbChunk chunk, int row)
        {
            if (!chunk.IsValid(column, row))
            {
                return null;
            }

            var bytes = chunk.Utf8(column, row);
            ref var place = ref _places[bytes.IsEmpty ? 0 : unchecked((byte)((bytes.Length * 31) ^ (bytes[0] * 7) ^ (bytes[bytes.Length / 2] * 5) ^ bytes[^1]))];
            if (place.Bytes is null || !bytes.SequenceEqual(place.Bytes))
            {
                place = (bytes.ToArray(), string.Intern(Encoding.UTF8.GetString(bytes)));
            }

            return place.Text;
        }
    }
}
