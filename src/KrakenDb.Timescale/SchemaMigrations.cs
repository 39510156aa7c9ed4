using System.Globalization;
using System.Reflection;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>
/// Brings a database to this program's schema: numbered scripts, each in a transaction of its own with its row of <c>schema_version</c>. A script named
/// <c>0004_rollups.community.sql</c> is for servers of that kind; a database whose server has gained something since gets the better variant.
/// </summary>
internal static class SchemaMigrations
{
    // Two processes may begin at once: the second waits and finds everything done.
    private const string Lock = "SELECT pg_advisory_lock(20240604)";
    private const string Unlock = "SELECT pg_advisory_unlock(20240604)";

    private static readonly Script[] Scripts = [.. FindScripts()];

    public static int Latest => Scripts[^1].Version;

    /// <summary>Whether the program's tables are there.</summary>
    public static async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await ScalarAsync(connection, "SELECT to_regclass('schema_version') IS NOT NULL AND to_regclass('candles') IS NOT NULL", cancellationToken).ConfigureAwait(false) is true;

    /// <exception cref="MarketStoreException">The schema was written by a newer version of this program.</exception>
    public static async Task RequireKnownAsync(NpgsqlConnection connection, string location, CancellationToken cancellationToken) =>
        RequireKnown(await AppliedAsync(connection, cancellationToken).ConfigureAwait(false), location);

    /// <exception cref="MarketStoreException">The schema was written by a newer version of this program.</exception>
    public static async Task ApplyAsync(NpgsqlConnection connection, ServerFeatures features, string location, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if ((await DueAsync(connection, features, location, cancellationToken).ConfigureAwait(false)).Count == 0)
        {
            return;
        }

        await ScalarAsync(connection, Lock, cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var script in await DueAsync(connection, features, location, cancellationToken).ConfigureAwait(false))
            {
                await RunAsync(connection, script, now, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (connection.FullState == System.Data.ConnectionState.Open)
            {
                await ScalarAsync(connection, Unlock, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, Script script, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, variant TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (version, variant))", cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, script.Read(), cancellationToken).ConfigureAwait(false);
            var command = new NpgsqlCommand("INSERT INTO schema_version (version, variant, applied_at) VALUES ($1, $2, $3)", connection)
            {
                Parameters = { new() { Value = script.Version }, new() { Value = script.Variant }, new() { Value = now.ToUniversalTime() } },
            };
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<List<Script>> DueAsync(NpgsqlConnection connection, ServerFeatures features, string location, CancellationToken cancellationToken)
    {
        var applied = await AppliedAsync(connection, cancellationToken).ConfigureAwait(false);
        RequireKnown(applied, location);

        // Within a version the best variant that the server can run; one that was there before a better one is never run again.
        return
        [
            .. Scripts.GroupBy(script => script.Version)
                .Select(group => features.Variants.Select(variant => group.FirstOrDefault(script => script.Variant == variant)).FirstOrDefault(script => script is not null))
                .OfType<Script>()
                .Where(script => !applied.Contains((script.Version, script.Variant)) && !(script.Variant is "plain" && applied.Contains((script.Version, "community")))),
        ];
    }

    private static void RequireKnown(HashSet<(int Version, string Variant)> applied, string location)
    {
        if (applied.Count > 0 && applied.Max(row => row.Version) is var present && present > Latest)
        {
            throw new MarketStoreException(string.Create(
                CultureInfo.InvariantCulture,
                $"{location} has schema version {present}, written by a newer kraken-db; this program knows up to {Latest}. Update the program; the database was not changed."));
        }
    }

    private static async Task<HashSet<(int Version, string Variant)>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new HashSet<(int Version, string Variant)>();
        if (await ScalarAsync(connection, "SELECT to_regclass('schema_version') IS NOT NULL", cancellationToken).ConfigureAwait(false) is not true)
        {
            return applied;
        }

        var command = new NpgsqlCommand("SELECT version, variant FROM schema_version", connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    applied.Add((reader.GetInt32(0), reader.GetString(1)));
                }
            }
        }

        return applied;
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A table that exists becomes a hypertable by moving its rows, which takes as long as it takes.
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<Script> FindScripts() =>
        from resource in typeof(SchemaMigrations).Assembly.GetManifestResourceNames()
        where resource.StartsWith("Schema/", StringComparison.Ordinal)
        let parts = resource["Schema/".Length..].Split('.')
        let version = int.Parse(parts[0].AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture)
        orderby version
        select new Script(version, parts.Length == 3 ? parts[1] : "", resource);

    private sealed record Script(int Version, string Variant, string Resource)
    {
        public string Read()
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
