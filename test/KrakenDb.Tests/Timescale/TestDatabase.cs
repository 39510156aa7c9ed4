using KrakenDb.Tests.House;
using KrakenDb.Timescale;
using Npgsql;

namespace KrakenDb.Tests.Timescale;

/// <summary>A database of one test class's own: on the run's private PostgreSQL, or on the TimescaleDB server that KRAKENDB_TEST_TIMESCALE_URL names.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly NpgsqlConnectionStringBuilder? _administration;

    private TestDatabase(string url, NpgsqlConnectionStringBuilder? administration)
    {
        Url = url;
        _administration = administration;
    }

    public string Url { get; }

    public NpgsqlConnectionStringBuilder Settings => PostgresUrl.Parse(Url, _ => null);

    /// <summary>Without TimescaleDB.</summary>
    public static async Task<TestDatabase> CreatePlainAsync() => new(await PostgresServer.Shared().CreateDatabaseAsync("plain"), administration: null);

    /// <summary>With TimescaleDB; skips or fails (part <c>timescale</c>) the running test where there is none.</summary>
    public static async Task<TestDatabase> CreateTimescaleAsync()
    {
        var url = RequireTimescale();
        var administration = PostgresUrl.Parse(url, Environment.GetEnvironmentVariable);
        var name = $"krakendb_test_{Guid.NewGuid():n}"[..30];
        await ExecuteAsync(administration, $"CREATE DATABASE {name}");
        var builder = new UriBuilder(url) { Path = name };
        return new TestDatabase(builder.Uri.ToString(), administration);
    }

    /// <summary>The server's URL; skips or fails (part <c>timescale</c>) the running test where there is none.</summary>
    public static string RequireTimescale()
    {
        var url = Environment.GetEnvironmentVariable("KRAKENDB_TEST_TIMESCALE_URL");
        Required.Part("timescale", !string.IsNullOrEmpty(url), "No TimescaleDB server: set KRAKENDB_TEST_TIMESCALE_URL to postgresql://user:password@host:port/postgres of one where databases may be created.");
        return url!;
    }

    public Task<IMarketStore> OpenAsync() => OpenWithAsync(new TimescaleOptions());

    public Task<IMarketStore> OpenAtAsync(TimeProvider clock) => OpenWithAsync(new TimescaleOptions { TimeProvider = clock });

    public async Task<IMarketStore> OpenWithAsync(TimescaleOptions options) => await TimescaleMarketStore.OpenAsync(Settings, options, default);

    public Task ExecuteAsync(string sql) => ExecuteAsync(Settings, sql);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Unpooled(Settings));
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task ExecuteAsync(NpgsqlConnectionStringBuilder settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(Unpooled(settings));
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // The private server goes as a whole.
        for (var attempt = 0; _administration is not null; attempt++)
        {
            try
            {
                await ExecuteAsync(_administration, $"DROP DATABASE IF EXISTS {Settings.Database} WITH (FORCE)");
                return;
            }
            catch (PostgresException) when (attempt < 20)
            {
                // A worker of TimescaleDB's scheduler, which only the administrator may end, is still in it.
                await Task.Delay(100);
            }
        }
    }

    private static NpgsqlConnectionStringBuilder Unpooled(NpgsqlConnectionStringBuilder settings) => new(settings.ConnectionString) { Pooling = false, MinPoolSize = 0 };
}
