using System.Collections.Immutable;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>The small tables: <c>data_sync_status</c>, <c>data_coverage</c>, <c>import_cursors</c>, and <c>wanted_from</c> of <c>instruments</c>.</summary>
internal static class LedgerTables
{
    private const int DifferingRangesMax = 32;

    private const string InsertStatus = "INSERT INTO data_sync_status VALUES ($1, $2, $3, $4, $5, $6, $7)";

    private const string UpdateStatus =
        """
        UPDATE data_sync_status SET oldest_timestamp = $3, newest_timestamp = $4, last_sync_at = $5, last_kraken_since = $6, total_records = $7
        WHERE symbol = $1 AND data_type = $2
        """;

    private const string InsertCoverage = "INSERT INTO data_coverage VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

    private const string UpdateCoverage =
        """
        UPDATE data_coverage SET end_time = $4, source = $5, grade = $6, first_trade_id = $7, last_trade_id = $8
        WHERE symbol = $1 AND data_type = $2 AND start_time = $3
        """;

    public static IReadOnlyCollection<SymbolLedger> ReadAll(DuckDbSession session)
    {
        var ledgers = new Dictionary<string, SymbolLedger>(StringComparer.Ordinal);

        // One transaction, so that status and coverage are of one commit.
        session.Connection.Execute("BEGIN");
        try
        {
            ReadStatus(session, ledgers);
            ReadCoverage(session, ledgers);
            ReadWanted(session, ledgers);
            AbsentIdTable.ReadAll(session, ledgers);
        }
        catch
        {
            session.TryRollBack();
            throw;
        }

        session.Connection.Execute("COMMIT");
        return ledgers.Values;
    }

    /// <summary>Writes what differs between two ledgers of one symbol.</summary>
    public static void Write(DuckDbSession session, SymbolLedger before, SymbolLedger after)
    {
        foreach (var row in after.Status.Values)
        {
            if (!before.Status.TryGetValue(row.DataType, out var old) || old != row)
            {
                WriteStatus(session, row, isNew: old is null);
            }
        }

        foreach (var dataType in before.Status.Keys.Where(dataType => !after.Status.ContainsKey(dataType)))
        {
            session.Prepare("DELETE FROM data_sync_status WHERE symbol = $1 AND data_type = $2").Bind(1, after.Symbol).Bind(2, dataType).Execute();
        }

        foreach (var (dataType, coverage) in after.Coverage)
        {
            if (!before.Coverage.TryGetValue(dataType, out var old) || !old.Equals(coverage))
            {
                WriteCoverage(session, after.Symbol, dataType, old ?? CoverageSet.Empty, coverage);
            }
        }

        if (after.Absent != before.Absent)
        {
            AbsentIdTable.Write(session, after.Symbol, after.Absent);
        }

        if (after.WantedFrom is { } wanted && wanted != before.WantedFrom)
        {
            var update = session.Prepare("UPDATE instruments SET wanted_from = $2 WHERE symbol = $1").Bind(1, after.Symbol).BindTimestamp(2, UnixTime.Microseconds(wanted));
            if (update.Execute() == 0)
            {
                session.Prepare("INSERT INTO instruments (symbol, wanted_from) VALUES ($1, $2)").Bind(1, after.Symbol).BindTimestamp(2, UnixTime.Microseconds(wanted)).Execute();
            }
        }
    }

    public static ImportCursor? ReadCursor(DuckDbSession session, string file)
    {
        using var result = session.Prepare("SELECT position, state FROM import_cursors WHERE file = $1").Bind(1, file).Query();
        return result.FetchChunk() is { RowCount: > 0 } chunk ? new ImportCursor(file, chunk.Int64(0)[0], chunk.GetString(1, 0)) : null;
    }

    public static void WriteCursor(DuckDbSession session, ImportCursor cursor)
    {
        DeleteCursor(session, cursor.File);
        session.Prepare("INSERT INTO import_cursors VALUES ($1, $2, $3)").Bind(1, cursor.File).Bind(2, cursor.Position).Bind(3, cursor.State).Execute();
    }

    public static void DeleteCursor(DuckDbSession session, string file) => session.Prepare("DELETE FROM import_cursors WHERE file = $1").Bind(1, file).Execute();

