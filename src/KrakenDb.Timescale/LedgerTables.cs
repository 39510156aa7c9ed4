using System.Collections.Immutable;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>
/// The small tables: <c>data_sync_status</c>, <c>data_coverage</c>, <c>absent_trade_ids</c>, <c>import_cursors</c>, and <c>wanted_from</c> of <c>instruments</c>. Several processes write: nothing is remembered between calls, and a
/// write reads the symbol's ledger under the symbol's lock.
/// </summary>
internal static class LedgerTables
{
    private const string Status = "SELECT symbol, data_type, oldest_timestamp, newest_timestamp, last_sync_at, last_kraken_since, total_records FROM data_sync_status";
    private const string Coverage = "SELECT data_type, start_time, end_time, source, grade, first_trade_id, last_trade_id FROM data_coverage";

    private const string Absent = "SELECT first_id, last_id, first_seen, confirmed FROM absent_trade_ids";

    private const string WriteStatus =
        """
        INSERT INTO data_sync_status (symbol, data_type, oldest_timestamp, newest_timestamp, last_sync_at, last_kraken_since, total_records)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (symbol, data_type) DO UPDATE SET
            oldest_timestamp = excluded.oldest_timestamp, newest_timestamp = excluded.newest_timestamp, last_sync_at = excluded.last_sync_at,
            last_kraken_since = excluded.last_kraken_since, total_records = excluded.total_records
        """;

    private const string WriteCoverage =
        """
        INSERT INTO data_coverage (symbol, data_type, start_time, end_time, source, grade, first_trade_id, last_trade_id)
        SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::timestamptz[], $5::smallint[], $6::smallint[], $7::bigint[], $8::bigint[])
        """;

    private const string WriteCursor = "INSERT INTO import_cursors (file, position, state) VALUES ($1, $2, $3) ON CONFLICT (file) DO UPDATE SET position = excluded.position, state = excluded.state";

