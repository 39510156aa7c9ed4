using System.Globalization;
using System.Reflection;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>Brings a file to this program's schema: numbered scripts, each in a transaction of its own with its row of <c>schema_version</c>.</summary>
internal static class SchemaMigrations
{
    private static readonly (int Version, string Resource)[] Scripts = [.. FindScripts()];

    public static int Latest => Scripts[^1].Version;

    /// <exception cref="MarketStoreException">The file was written by a newer version of this program.</exception>
    public static void Apply(DuckDbConnection connection, string path, DateTimeOffset now)
    {
        var present = Present(connection, path);
        if (present > Latest)
        {
            throw new MarketStoreException($"{path} has schema version {present}, written by a newer kraken-db; this program knows up to {Latest}. Update the program; the file was not changed.");
        }

        foreach (var (version, resource) in Scripts.Where(script => script.Version > present))
        {
            connection.Execute("BEGIN");
            try
            {
                connection.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, applied_at TIMESTAMP NOT NULL)");
                connection.Execute(Read(resource));
                connection.Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO schema_version VALUES ({version}, make_timestamp({UnixTime.Microseconds(now)}))"));
                connection.Execute("COMMIT");
            }
            catch
            {
                connection.Execute("ROLLBACK");
                throw;
            }
        }
    }

    // Looks before it writes: a database of something else is not ours to add tables to.
    private static int Present(DuckDbConnection connection, string path)
    {
        using (var tables = connection.Query("SELECT count(*), count(*) FILTER (WHERE table_name = 'schema_version') FROM duckdb_tables() WHERE database_name = current_database()"))
        {
            var counts = tables.FetchChunk()!;
            if (counts.Int64(1)[0] == 0)
            {
                return counts.Int64(0)[0] == 0
                    ? 0
                    : throw new MarketStoreException($"{path} is a DuckDB file that kraken-db did not make, and was left as it is. Name another file with --db-url.");
            }
        }

        using var result = connection.Query("SELECT coalesce(max(version), 0)::INTEGER FROM schema_version");
        return result.FetchChunk() is { } chunk ? chunk.Int32(0)[0] : 0;
    }

    private static IEnumerable<(int Version, string Resource)> FindScripts() =>
        from resource in typeof(SchemaMigrations).Assembly.GetManifestResourceNames()
        where resource.EndsWith(".sql", StringComparison.Ordinal)
        let name = resource[(resource.LastIndexOf("Schema.", StringComparison.Ordinal) + "Schema.".Length)..]
        let version = int.Parse(name.AsSpan(name[0] == '_' ? 1 : 0, 4), NumberStyles.None, CultureInfo.InvariantCulture)
        orderby version
        select (version, resource);

    private static string Read(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