    private static void ReadStatus(DuckDbSession session, Dictionary<string, SymbolLedger> ledgers)
    {
        using var result = session.Connection.Query("SELECT symbol, data_type, oldest_timestamp, newest_timestamp, last_sync_at, last_kraken_since, total_records FROM data_sync_status");
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var status = new SyncStatus
                {
                    Symbol = chunk.GetString(0, row),
                    DataType = chunk.GetString(1, row),
                    OldestTimestamp = UnixTime.ToDateTimeOffset(chunk.Int64(2)[row]),
                    NewestTimestamp = UnixTime.ToDateTimeOffset(chunk.Int64(3)[row]),
                    LastSyncAt = UnixTime.ToDateTimeOffset(chunk.Int64(4)[row]),
                    LastKrakenSince = chunk.IsValid(5, row) ? chunk.GetString(5, row) : null,
                    TotalRecords = chunk.Int64(6)[row],
                };
                var ledger = LedgerOf(ledgers, status.Symbol);
                ledgers[status.Symbol] = ledger with { Status = ledger.Status.SetItem(status.DataType, status) };
            }
        }
    }

    private static void ReadCoverage(DuckDbSession session, Dictionary<string, SymbolLedger> ledgers)
    {
        var ranges = new Dictionary<(string Symbol, string DataType), List<CoverageRange>>();
        using var result = session.Connection.Query("SELECT symbol, data_type, start_time, end_time, source, grade, first_trade_id, last_trade_id FROM data_coverage");
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var key = (chunk.GetString(0, row), chunk.GetString(1, row));
                if (!ranges.TryGetValue(key, out var list))
                {
                    ranges[key] = list = [];
                }

                list.Add(new CoverageRange
                {
                    Range = new TimeRange(chunk.Int64(2)[row], chunk.Int64(3)[row]),
                    Source = (CandleSource)chunk.UInt8(4)[row],
                    Grade = (CoverageGrade)chunk.UInt8(5)[row],
                    FirstTradeId = chunk.IsValid(6, row) ? chunk.Int64(6)[row] : null,
                    LastTradeId = chunk.IsValid(7, row) ? chunk.Int64(7)[row] : null,
                });
            }
        }

        foreach (var ((symbol, dataType), list) in ranges)
        {
            var ledger = LedgerOf(ledgers, symbol);
            ledgers[symbol] = ledger with { Coverage = ledger.Coverage.SetItem(dataType, CoverageSet.Of(list)) };
        }
    }

    private static void ReadWanted(DuckDbSession session, Dictionary<string, SymbolLedger> ledgers)
    {
        using var result = session.Connection.Query("SELECT symbol, wanted_from FROM instruments WHERE wanted_from IS NOT NULL");
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var symbol = chunk.GetString(0, row);
                ledgers[symbol] = LedgerOf(ledgers, symbol) with { WantedFrom = UnixTime.ToDateTimeOffset(chunk.Int64(1)[row]) };
            }
        }
    }

    private static SymbolLedger LedgerOf(Dictionary<string, SymbolLedger> ledgers, string symbol) => ledgers.GetValueOrDefault(symbol) ?? new SymbolLedger(symbol);

    // In place: a page of trades costs one statement per row of the ledger instead of two.
    private static void WriteStatus(DuckDbSession session, SyncStatus row, bool isNew)
    {
        var write = session.Prepare(isNew ? InsertStatus : UpdateStatus)
            .Bind(1, row.Symbol)
            .Bind(2, row.DataType)
            .BindTimestamp(3, UnixTime.Microseconds(row.OldestTimestamp))
            .BindTimestamp(4, UnixTime.Microseconds(row.NewestTimestamp))
            .BindTimestamp(5, UnixTime.Microseconds(row.LastSyncAt))
            .Bind(7, row.TotalRecords);
        _ = row.LastKrakenSince is { } since ? write.Bind(6, since) : write.BindNull(6);
        write.Execute();
    }

    // Only the ranges that differ: a collector extends one of many. A broken file brings thousands at once; then all are written anew.
    private static void WriteCoverage(DuckDbSession session, string symbol, string dataType, CoverageSet before, CoverageSet after)
    {
        var kept = before.ToHashSet();
        kept.IntersectWith(after);
        if (after.Count - kept.Count > DifferingRangesMax)
        {
            RewriteCoverage(session, symbol, dataType, after);
            return;
        }

        var added = after.Where(range => !kept.Contains(range)).ToList();
        var gone = before.Where(range => !kept.Contains(range)).Select(range => range.Range.StartMicroseconds).ToHashSet();
        var grown = added.Where(range => gone.Remove(range.Range.StartMicroseconds)).ToHashSet();
        foreach (var start in gone)
        {
            session.Prepare("DELETE FROM data_coverage WHERE symbol = $1 AND data_type = $2 AND start_time = $3")
                .Bind(1, symbol).Bind(2, dataType).BindTimestamp(3, start).Execute();
        }

        foreach (var range in added)
        {
            var write = session.Prepare(grown.Contains(range) ? UpdateCoverage : InsertCoverage)
                .Bind(1, symbol)
                .Bind(2, dataType)
                .BindTimestamp(3, range.Range.StartMicroseconds)
                .BindTimestamp(4, range.Range.EndMicroseconds)
                .Bind(5, (int)range.Source)
                .Bind(6, (int)range.Grade);
            BindOptional(write, 7, range.FirstTradeId);
            BindOptional(write, 8, range.LastTradeId);
            write.Execute();
        }
    }

    private static void RewriteCoverage(DuckDbSession session, string symbol, string dataType, CoverageSet after)
    {
        session.Prepare("DELETE FROM data_coverage WHERE symbol = $1 AND data_type = $2").Bind(1, symbol).Bind(2, dataType).Execute();
        using var appender = session.Connection.CreateAppender("data_coverage");
        for (var start = 0; start < after.Count; start += appender.Capacity)
        {
            var rows = Math.Min(appender.Capacity, after.Count - start);
            appender.FillString(0, symbol);
            appender.FillString(1, dataType);
            for (var row = 0; row < rows; row++)
            {
                var range = after[start + row];
                appender.Int64(2)[row] = range.Range.StartMicroseconds;
                appender.Int64(3)[row] = range.Range.EndMicroseconds;
                appender.UInt8(4)[row] = (byte)range.Source;
                appender.UInt8(5)[row] = (byte)range.Grade;
                Append(appender, 6, row, range.FirstTradeId);
                Append(appender, 7, row, range.LastTradeId);
            }

            appender.Append(rows);
        }

        appender.Close();
    }

    private static void Append(DuckDbAppender appender, int column, int row, long? value)
    {
        if (value is { } known)
        {
            appender.Int64(column)[row] = known;
        }
        else
        {
            appender.SetNull(column, row);
        }
    }

    private static void BindOptional(DuckDbStatement statement, int index, long? value) =>
        _ = value is { } known ? statement.Bind(index, known) : statement.BindNull(index);
}
