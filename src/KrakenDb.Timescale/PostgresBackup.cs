using System.Globalization;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>
/// Backups of the server engine: pg_dump's custom format with a manifest beside it, restored with the steps that TimescaleDB needs (without them the hypertables lose
/// their primary keys) and compared with the manifest.
/// </summary>
internal static class PostgresBackup
{
    /// <exception cref="MarketStoreException">No server, no store, no pg_dump, the file exists; nothing is left under the file's name.</exception>
    public static async Task<BackupReport> CreateAsync(NpgsqlConnectionStringBuilder settings, string path, bool overwrites, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var target = BackupFile.Target(path, overwrites);
        var manifestPath = BackupManifest.PathOf(target);
        try
        {
            var manifest = await WithConnectionAsync(settings, connection => DumpAsync(connection, settings, target, timeProvider, cancellationToken), cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(BackupFile.Partial(manifestPath), manifest.ToText(), cancellationToken).ConfigureAwait(false);

            // The manifest first: a backup under its name has one.
            BackupFile.Finish(manifestPath);
            BackupFile.Finish(target);
            return Report(target, manifest);
        }
        finally
        {
            File.Delete(BackupFile.Partial(target));
            File.Delete(BackupFile.Partial(manifestPath));
        }
    }

    /// <summary>Restores into an empty database.</summary>
    /// <exception cref="MarketStoreException">No backup, a database with tables, the wrong TimescaleDB, no superuser, no pg_restore; or the restored database differs from the manifest.</exception>
    public static async Task<BackupReport> RestoreAsync(NpgsqlConnectionStringBuilder settings, string path, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var backup = Path.GetFullPath(path);
        if (!File.Exists(backup))
        {
            throw new MarketStoreException($"There is no backup {backup}. Name a file that kraken-db db backup wrote.");
        }

        var manifest = await BackupManifest.LoadAsync(backup, cancellationToken).ConfigureAwait(false);
        var features = await WithConnectionAsync(settings, connection => PrepareAsync(connection, settings, manifest, cancellationToken), cancellationToken).ConfigureAwait(false);
        var program = await PostgresTool.FindAsync("pg_restore", features.PostgresNumber / 10_000, cancellationToken).ConfigureAwait(false);
        if (manifest.TimescaleVersion is null)
        {
            await PostgresTool.RunAsync(
                program, settings, cancellationToken, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", PostgresTool.DatabaseArgument(settings), backup).ConfigureAwait(false);
        }
        else
        {
            await RestoreTimescaleAsync(program, settings, manifest, backup, cancellationToken).ConfigureAwait(false);
        }

        var restored = await WithConnectionAsync(
            settings,
            async connection =>
            {
                await ExecuteAsync(connection, "ANALYZE", cancellationToken).ConfigureAwait(false);
                return await BackupManifest.ReadAsync(connection, await ServerFeatures.DetectAsync(connection, cancellationToken).ConfigureAwait(false), timeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        var differences = manifest.Differences(restored).ToList();
        return differences.Count == 0
            ? Report(backup, manifest)
            : throw new MarketStoreException($"{PostgresUrl.Describe(settings)} was restored and differs from what was backed up: {string.Join("; ", differences)}. Do not use it; drop the database and restore again.");
    }

    private static async Task<BackupManifest> DumpAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, string target, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var features = await ServerFeatures.DetectAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!await SchemaMigrations.ExistsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            throw new MarketStoreException($"no store at {PostgresUrl.Describe(settings)}: the database has no tables of kraken-db.");
        }

        var program = await PostgresTool.FindAsync("pg_dump", features.PostgresNumber / 10_000, cancellationToken).ConfigureAwait(false);

        // What is counted and what is dumped are one snapshot, whatever is written meanwhile.
        var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var exporting = new NpgsqlCommand("SELECT pg_export_snapshot()", connection);
            await using (exporting.ConfigureAwait(false))
            {
                var snapshot = (string)(await exporting.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
                var manifest = await BackupManifest.ReadAsync(connection, features, timeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
                await PostgresTool.RunAsync(
                    program,
                    settings,
                    cancellationToken,
                    "--format=custom",
                    "--no-owner",
                    "--no-privileges",
                    $"--snapshot={snapshot}",
                    $"--file={BackupFile.Partial(target)}",
                    PostgresTool.DatabaseArgument(settings)).ConfigureAwait(false);
                return manifest;
            }
        }
    }

    private static async Task<ServerFeatures> PrepareAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var location = PostgresUrl.Describe(settings);
        var features = await ServerFeatures.DetectAsync(connection, cancellationToken).ConfigureAwait(false);
        features.RequireSupported(location);
        var present = (await TableRows.TablesAsync(connection, cancellationToken).ConfigureAwait(false)).Keys.Order(StringComparer.Ordinal).ToList();
        if (present.Count > 0)
        {
            throw new MarketStoreException($"{location} is not empty (tables {string.Join(", ", present.Take(5))}{(present.Count > 5 ? ", …" : "")}) and was left as it is. A backup is restored into an empty database: create one (createdb NAME) and name it with --db-url.");
        }

        // pg_dump writes for servers of its own version and newer ones.
        if (MajorOf(manifest.PostgresVersion) is var major && major > features.PostgresNumber / 10_000)
        {
            throw new MarketStoreException($"The backup was made of PostgreSQL {manifest.PostgresVersion}, and {location} is {features.PostgresVersion}: a backup is restored into its own version or a newer one. Restore into PostgreSQL {major}, or move the data with kraken-db copy.");
        }

        if (manifest.TimescaleVersion is not { } version)
        {
            return features;
        }

        if ((features.TimescaleVersion ?? features.AvailableTimescaleVersion) is not { } available)
        {
            throw new MarketStoreException($"The backup was made with TimescaleDB {version}, and {location} has none. Install that version there, or move the data with kraken-db copy.");
        }

        if (available != version || !features.IsPreloaded)
        {
            throw new MarketStoreException($"The backup was made with TimescaleDB {version}; {location} has {available}{(features.IsPreloaded ? "" : ", not loaded: add it to shared_preload_libraries")}. TimescaleDB restores only into its own version: install {version}, restore, then ALTER EXTENSION timescaledb UPDATE.");
        }

        if (await ScalarAsync(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user", cancellationToken).ConfigureAwait(false) is not true)
        {
            throw new MarketStoreException($"{location}: TimescaleDB's catalog can be restored by a superuser only, and {settings.Username} is none. Use the server's administrator (postgresql://postgres@…).");
        }

        return features;
    }

    private static async Task RestoreTimescaleAsync(string program, NpgsqlConnectionStringBuilder settings, BackupManifest manifest, string backup, CancellationToken cancellationToken)
    {
        // The extension is created by the first command of a session.
        await WithConnectionAsync(settings, connection => ExecuteAsync(connection, $"CREATE EXTENSION IF NOT EXISTS timescaledb VERSION '{manifest.TimescaleVersion}'", cancellationToken), cancellationToken).ConfigureAwait(false);
        await WithConnectionAsync(settings, connection => ExecuteAsync(connection, "SELECT timescaledb_pre_restore()", cancellationToken), cancellationToken).ConfigureAwait(false);
        try
        {
            await PostgresTool.RunAsync(program, settings, cancellationToken, "--exit-on-error", "--no-owner", "--no-privileges", PostgresTool.DatabaseArgument(settings), backup).ConfigureAwait(false);
        }
        catch (MarketStoreException exception)
        {
            throw new MarketStoreException($"{exception.Message} The database is half restored: drop it and restore into an empty one.", exception);
        }
        finally
        {
            await WithConnectionAsync(settings, connection => ExecuteAsync(connection, "SELECT timescaledb_post_restore()", CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static int MajorOf(string version) => int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    private static BackupReport Report(string file, BackupManifest manifest) =>
        new(file, new FileInfo(file).Length, [.. manifest.Tables.Concat(manifest.ContinuousAggregates).Select(entry => (entry.Key, entry.Value))]);

    // A connection per step: what TimescaleDB loads depends on when its session began.
    private static async Task<T> WithConnectionAsync<T>(NpgsqlConnectionStringBuilder settings, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, MinPoolSize = 0 }.ConnectionString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                return await work(connection).ConfigureAwait(false);
            }
        }
        catch (NpgsqlException exception)
        {
            throw PostgresFailure.Explain(settings, exception);
        }
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
