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
