using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>What this database can do: detected, not assumed.</summary>
internal sealed record ServerFeatures
{
    private const int OldestNumber = 150_000;

    private const string Query =
        """
        SELECT current_setting('server_version'),
               current_setting('server_version_num')::integer,
               (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
               (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
               current_setting('timescaledb.license', true),
               current_setting('timescaledb.disable_load', true) IS NOT NULL,
               current_setting('max_locks_per_transaction')::integer,
               current_database()
        """;

    public required string PostgresVersion { get; init; }

    public required int PostgresNumber { get; init; }

    /// <summary>The extension's version in this database; null where it was not created.</summary>
    public required string? TimescaleVersion { get; init; }

    /// <summary>The extension's version on the server's disk; null where it is not installed.</summary>
    public required string? AvailableTimescaleVersion { get; init; }

    /// <summary>Whether the server loads the extension's library at its start, without which it cannot be created.</summary>
    public required bool IsPreloaded { get; init; }

    /// <summary>The Community edition: compression, continuous aggregates, policies.</summary>
    public required bool IsCommunity { get; init; }

    public required int MaxLocksPerTransaction { get; init; }

    public required string Database { get; init; }

    public bool HasTimescale => TimescaleVersion is not null;

    /// <summary>Which of the scripts' variants fit, best first.</summary>
    public IReadOnlyList<string> Variants => (HasTimescale, IsCommunity) switch
    {
        (true, true) => ["community", "timescale", ""],
        (true, false) => ["timescale", "plain", ""],
        _ => ["plain", ""],
    };

    public static async Task<ServerFeatures> DetectAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Query, connection);
        await using (command.ConfigureAwait(false))
        {
            // The licence setting exists once the extension's library is loaded, which happens with the first look into the catalog.
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return new ServerFeatures
                {
                    PostgresVersion = reader.GetString(0).Split(' ')[0],
                    PostgresNumber = reader.GetInt32(1),
                    TimescaleVersion = Text(reader, 2),
                    AvailableTimescaleVersion = Text(reader, 3),
                    IsCommunity = string.Equals(Text(reader, 4), "timescale", StringComparison.Ordinal),
                    IsPreloaded = reader.GetBoolean(5),
                    MaxLocksPerTransaction = reader.GetInt32(6),
                    Database = reader.GetString(7),
                };
            }
        }
    }

    /// <exception cref="MarketStoreException">Older than PostgreSQL 15.</exception>
    public void RequireSupported(string location)
    {
        if (PostgresNumber < OldestNumber)
        {
            throw new MarketStoreException($"{location} is PostgreSQL {PostgresVersion}; 15 is the oldest that works. Update the server (pg_upgrade, or a dump into a newer one), or name another; nothing was changed.");
        }
    }

    /// <summary>What is on, and what is missing, why, and what that means; for <c>db status</c>.</summary>
    public IReadOnlyList<StoreFeature> Describe()
    {
        var why = (HasTimescale, AvailableTimescaleVersion) switch
        {
            (true, _) => "this TimescaleDB runs under the Apache licence, which leaves it out",
            (_, null) => "TimescaleDB is not installed on the server",
            _ when !IsPreloaded => $"TimescaleDB {AvailableTimescaleVersion} is installed but not loaded: add it to shared_preload_libraries, restart the server, then: kraken-db db init",
            _ => $"TimescaleDB {AvailableTimescaleVersion} is installed but not in this database: an administrator must run CREATE EXTENSION timescaledb; in {Database}, then: kraken-db db init",
        };
        var features = new List<StoreFeature>
        {
            new("hypertables", HasTimescale, HasTimescale ? "candles 28 days per chunk, trades 7" : $"{why}; candles and trades are ordinary tables"),
            new("compression", IsCommunity, IsCommunity ? "trades after 7 days, candles after 30" : $"{why}; rows take some ten times the space"),
            new("continuous aggregates", IsCommunity, IsCommunity ? "eight rollups, real-time" : $"{why}; rollups are computed when they are read"),
        };
        features.Add(new(
            "scheduled retention", IsCommunity, IsCommunity ? "policies of kraken-db db retention run once a day; none is set by itself" : $"{why}; policies are applied by kraken-db db retention run alone"));
        if (HasTimescale)
        {
            features.Add(new(
                "max_locks_per_transaction",
                MaxLocksPerTransaction >= 1024,
                MaxLocksPerTransaction >= 1024 ? $"{MaxLocksPerTransaction}" : $"{MaxLocksPerTransaction}: a query over years of chunks may fail with \"out of shared memory\"; set 1024 and restart the server"));
        }

        return features;
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
