using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>What a database held when it was backed up; written beside the backup as JSON and compared after a restore.</summary>
internal sealed record BackupManifest
{
    private const string TablesOf =
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') ORDER BY c.relname COLLATE \"C\"";

    private const string PrimaryKeysOf =
        """
        SELECT c.relname || ' (' || string_agg(a.attname, ', ' ORDER BY k.position) || ')'
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE i.indisprimary AND n.nspname = current_schema() AND c.relkind IN ('r', 'p')
        GROUP BY c.relname ORDER BY c.relname COLLATE "C"
        """;

    private const string HypertablesOf =
        """
        SELECT h.hypertable_name || ' by ' || d.column_name || ', ' || d.time_interval || CASE WHEN h.compression_enabled THEN ', compressed' ELSE '' END
        FROM timescaledb_information.hypertables h JOIN timescaledb_information.dimensions d USING (hypertable_schema, hypertable_name)
        WHERE h.hypertable_schema = current_schema() ORDER BY 1
        """;

    private const string AggregatesOf = "SELECT view_name::text FROM timescaledb_information.continuous_aggregates WHERE view_schema = current_schema() ORDER BY 1";

    private const string JobsOf = "SELECT proc_name || ' ' || hypertable_name FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL AND proc_name LIKE 'policy%' ORDER BY 1";

    public required string CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string PostgresVersion { get; init; }

    /// <summary>Null without TimescaleDB.</summary>
    public required string? TimescaleVersion { get; init; }

    public required bool IsCommunity { get; init; }

    public required int SchemaVersion { get; init; }

    /// <summary>Rows of each table.</summary>
    public required SortedDictionary<string, long> Tables { get; init; }

    public required IReadOnlyList<string> PrimaryKeys { get; init; }

    public required IReadOnlyList<string> Hypertables { get; init; }

    /// <summary>Rows of each continuous aggregate, what it holds beyond its minutes included.</summary>
    public required SortedDictionary<string, long> ContinuousAggregates { get; init; }

    public required IReadOnlyList<string> Policies { get; init; }

    public static string PathOf(string backup) => backup + ".manifest.json";

    /// <summary>In the snapshot of the connection's transaction where it has one.</summary>
    public static async Task<BackupManifest> ReadAsync(NpgsqlConnection connection, ServerFeatures features, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var aggregates = features is { HasTimescale: true, IsCommunity: true } ? await NamesAsync(connection, AggregatesOf, cancellationToken).ConfigureAwait(false) : [];
        return new BackupManifest
        {
            CreatedBy = "kraken-db",
            CreatedAt = now,
            PostgresVersion = features.PostgresVersion,
            TimescaleVersion = features.TimescaleVersion,
            IsCommunity = features.IsCommunity,
            SchemaVersion = SchemaMigrations.Latest,
            Tables = await CountAsync(connection, await NamesAsync(connection, TablesOf, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false),
            PrimaryKeys = await NamesAsync(connection, PrimaryKeysOf, cancellationToken).ConfigureAwait(false),
            Hypertables = features.HasTimescale ? await NamesAsync(connection, HypertablesOf, cancellationToken).ConfigureAwait(false) : [],
            ContinuousAggregates = await CountAsync(connection, aggregates, cancellationToken).ConfigureAwait(false),
            Policies = features is { HasTimescale: true, IsCommunity: true } ? await NamesAsync(connection, JobsOf, cancellationToken).ConfigureAwait(false) : [],
        };
    }

    /// <exception cref="MarketStoreException">There is none, or it cannot be read.</exception>
    public static async Task<BackupManifest> LoadAsync(string backup, CancellationToken cancellationToken)
    {
        var path = PathOf(backup);
        if (!File.Exists(path))
        {
            throw new MarketStoreException($"{path} is missing: db backup writes it beside {backup}, and without it nothing can be checked after the restore. Put both files into one folder.");
        }

        try
        {
            return JsonSerializer.Deserialize(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false), BackupManifestJson.Default.BackupManifest)!;
        }
        catch (JsonException exception)
        {
            throw new MarketStoreException($"{path} is not a manifest of a backup: {exception.Message}", exception);
        }
    }

    public string ToText() => JsonSerializer.Serialize(this, BackupManifestJson.Default.BackupManifest);

    /// <summary>What a restored database has otherwise than the one that was backed up.</summary>
    public IEnumerable<string> Differences(BackupManifest restored) =>
    [
        .. Counted("table", Tables, restored.Tables),
        .. Listed("primary key", PrimaryKeys, restored.PrimaryKeys),
        .. Listed("hypertable", Hypertables, restored.Hypertables),
        .. Counted("continuous aggregate", ContinuousAggregates, restored.ContinuousAggregates),
        .. Listed("policy", Policies, restored.Policies),
    ];

    private static IEnumerable<string> Counted(string what, SortedDictionary<string, long> before, SortedDictionary<string, long> after) =>
        from name in before.Keys.Union(after.Keys, StringComparer.Ordinal)
        let left = before.TryGetValue(name, out var rows) ? rows : (long?)null
        let right = after.TryGetValue(name, out var rows) ? rows : (long?)null
        where left != right
        select string.Create(CultureInfo.InvariantCulture, $"{what} {name}: {Rows(left)} in the backup, {Rows(right)} restored");

    private static string Rows(long? rows) => rows is { } count ? string.Create(CultureInfo.InvariantCulture, $"{count} rows") : "missing";

    private static IEnumerable<string> Listed(string what, IReadOnlyList<string> before, IReadOnlyList<string> after) =>
        before.Except(after, StringComparer.Ordinal).Select(name => $"{what} {name}: not restored").Concat(after.Except(before, StringComparer.Ordinal).Select(name => $"{what} {name}: not in the backup"));

    private static async Task<SortedDictionary<string, long>> CountAsync(NpgsqlConnection connection, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var command = new NpgsqlCommand($"SELECT count(*) FROM \"{name}\"", connection) { CommandTimeout = 0 };
            await using (command.ConfigureAwait(false))
            {
                counts[name] = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            }
        }

        return counts;
    }

    private static async Task<List<string>> NamesAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    names.Add(reader.GetString(0));
                }
            }
        }

        return names;
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupManifestJson : JsonSerializerContext;
