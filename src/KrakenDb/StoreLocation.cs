using System.Buffers;
using KrakenDb.Timescale;
using Npgsql;

namespace KrakenDb;

/// <summary>Where a store is: what <c>--db-url</c> and <c>DATABASE_URL</c> say, or the default file.</summary>
public sealed record StoreLocation
{
    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    private StoreLocation(string? filePath, NpgsqlConnectionStringBuilder? server, Uri? endpoint = null)
    {
        FilePath = filePath;
        Server = server;
        Endpoint = endpoint;
    }

    /// <summary>Full path of the embedded engine's file; null where the store is on a server or asked of its owner.</summary>
    public string? FilePath { get; }

    /// <summary><c>postgresql://user@host:port/database</c>, without a password; null where the store is on none.</summary>
    public string? ServerUrl => Server is null ? null : PostgresUrl.Describe(Server);

    /// <summary>Where a running owner of a store answers (<c>kraken-db serve</c>); null where the store is opened directly.</summary>
    public Uri? Endpoint { get; }

    /// <summary>With the password: never shown.</summary>
    internal NpgsqlConnectionStringBuilder? Server { get; }

    /// <summary><c>kraken.duckdb</c> under <c>KRAKENDB_HOME</c>, or under the user's data folder.</summary>
    public static string DefaultFilePath => Path.Combine(DataFolder, "kraken.duckdb");

    /// <summary><c>KRAKENDB_HOME</c>, or a folder of our own in the user's data folder.</summary>
    internal static string DataFolder => Environment.GetEnvironmentVariable("KRAKENDB_HOME") is { Length: > 0 } home
        ? Path.GetFullPath(home)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "krakendb");

    /// <param name="urlOrPath"><c>postgresql://user:password@host:port/database</c>, <c>duckdb:PATH</c>, a plain path, or a running owner's <c>http://127.0.0.1:PORT</c>; null or empty: <c>DATABASE_URL</c>, else <see cref="DefaultFilePath"/>.</param>
    /// <exception cref="MarketStoreException">No kind of store that there is, or a server's URL with an option or value that is not known.</exception>
    public static StoreLocation Parse(string? urlOrPath)
    {
        var origin = "the store's URL";
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

        if (urlOrPath.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            return Uri.TryCreate(urlOrPath, UriKind.Absolute, out var endpoint) && endpoint is { UserInfo: "", PathAndQuery: "/", Fragment: "" }
                ? new StoreLocation(filePath: null, server: null, endpoint)
                : throw new MarketStoreException($"{origin} names no owner's address. Give it as kraken-db serve prints it: http://127.0.0.1:PORT");
        }

        // Two letters or more before a colon: a drive letter is a path. The rest of the URL may hold a password and is not repeated.
        if (urlOrPath.IndexOf(':', StringComparison.Ordinal) is var end and >= 2 && urlOrPath.AsSpan(0, end).IndexOfAnyExcept(SchemeCharacters) < 0)
        {
            throw new MarketStoreException($"{origin} names a store of kind '{urlOrPath[..end]}', which this version cannot open. Give a server (--db-url postgresql://user@host:port/database), a file (--db-url duckdb:PATH) or a running owner (--db-url http://127.0.0.1:PORT), or unset DATABASE_URL.");
        }

        return new StoreLocation(Path.GetFullPath(urlOrPath), server: null);
    }
}
