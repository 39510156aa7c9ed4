namespace KrakenDb.DuckDb;

/// <summary>The tables as rows of texts.</summary>
internal sealed partial class DuckDbMarketStore : ITableStore
{
    Task<string> ITableStore.GetIdentityAsync(CancellationToken cancellationToken) => Task.FromResult($"duckdb:{_file.Path}");

    Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ITableStore.GetTablesAsync(CancellationToken cancellationToken) => Readers.RunAsync(TableRows.Tables, cancellationToken);

    Task<IReadOnlyList<string?[]>> ITableStore.ReadRowsAsync(StoreTable table, string[]? after, int limit, CancellationToken cancellationToken) =>
        Readers.RunAsync(session => TableRows.Read(session, table, after, limit), cancellationToken);

    Task ITableStore.WriteRowsAsync(StoreTable table, IReadOnlyList<string?[]> rows, bool replaces, ImportCursor? cursor, CancellationToken cancellationToken) => Writer.RunAsync(
        session =>
        {
            InTransaction(
                session,
                () =>
                {
                    if (rows.Count > 0)
                    {
                        TableRows.Write(session, table, rows, replaces);
                    }

                    if (cursor is not null)
                    {
                        LedgerTables.WriteCursor(session, cursor);
                    }

                    return rows.Count;
                },
                cancellationToken);

            // The rows may be those that the ledgers were read from.
            _file.Ledgers.Forget();
            return rows.Count;
        },
        cancellationToken);

    Task ITableStore.DeleteCursorsAsync(string prefix, CancellationToken cancellationToken) => Writer.RunAsync(
        session => InTransaction(session, () => session.Prepare("DELETE FROM import_cursors WHERE starts_with(file, $1)").Bind(1, prefix).Execute(), cancellationToken),
        cancellationToken);
}
