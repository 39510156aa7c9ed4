namespace KrakenDb;

/// <summary>Where a store is: what <c>--db-url</c> and <c>DATABASE_URL</c> say, or the default file.</summary>
public sealed record StoreLocation
{
    private StoreLocation(string filePath) => FilePath = filePath;

    /// <summary>Full path of the embedded engine's file.</summary>
    public string FilePath { get; }

    /// <summary><c>kraken.duckdb</c> under <c>KRAKENDB_HOME</c>, or under the user's data folder.</summary>
    public static string DefaultFilePath => Path.Combine(
        Environment.GetEnvironmentVariable("KRAKENDB_HOME") is { Length: > 0 } home
            ? Path.GetFullPath(home)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "krakendb"),
        "kraken.duckdb");

    /// <param name="urlOrPath"><c>duckdb:PATH</c> or a plain path; null or empty: <c>DATABASE_URL</c>, else <see cref="DefaultFilePath"/>.</param>
    /// <exception cref="MarketStoreException">A kind of store that this version does not have.</exception>
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
            return new StoreLocation(DefaultFilePath);
        }

        if (urlOrPath.StartsWith("duckdb:", StringComparison.OrdinalIgnoreCase))
        {
            return new StoreLocation(Path.GetFullPath(urlOrPath["duckdb:".Length..]));
        }

        // Two letters or more before "://": a drive letter is a path. The rest of the URL may hold a password and is not repeated.
        if (urlOrPath.IndexOf("://", StringComparison.Ordinal) is var end and >= 2)
        {
            throw new MarketStoreException($"{origin} names a store of kind '{urlOrPath[..end]}', which this version cannot open. Give a file: --db-url duckdb:PATH, or unset DATABASE_URL.");
        }

        return new StoreLocation(Path.GetFullPath(urlOrPath));
    }
}