    /// <summary>Takes the symbol's lock until the end of the transaction and reads its ledger as the last writer left it.</summary>
    public static async Task<SymbolLedger> LockAsync(NpgsqlConnection connection, string symbol, CancellationToken cancellationToken)
    {
        // Each statement sees what was committed when it begins: the lock comes first.
        var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command("SELECT pg_advisory_xact_lock(hashtextextended($1, 20240603))", symbol),
                Command($"{Status} WHERE symbol = $1", symbol),
                Command($"{Coverage} WHERE symbol = $1", symbol),
                Command($"{Absent} WHERE symbol = $1 ORDER BY first_id", symbol),
                Command("SELECT wanted_from FROM instruments WHERE symbol = $1 AND wanted_from IS NOT NULL", symbol),
                Command(RetentionTables.Select),
            },
        };
        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                var ledger = new SymbolLedger(symbol);
                foreach (var row in await ReadStatusAsync(reader, cancellationToken).ConfigureAwait(false))
                {
                    ledger = ledger with { Status = ledger.Status.SetItem(row.DataType, row) };
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                foreach (var (dataType, ranges) in (await ReadCoverageAsync(reader, cancellationToken).ConfigureAwait(false)).GroupBy(row => row.DataType, row => row.Range, StringComparer.Ordinal).Select(group => (group.Key, group)))
                {
                    ledger = ledger with { Coverage = ledger.Coverage.SetItem(dataType, CoverageSet.Of(ranges)) };
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                ledger = ledger with { Absent = await ReadAbsentAsync(reader, cancellationToken).ConfigureAwait(false) };
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                ledger = await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? ledger with { WantedFrom = Time(reader, 0) } : ledger;
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return ledger with { Policies = await RetentionTables.ReadAsync(reader, cancellationToken).ConfigureAwait(false) };
            }
        }
    }

    /// <param name="connection">In no need of a transaction: one statement.</param>
    /// <param name="symbol">Null for all.</param>
    /// <param name="cancellationToken"></param>
    public static async Task<IReadOnlyList<SyncStatus>> ReadStatusAsync(NpgsqlConnection connection, string? symbol, CancellationToken cancellationToken)
    {
        var command = symbol is null ? new NpgsqlCommand(Status, connection) : new NpgsqlCommand($"{Status} WHERE symbol = $1", connection) { Parameters = { new() { Value = symbol } } };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var rows = await ReadStatusAsync(reader, cancellationToken).ConfigureAwait(false);
                return [.. rows.OrderBy(row => row.Symbol, StringComparer.Ordinal).ThenBy(row => row.DataType, StringComparer.Ordinal)];
            }
        }
    }

    public static async Task<CoverageSet> ReadCoverageAsync(NpgsqlConnection connection, string symbol, string dataType, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"{Coverage} WHERE symbol = $1 AND data_type = $2", connection) { Parameters = { new() { Value = symbol }, new() { Value = dataType } } };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return CoverageSet.Of((await ReadCoverageAsync(reader, cancellationToken).ConfigureAwait(false)).Select(row => row.Range));
            }
        }
    }

    public static async Task<IReadOnlyList<AbsentTradeIds>> ReadAbsentAsync(NpgsqlConnection connection, string symbol, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"{Absent} WHERE symbol = $1 ORDER BY first_id", connection) { Parameters = { new() { Value = symbol } } };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await ReadAbsentAsync(reader, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static async Task<DateTimeOffset?> ReadWantedFromAsync(NpgsqlConnection connection, string symbol, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT wanted_from FROM instruments WHERE symbol = $1", connection) { Parameters = { new() { Value = symbol } } };
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is DateTime wanted ? new DateTimeOffset(wanted) : null;
        }
    }

    /// <summary>What differs between two ledgers of one symbol, in one round trip with the cursor.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, SymbolLedger before, SymbolLedger after, StoreWrite write, IEnumerable<NpgsqlBatchCommand> more, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var row in after.Status.Values.Where(row => !before.Status.TryGetValue(row.DataType, out var old) || old != row))
            {
                batch.BatchCommands.Add(Command(
                    WriteStatus, row.Symbol, row.DataType, row.OldestTimestamp, row.NewestTimestamp, row.LastSyncAt, (object?)row.LastKrakenSince ?? DBNull.Value, row.TotalRecords));
            }

            foreach (var dataType in before.Status.Keys.Where(dataType => !after.Status.ContainsKey(dataType)))
            {
                batch.BatchCommands.Add(Command("DELETE FROM data_sync_status WHERE symbol = $1 AND data_type = $2", after.Symbol, dataType));
            }

            foreach (var (dataType, coverage) in after.Coverage)
            {
                var old = before.Coverage.GetValueOrDefault(dataType, CoverageSet.Empty);
                if (!old.Equals(coverage))
                {
                    AddCoverage(batch, after.Symbol, dataType, old, coverage);
                }
            }

            if (after.Absent != before.Absent)
            {
                AddAbsent(batch, after);
            }

            if (after.WantedFrom is { } wanted && wanted != before.WantedFrom)
            {
                batch.BatchCommands.Add(Command("INSERT INTO instruments (symbol, wanted_from) VALUES ($1, $2) ON CONFLICT (symbol) DO UPDATE SET wanted_from = excluded.wanted_from", after.Symbol, wanted.ToUniversalTime()));
            }

            if (write.Cursor is { } cursor)
            {
                batch.BatchCommands.Add(Command(WriteCursor, cursor.File, cursor.Position, cursor.State));
            }

            if (write.FinishedFile is { } finished)
            {
                batch.BatchCommands.Add(Command("DELETE FROM import_cursors WHERE file = $1", finished));
            }

            foreach (var command in more)
            {
                batch.BatchCommands.Add(command);
            }

            if (batch.BatchCommands.Count > 0)
            {
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static async Task<ImportCursor?> ReadCursorAsync(NpgsqlConnection connection, string file, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT position, state FROM import_cursors WHERE file = $1", connection) { Parameters = { new() { Value = file } } };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? new ImportCursor(file, reader.GetInt64(0), reader.GetString(1)) : null;
            }
        }
    }

    public static async Task WriteCursorAsync(NpgsqlConnection connection, ImportCursor cursor, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(WriteCursor, cursor.File, cursor.Position, cursor.State) } };
        await using (batch.ConfigureAwait(false))
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    // Only the ranges that differ: an archive of broken files may have thousands.
    private static void AddCoverage(NpgsqlBatch batch, string symbol, string dataType, CoverageSet before, CoverageSet after)
    {
        var kept = before.ToHashSet();
        kept.IntersectWith(after);
        var gone = before.Where(range => !kept.Contains(range)).Select(range => range.Range.Start.UtcDateTime).ToArray();
        if (gone.Length > 0)
        {
            batch.BatchCommands.Add(Command("DELETE FROM data_coverage WHERE symbol = $1 AND data_type = $2 AND start_time = ANY ($3)", symbol, dataType, gone));
        }

        var added = after.Where(range => !kept.Contains(range)).ToArray();
        if (added.Length > 0)
        {
            batch.BatchCommands.Add(Command(
                WriteCoverage,
                symbol,
                dataType,
                Array.ConvertAll(added, range => range.Range.Start.UtcDateTime),
                Array.ConvertAll(added, range => range.Range.End.UtcDateTime),
                Array.ConvertAll(added, range => (short)range.Source),
                Array.ConvertAll(added, range => (short)range.Grade),
                Array.ConvertAll(added, range => range.FirstTradeId),
                Array.ConvertAll(added, range => range.LastTradeId)));
        }
    }

    private static void AddAbsent(NpgsqlBatch batch, SymbolLedger ledger)
    {
        batch.BatchCommands.Add(Command("DELETE FROM absent_trade_ids WHERE symbol = $1", ledger.Symbol));
        batch.BatchCommands.Add(Command(
            "INSERT INTO absent_trade_ids (symbol, first_id, last_id, first_seen, confirmed) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::boolean[])",
            ledger.Symbol,
            ledger.Absent.Select(absent => absent.FirstId).ToArray(),
            ledger.Absent.Select(absent => absent.LastId).ToArray(),
            ledger.Absent.Select(absent => absent.FirstSeen.UtcDateTime).ToArray(),
            ledger.Absent.Select(absent => absent.Confirmed).ToArray()));
    }

    private static async Task<ImmutableArray<AbsentTradeIds>> ReadAbsentAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<AbsentTradeIds>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(new AbsentTradeIds { FirstId = reader.GetInt64(0), LastId = reader.GetInt64(1), FirstSeen = Time(reader, 2), Confirmed = reader.GetBoolean(3) });
        }

        return rows.ToImmutable();
    }

    private static async Task<List<SyncStatus>> ReadStatusAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new List<SyncStatus>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(new SyncStatus
            {
                Symbol = reader.GetString(0),
                DataType = reader.GetString(1),
                OldestTimestamp = Time(reader, 2),
                NewestTimestamp = Time(reader, 3),
                LastSyncAt = Time(reader, 4),
                LastKrakenSince = reader.IsDBNull(5) ? null : reader.GetString(5),
                TotalRecords = reader.GetInt64(6),
            });
        }

        return rows;
    }

    private static async Task<List<(string DataType, CoverageRange Range)>> ReadCoverageAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var rows = new List<(string DataType, CoverageRange Range)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add((reader.GetString(0), new CoverageRange
            {
                Range = new TimeRange(Time(reader, 1), Time(reader, 2)),
                Source = (CandleSource)reader.GetInt16(3),
                Grade = (CoverageGrade)reader.GetInt16(4),
                FirstTradeId = reader.IsDBNull(5) ? null : reader.GetInt64(5),
                LastTradeId = reader.IsDBNull(6) ? null : reader.GetInt64(6),
            }));
        }

        return rows;
    }

    private static DateTimeOffset Time(NpgsqlDataReader reader, int column) => new(reader.GetDateTime(column));
}
