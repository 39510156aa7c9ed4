using System.Globalization;

namespace KrakenDb.DuckDb;

/// <summary>A copy of the open file without its dead space, rows in the order in which they are read: symbol, interval, time.</summary>
internal static class FileCopy
{
    private const string TablesOf = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal AND database_name = ";
    private const string ViewsOf = "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal AND database_name = ";

    // Written by the migrations of the copy, or ordered below.
    private static readonly string[] NotCopiedWhole = ["main.schema_version", "main.candles", "main.trades"];

    /// <param name="session">Of the file to copy.</param>
    /// <param name="target">An empty store.</param>
    public static void Write(DuckDbSession session, string target)
    {
        session.Connection.Execute($"ATTACH '{target.Replace("'", "''", StringComparison.Ordinal)}' AS compacted");

        try
        {
            Fill(session);
            session.Connection.Execute("CHECKPOINT compacted");
        }
        catch
        {
            // Else it stays attached as long as the file is open, and the next copy fails for that.
            TryDetach(session);
            throw;
        }

        session.Connection.Execute("DETACH compacted");
    }

    private static void Fill(DuckDbSession session)
    {
        var tables = Names(session, TablesOf + "'compacted'");
        var foreign = Names(session, TablesOf + "current_database()").Except(tables, StringComparer.Ordinal)
            .Concat(Names(session, ViewsOf + "current_database()").Except(Names(session, ViewsOf + "'compacted'"), StringComparer.Ordinal))
            .ToList();
        if (foreign.Count > 0)
        {
            throw new MarketStoreException($"The store holds what kraken-db did not make and would lose: {string.Join(", ", foreign)}. Move it to a file of its own, then compact again.");
        }

        // A table per transaction, a symbol and interval per statement: each sort is of rows that are nearly in order and fits in memory.
        foreach (var table in tables.Except(NotCopiedWhole, StringComparer.Ordinal))
        {
            if (!BookTables.StoredColumns.TryGetValue(table, out var stored))
            {
                session.Connection.Execute($"INSERT INTO compacted.{table} SELECT * FROM {table}");
                continue;
            }

            // Ordered although rows lie so: what is copied as it lies ended up with a fifth of the file's blocks free.
            foreach (var id in Sessions(session, table))
            {
                session.Connection.Execute(string.Create(
                    CultureInfo.InvariantCulture, $"INSERT INTO compacted.{table} ({stored.Columns}) SELECT {stored.Columns} FROM {table} WHERE session_id = {id} ORDER BY {stored.Order}"));
            }
        }

        foreach (var (symbol, minutes) in CandleKeys(session))
        {
            using var insert = session.Connection.Prepare("INSERT INTO compacted.candles SELECT * FROM main.candles WHERE symbol = $1 AND interval_minutes = $2 ORDER BY timestamp");
            insert.Bind(1, symbol).Bind(2, minutes).Execute();
        }

        session.Connection.Execute("INSERT INTO compacted.trades SELECT * FROM main.trades ORDER BY symbol, id");
    }

    private static void TryDetach(DuckDbSession session)
    {
        try
        {
            session.Connection.Execute("DETACH compacted");
        }
        catch (Native.DuckDbException)
        {
            // What failed before says why.
        }
    }

    private static List<string> Names(DuckDbSession session, string sql)
    {
        var names = new List<string>();
        using var result = session.Connection.Query(sql);
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                names.Add(chunk.GetString(0, row));
            }
        }

        return names;
    }

    private static List<long> Sessions(DuckDbSession session, string table)
    {
        var ids = new List<long>();
        using var result = session.Connection.Query($"SELECT DISTINCT session_id FROM {table} ORDER BY session_id");
        while (result.FetchChunk() is { } chunk)
        {
            ids.AddRange(chunk.Int64(0));
        }

        return ids;
    }

    private static List<(string Symbol, int Minutes)> CandleKeys(DuckDbSession session)
    {
        var keys = new List<(string Symbol, int Minutes)>();
        using var result = session.Connection.Query("SELECT DISTINCT symbol, interval_minutes::INTEGER FROM candles ORDER BY ALL");
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                keys.Add((chunk.GetString(0, row), chunk.Int32(1)[row]));
            }
        }

        return keys;
    }
}
