using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The tables as rows of texts.</summary>
internal sealed partial class TimescaleMarketStore : ITableStore
{
    Task<string> ITableStore.GetIdentityAsync(CancellationToken cancellationToken) =>
        RunAsync(connection => TableRows.IdentityAsync(connection, _settings, cancellationToken), cancellationToken);

    Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ITableStore.GetTablesAsync(CancellationToken cancellationToken) =>
        RunAsync(connection => TableRows.TablesAsync(connection, cancellationToken), cancellationToken);

    Task<IReadOnlyList<string?[]>> ITableStore.ReadRowsAsync(StoreTable table, string[]? after, int limit, CancellationToken cancellationToken) =>
        RunAsync(connection => TableRows.ReadAsync(connection, table, after, limit, cancellationToken), cancellationToken);

    Task ITableStore.WriteRowsAsync(StoreTable table, IReadOnlyList<string?[]> rows, bool replaces, ImportCursor? cursor, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                if (rows.Count > 0)
                {
                    await TableRows.WriteAsync(connection, table, rows, replaces, cancellationToken).ConfigureAwait(false);
                }

                if (cursor is not null)
                {
                    await LedgerTables.WriteCursorAsync(connection, cursor, cancellationToken).ConfigureAwait(false);
                }

                // What runs twice has the same effect: safe to repeat on a fresh connection.
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                return rows.Count;
            }
        },
        cancellationToken);

    Task ITableStore.DeleteCursorsAsync(string prefix, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            var command = new NpgsqlCommand("DELETE FROM import_cursors WHERE starts_with(file, $1)", connection) { Parameters = { new() { Value = prefix } } };
            await using (command.ConfigureAwait(false))
            {
                return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        },
        cancellationToken);
}
