using KrakenDb.Timescale;
using Npgsql;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

public sealed class PostgresUrlTests
{
    [Fact]
    public void Every_part_of_a_url_is_read()
    {
        var settings = Parse("postgres://a%40b:p%3As%2Fs@db.example:6543/my%20market?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=3&application_name=x");

        settings.Username.ShouldBe("a@b");
        settings.Password.ShouldBe("p:s/s");
        settings.Host.ShouldBe("db.example");
        settings.Port.ShouldBe(6543);
        settings.Database.ShouldBe("my market");
        settings.SslMode.ShouldBe(SslMode.VerifyFull);
        settings.RootCertificate.ShouldBe("/etc/ca.pem");
        settings.Timeout.ShouldBe(3);
        settings.ApplicationName.ShouldBe("x");
    }

    [Fact]
    public void What_a_url_leaves_out_comes_from_the_environment()
    {
        var settings = Parse("postgresql:///", ("PGHOST", "server"), ("PGPORT", "1234"), ("PGUSER", "me"), ("PGDATABASE", "market"), ("PGPASSWORD", "second"), ("DB_PASSWORD", "first"), ("PGSSLMODE", "require"));

        settings.Host.ShouldBe("server");
        settings.Port.ShouldBe(1234);
        settings.Username.ShouldBe("me");
        settings.Database.ShouldBe("market");
        settings.Password.ShouldBe("first");
        settings.SslMode.ShouldBe(SslMode.Require);
        Parse("postgresql://u@h/d", ("PGPASSWORD", "second")).Password.ShouldBe("second");
        Parse("postgresql://u:own@h/d", ("DB_PASSWORD", "first")).Password.ShouldBe("own");
    }

    [Theory]
    [InlineData("postgresql://u@[::1]:5433/d", "::1", 5433)]
    [InlineData("postgresql://h", "h", 5432)]
    [InlineData("postgresql://u:with@sign@h:1/d", "h", 1)]
    public void Hosts_of_every_spelling_are_read(string url, string host, int port)
    {
        var settings = Parse(url);

        settings.Host.ShouldBe(host);
        settings.Port.ShouldBe(port);
    }

    [Theory]
    [InlineData("postgresql://u:secret@h/d?sslmod=require", "sslmod")]
    [InlineData("postgresql://u:secret@h/d?sslmode=maybe", "maybe")]
    [InlineData("postgresql://u:secret@h:seven/d", "seven")]
    [InlineData("postgresql://u:secret@h:70000/d", "70000")]
    public void A_mistake_is_named_and_the_password_is_not(string url, string named)
    {
        var message = Should.Throw<MarketStoreException>(() => Parse(url)).Message;

        message.ShouldContain(named);
        message.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("mysql://u:secret@h/d", "'mysql'")]
    [InlineData("postgresq://u:secret@h/d", "'postgresq'")]
    [InlineData("sqlite:secret.db", "'sqlite'")]
    [InlineData("postgresql:secret", "'postgresql'")]
    public void A_scheme_that_is_not_known_is_named_and_opens_no_file(string url, string named)
    {
        var message = Should.Throw<MarketStoreException>(() => StoreLocation.Parse(url)).Message;

        message.ShouldContain($"names a store of kind {named}, which this version cannot open. Give a server (--db-url postgresql://");
        message.ShouldNotContain("secret");
    }

    [Fact]
    public void A_colon_in_a_path_is_no_scheme()
    {
        StoreLocation.Parse("./a:b.duckdb").FilePath.ShouldEndWith("a:b.duckdb");
        StoreLocation.Parse("duckdb:a:b.duckdb").FilePath.ShouldEndWith("a:b.duckdb");
        StoreLocation.Parse("c:kraken.duckdb").FilePath.ShouldEndWith("kraken.duckdb");
    }

    [Fact]
    public void A_location_is_shown_without_its_password()
    {
        PostgresUrl.Describe(Parse("postgresql://u:secret@h:1/d")).ShouldBe("postgresql://u@h:1/d");
        StoreLocation.Parse("postgresql://u:secret@h:1/d").ToString().ShouldNotContain("secret");
        StoreLocation.Parse("postgresql://u:secret@h:1/d").ServerUrl.ShouldBe("postgresql://u@h:1/d");
    }

    private static NpgsqlConnectionStringBuilder Parse(string url, params (string Name, string Value)[] environment) =>
        PostgresUrl.Parse(url, name => environment.FirstOrDefault(entry => entry.Name == name).Value);
}
