namespace KrakenDb.DuckDb;

/// <summary>A copy of the open file without its dead space, rows in the order in which they are read: symbol, interval, time.</summary>
internal static class StoreCopy
{
    private static readonly string[] SmallTables = ["external_indicators", "data_sync_status", "data_coverage", "instruments", "import_cursors"];

    /// <param name="session">Of the file to copy.</param>
    /// <param name="target">An empty store.</param>
    public static void Write(DuckDbSession session, string target)
    {
        session.Connection.Execute($"ATTACH '{target.Replace("'", "''", StringComparison.Ordinal)}' AS compacted");

        // A table per transaction, a symbol and interval per statement: each sort is of rows that are nearly in order and fits in memory.
        foreach (var table in SmallTables)
        {
            session.Connection.Execute($"INSERT INTO compacted.{table} SELECT * FROM main.{table}");
        }

        foreach (var (symbol, minutes) in CandleKeys(session))
        {
            using var insert = session.Connection.Prepare("INSERT INTO compacted.candles SELECT * FROM main.candles WHERE symbol = $1 AND interval_minutes = $2 ORDER BY timestamp");
            insert.Bind(1, symbol).Bind(2, minutes).Execute();
        }

        session.Connection.Execute("INSERT INTO compacted.trades SELECT * FROM main.trades ORDER BY symbol, id");
        session.Connection.Execute("CHECKPOINT compacted");
        session.Connection.Execute("DETACH compacted");
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
