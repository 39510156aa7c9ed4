namespace KrakenDb.DuckDb;

/// <summary>Backups of the embedded engine: files that are stores themselves, written by the engine and checked before they are given their name.</summary>
internal static class DuckDbBackup
{
    // The ledger and the rows, where they disagree.
    private const string Disagreements =
        """
        SELECT coalesce(ledger.symbol, stored.symbol), coalesce(ledger.data_type, stored.data_type), coalesce(ledger.total_records, 0)::BIGINT, coalesce(stored.total, 0)::BIGINT
        FROM data_sync_status AS ledger FULL JOIN (
            SELECT symbol, 'candles_' || interval_minutes || 'm' AS data_type, count(*) AS total FROM candles GROUP BY ALL
            UNION ALL
            SELECT symbol, 'trades', count(*) FROM trades GROUP BY ALL
        ) AS stored ON ledger.symbol = stored.symbol AND ledger.data_type = stored.data_type
        WHERE ledger.total_records IS DISTINCT FROM stored.total
        ORDER BY ALL
        """;

    /// <summary>Writes a backup of one commit, while the store is used.</summary>
    /// <exception cref="MarketStoreException">No store, in use by another process, the file exists, no space; nothing is left under the file's name.</exception>
    public static async Task<BackupReport> CreateAsync(string store, string path, bool overwrites, DuckDbOptions options, CancellationToken cancellationToken)
    {
        options = options with { CreateIfMissing = false };
        var target = BackupFile.Target(path, overwrites);
        using var file = await Task.Run(() => DuckDbFile.Acquire(store, options), cancellationToken).ConfigureAwait(false);
        if (target == file.Path || target == file.Path + ".wal" || target == file.Path + ".owner")
        {
            throw new MarketStoreException($"{target} is the store itself. Name another file.");
        }

        var partial = BackupFile.Partial(target);
        try
        {
            await file.BackUpAsync(partial, cancellationToken).ConfigureAwait(false);
            var rows = await CheckAsync(partial, target, options, cancellationToken).ConfigureAwait(false);
            BackupFile.Finish(target);
            return new BackupReport(target, new FileInfo(target).Length, rows);
        }
        finally
        {
            Remove(partial);
        }
    }

    /// <summary>Puts a backup in a store's place, once a copy of it beside the store has opened and agreed with its ledger.</summary>
    /// <exception cref="MarketStoreException">No backup, a damaged one, a store is there and <paramref name="overwrites"/> is not given; the store is as it was.</exception>
    public static async Task<BackupReport> RestoreAsync(string store, string path, bool overwrites, DuckDbOptions options, CancellationToken cancellationToken)
    {
        options = options with { CreateIfMissing = false };
        var backup = Path.GetFullPath(path);
        if (!File.Exists(backup))
        {
            throw new MarketStoreException($"There is no backup {backup}. Name a file that kraken-db db backup wrote.");
        }

        if (new FileInfo(backup + ".wal") is { Exists: true, Length: > 0 })
        {
            throw new MarketStoreException($"{backup} has a log of its own beside it: it is a store, perhaps one in use, and not a backup. Make one: kraken-db db backup FILE --db-url {backup}");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(store))!);
        var target = BackupFile.Target(store, overwrites);
        if (target == backup)
        {
            throw new MarketStoreException($"{target} is the backup itself. Name the store with --db-url.");
        }

        using var owner = FileOwner.Take(target);
        var partial = BackupFile.Partial(target);
        try
        {
            await CopyAsync(backup, partial, cancellationToken).ConfigureAwait(false);
            var rows = await CheckAsync(partial, backup, options, cancellationToken).ConfigureAwait(false);

            // Before the move: a log of the store that was would be replayed into the one that comes.
            File.Delete(target + ".wal");
            BackupFile.Finish(target);
            return new BackupReport(backup, new FileInfo(backup).Length, rows);
        }
        finally
        {
            Remove(partial);
        }
    }

    private static async Task CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (source.ConfigureAwait(false))
        {
            var target = new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous);
            await using (target.ConfigureAwait(false))
            {
                await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<IReadOnlyList<(string Table, long Rows)>> CheckAsync(string partial, string shown, DuckDbOptions options, CancellationToken cancellationToken)
    {
        using var file = await Task.Run(() => DuckDbFile.Acquire(partial, options), cancellationToken).ConfigureAwait(false);
        var wrong = await file.Readers.RunAsync(
            session =>
            {
                var lines = new List<string>();
                using var result = session.Connection.Query(Disagreements);
                while (result.FetchChunk() is { } chunk)
                {
                    for (var row = 0; row < chunk.RowCount; row++)
                    {
                        lines.Add($"{chunk.GetString(0, row)} {chunk.GetString(1, row)}: the ledger says {chunk.Int64(2)[row]} rows, there are {chunk.Int64(3)[row]}");
                    }
                }

                return lines;
            },
            cancellationToken).ConfigureAwait(false);
        if (wrong.Count > 0)
        {
            throw new MarketStoreException($"{shown} is damaged and was not used. {string.Join("; ", wrong)}.");
        }

        return await file.Readers.RunAsync(
            session =>
            {
                var rows = new List<(string Table, long Rows)>();
                foreach (var table in TableRows.Tables(session).Keys.Order(StringComparer.Ordinal))
                {
                    using var result = session.Connection.Query($"SELECT count(*) FROM main.\"{table}\"");
                    rows.Add((table, result.FetchChunk()!.Int64(0)[0]));
                }

                return rows;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static void Remove(string partial)
    {
        File.Delete(partial);
        File.Delete(partial + ".wal");
        File.Delete(partial + ".owner");
    }
}
