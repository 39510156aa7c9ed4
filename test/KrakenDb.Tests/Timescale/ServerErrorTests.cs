using KrakenDb.Tests.Cli;
using KrakenDb.Tests.DuckDb;
using KrakenDb.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>What a person reads when the server cannot be used.</summary>
public sealed class ServerErrorTests
{
    [Theory]
    [InlineData("postgresql://kraken:secret@no.such.host.invalid/d", "there is no host 'no.such.host.invalid'")]
    [InlineData("postgresql://kraken:secret@127.0.0.1:1/d", "nothing listens there")]
    public async Task A_server_that_is_not_there_is_named(string url, string expected) => (await FailAsync(url)).ShouldContain(expected);

    [Fact]
    public async Task A_wrong_password_says_where_it_came_from()
    {
        var message = await FailAsync(PostgresServer.Shared().Url(password: "wrong"));

        message.ShouldContain("DB_PASSWORD");
        message.ShouldNotContain("wrong");
    }

    [Fact]
    public async Task A_missing_password_says_which_variable_to_set()
    {
        // The driver looks into the environment by itself.
        Environment.SetEnvironmentVariable("PGPASSWORD", null);

        (await FailAsync(PostgresServer.Shared().Url(password: null))).ShouldContain("Set DB_PASSWORD or PGPASSWORD");
    }

    [Fact]
    public async Task A_missing_database_comes_with_the_statement_that_creates_it() =>
        (await FailAsync(PostgresServer.Shared().Url("nowhere"))).ShouldContain("CREATE DATABASE \"nowhere\" OWNER \"kraken\"");

    [Fact]
    public async Task An_empty_database_is_no_store_until_it_is_initialized()
    {
        await using var database = await TestDatabase.CreatePlainAsync();

        var exception = await Should.ThrowAsync<MarketStoreException>(async () => await database.OpenWithAsync(new TimescaleOptions { CreateIfMissing = false }));

        exception.Message.ShouldContain("kraken-db db init");
    }

    [Fact]
    public async Task A_schema_of_a_newer_program_is_refused()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using (await database.OpenAsync())
        {
            await database.ExecuteAsync("INSERT INTO schema_version VALUES (9999, '', now())");
        }

        var exception = await Should.ThrowAsync<MarketStoreException>(async () => await database.OpenAsync());

        exception.Message.ShouldContain("9999");
        exception.Message.ShouldContain("Update the program");
    }

    [Fact]
    public void A_server_that_is_too_old_is_refused()
    {
        var features = new ServerFeatures
        {
            PostgresVersion = "14.23",
            PostgresNumber = 140_023,
            TimescaleVersion = null,
            AvailableTimescaleVersion = null,
            IsPreloaded = false,
            IsCommunity = false,
            MaxLocksPerTransaction = 64,
            Database = "d",
        };

        Should.Throw<MarketStoreException>(() => features.RequireSupported("postgresql://k@h:1/d")).Message.ShouldStartWith("postgresql://k@h:1/d is PostgreSQL 14.23; 15 is the oldest that works. Update the server");
        (features with { PostgresNumber = 150_000 }).RequireSupported("");
    }

    [Fact]
    public async Task A_user_without_rights_reads_what_an_administrator_must_run()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        var user = $"guest_{Guid.NewGuid():n}"[..20];
        await database.ExecuteAsync($"CREATE ROLE {user} LOGIN PASSWORD 'guest'");
        var settings = database.Settings;
        (settings.Username, settings.Password) = (user, "guest");

        var exception = await Should.ThrowAsync<MarketStoreException>(async () => await TimescaleMarketStore.OpenAsync(settings, new TimescaleOptions(), default));

        exception.Message.ShouldContain($"GRANT CREATE ON SCHEMA public TO \"{user}\"");
    }

    [Fact]
    public async Task A_user_who_may_only_read_reads_what_is_missing_and_then_reads()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        var user = $"reader_{Guid.NewGuid():n}"[..20];
        await database.ExecuteAsync($"CREATE ROLE {user} LOGIN PASSWORD 'reader'");
        var settings = database.Settings;
        (settings.Username, settings.Password) = (user, "reader");
        var options = new TimescaleOptions { CreateIfMissing = false };

        (await Should.ThrowAsync<MarketStoreException>(async () => await TimescaleMarketStore.OpenAsync(settings, options, default)))
            .Message.ShouldContain($"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \"{user}\"; (to read, SELECT is enough)");

        await database.ExecuteAsync($"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}");
        await using var store = await TimescaleMarketStore.OpenAsync(settings, options, default);
        (await store.GetSymbolsAsync()).ShouldBeEmpty();
        (await Should.ThrowAsync<MarketStoreException>(async () => await store.WriteAsync(0, 1))).Message.ShouldContain("permission denied");
    }

    [Fact]
    public async Task A_user_who_may_not_create_the_extension_gets_tables_and_the_statement_for_an_administrator()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        var user = $"guest_{Guid.NewGuid():n}"[..20];
        await database.ExecuteAsync("DROP EXTENSION IF EXISTS timescaledb");
        await database.ExecuteAsync($"CREATE ROLE {user} LOGIN PASSWORD 'guest'; GRANT CREATE ON SCHEMA public TO {user}");
        try
        {
            // A lock that nobody lets go is an error soon.
            var url = new UriBuilder(database.Url) { UserName = user, Password = "guest", Query = "lock_timeout=2s" }.Uri.ToString();
            var statement = $"an administrator must run CREATE EXTENSION timescaledb; in {database.Settings.Database}, then: kraken-db db init";

            var run = await ProgramRun.OnAsync(store: null, clock: null, "db", "init", "--db-url", url);

            run.ExitCode.ShouldBe(0, run.Error);
            run.Error.ShouldContain("Ready:");
            run.Error.ShouldContain(statement);
            (await ProgramRun.OnAsync(store: null, clock: null, "db", "status", "--db-url", url)).Output.ShouldContain(statement);

            // A newer schema is left alone by who has the right, too.
            await database.ExecuteAsync("INSERT INTO schema_version VALUES (9999, '', now())");
            (await ProgramRun.OnAsync(store: null, clock: null, "db", "init", "--db-url", database.Url)).Error.ShouldContain("the database was not changed");
            (await database.ScalarAsync<long>("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")).ShouldBe(0);
            await database.ExecuteAsync("DELETE FROM schema_version WHERE version = 9999");

            await database.ExecuteAsync("CREATE EXTENSION timescaledb");
            (await ProgramRun.OnAsync(store: null, clock: null, "db", "init", "--db-url", url)).ExitCode.ShouldBe(0);
            (await ProgramRun.OnAsync(store: null, clock: null, "db", "status", "--db-url", url)).Output.ShouldContain("on: eight rollups");
        }
        finally
        {
            await database.ExecuteAsync($"DROP OWNED BY {user} CASCADE; DROP ROLE {user}");
        }
    }

    [Fact]
    public async Task A_server_without_timescaledb_says_what_is_missing()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var store = await database.OpenAsync();

        var status = await store.GetStatusAsync();

        status.Engine.ShouldBe("PostgreSQL");
        status.Location.ShouldNotContain("secret");
        status.Features.ShouldAllBe(feature => !feature.IsOn);
        status.Features.Select(feature => feature.Name).ShouldBe(["hypertables", "compression", "continuous aggregates", "scheduled retention"]);
    }

    private static async Task<string> FailAsync(string url) =>
        (await Should.ThrowAsync<MarketStoreException>(async () => await TimescaleMarketStore.OpenAsync(PostgresUrl.Parse(url, _ => null), new TimescaleOptions(), default))).Message;
}
