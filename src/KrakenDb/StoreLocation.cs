using KrakenDb.Timescale;
using Npgsql;

namespace KrakenDb;

/// <summary>Where a store is: what <c>--db-url</c> and <c>DATABASE_URL</c> say, or the default file.</summary>
public sealed record StoreLocation
{
    private StoreLocation(string? filePath, NpgsqlConnectionStringBuilder? server)
    {
        FilePath = filePath;
        Server = server;
    }

    /// <summary>Full path of the embedded engine's file; null where the store is on a server.</summary>
    public string? FilePath { get; }

    /// <summary><c>postgresql://user@host:port/database</c>, without a password; null where the store is a file.</summary>
    public string? ServerUrl => Server is null ? null : PostgresUrl.Describe(Server);

    /// <summary>With the password: never shown.</summary>
    internal NpgsqlConnectionStringBuilder? Server { get; }

    /// <summary><c>kraken.duckdb</c> under <c>KRAKENDB_HOME</c>, or under the user's data folder.</summary>
    public static string DefaultFilePath => Path.Combine(
        Environment.GetEnvironmentVariable("KRAKENDB_HOME") is { Length: > 0 } home
            ? Path.GetFullPath(home)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "krakendb"),
        "kraken.duckdb");

    /// <param name="urlOrPath"><c>postgresql://user:password@host:port/database</c>, <c>duckdb:PATH</c> or a plain path; null or empty: <c>DATABASE_URL</c>, else <see cref="DefaultFilePath"/>.</param>
    /// <exception cref="MarketStoreException">No kind of store that there is, or a server's URL with an option or value that is not known.</exception>
    public static StoreLocation Parse(string? urlOrPath)
    {
        var origin = "the store";
        if (string.IsNullOrWhiteSpace(urlOrPath))
        {
            urlOrPath = Environment.GetEnvironmentVariable("DATABASE_URL");
            origin = "DATABASE_URL";
        }

        if (string.IsNullOrWhiteSpace(urlOrPath))
        {
            return new StoreLocation(DefaultFilePath, server: null);
        }

        if (urlOrPath.StartsWith("duckdb:", StringComparison.OrdinalIgnoreCase))
        {
            return new StoreLocation(Path.GetFullPath(urlOrPath["duckdb:".Length..]), server: null);
        }

        if (PostgresUrl.IsUrl(urlOrPath))
        {
            return new StoreLocation(filePath: null, PostgresUrl.Parse(urlOrPath, Environment.GetEnvironmentVariable));
        }

        // Two letters or more before "://": a drive letter is a path. The rest of the URL may hold a password and is not repeated.
        if (urlOrPath.IndexOf("://", StringComparison.Ordinal) is var end and >= 2)
        {
            throw new MarketStoreException($"{origin} names a store of kind '{urlOrPath[..end]}', which this version cannot open. Give a server (--db-url postgresql://user@host:port/database) or a file (--db-url duckdb:PATH), or unset DATABASE_URL.");
        }

        return new StoreLocation(Path.GetFullPath(urlOrPath), server: null);
    }
}
