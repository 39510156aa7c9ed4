using KrakenDb.DuckDb.Native;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb.Native;

public sealed class DuckDbErrorTests : IDisposable
{
    /// <summary>Runs for hours.</summary>
    private const string EndlessQuery = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3";

    private readonly DuckDbDatabase _database = InMemory.Open();
    private readonly DuckDbConnection _connection;

    public DuckDbErrorTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void A_failed_statement_carries_the_words_of_DuckDB()
    {
        var exception = Should.Throw<DuckDbException>(() => _connection.Execute("SELECT * FROM no_such_table"));

        exception.ErrorType.ShouldBe(DuckDbErrorType.Catalog);
        exception.Message.ShouldContain("no_such_table");
        exception.IsInterrupt.ShouldBeFalse();
    }

    [Fact]
    public void A_syntax_error_carries_its_place()
    {
        var exception = Should.Throw<DuckDbException>(() => _connection.Execute("SELEC 1"));

        exception.ErrorType.ShouldBeOneOf(DuckDbErrorType.Parser, DuckDbErrorType.Syntax);
        exception.Message.ShouldContain("SELEC 1");
    }

    [Fact]
    public void A_statement_that_cannot_be_prepared_says_why()
    {
        var exception = Should.Throw<DuckDbException>(() => _connection.Prepare("SELECT missing FROM range(1)"));

        exception.ErrorType.ShouldBe(DuckDbErrorType.Binder);
        exception.Message.ShouldContain("missing");
    }

    [Fact]
    public void A_parameter_that_does_not_exist_is_refused()
    {
        using var statement = _connection.Prepare("SELECT $1::BIGINT");

        Should.Throw<DuckDbException>(() => statement.Bind(2, 1L));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        var path = Path.Combine(Path.GetTempPath(), $"krakendb-{Guid.NewGuid():N}.duckdb");
        File.WriteAllText(path, new string('x', 100_000));
        try
        {
            var exception = Should.Throw<DuckDbException>(() => DuckDbDatabase.Open(path, new Dictionary<string, string>()));

            exception.ErrorType.ShouldBe(DuckDbErrorType.IO);
            exception.Message.ShouldContain("not a valid DuckDB database file");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("memory_limit", "lots")]
    [InlineData("no_such_setting", "1")]
    public void A_refused_setting_is_named(string name, string value)
    {
        var exception = Should.Throw<DuckDbException>(
            () => DuckDbDatabase.Open(":memory:", new Dictionary<string, string> { [name] = value }));

        exception.Message.ShouldContain(name);
    }

    [Fact]
    public async Task A_running_query_can_be_interrupted()
    {
        using var cancellation = new CancellationTokenSource();
        using var scope = _connection.InterruptWhen(cancellation.Token);
        var query = Task.Run(() => _connection.Execute(EndlessQuery), TestContext.Current.CancellationToken);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(50));

        var exception = await Should.ThrowAsync<DuckDbException>(query);

        exception.IsInterrupt.ShouldBeTrue();
        exception.ErrorType.ShouldBe(DuckDbErrorType.Interrupt);
    }

    [Fact]
    public void A_cancellation_before_the_statement_starts_is_not_lost()
    {
        using var scope = _connection.InterruptWhen(new CancellationToken(canceled: true));

        Should.Throw<DuckDbException>(() => _connection.Execute(EndlessQuery)).IsInterrupt.ShouldBeTrue();
    }

    [Fact]
    public void A_connection_works_on_after_an_interrupt()
    {
        using (_connection.InterruptWhen(new CancellationToken(canceled: true)))
            Should.Throw<DuckDbException>(() => _connection.Execute(EndlessQuery));

        using var result = _connection.Query("SELECT 42");

        result.FetchChunk().ShouldNotBeNull().Int32(0)[0].ShouldBe(42);
    }

    /// <summary>DuckDB's own behaviour, which the store relies on: it has to roll back after every error.</summary>
    [Fact]
    public void The_commit_of_a_failed_transaction_stores_nothing()
    {
        _connection.Execute("CREATE TABLE numbers(value INTEGER)");
        _connection.Execute("BEGIN; INSERT INTO numbers VALUES (1)");
        Should.Throw<DuckDbException>(() => _connection.Execute("INSERT INTO numbers VALUES ('no number')"));

        _connection.Execute("COMMIT");

        using var result = _connection.Query("SELECT count(*) FROM numbers");
        result.FetchChunk().ShouldNotBeNull().Int64(0)[0].ShouldBe(0);
    }

    [Fact]
    public void A_disposed_connection_is_not_used()
    {
        var connection = _database.Connect();
        connection.Dispose();

        Should.Throw<ObjectDisposedException>(() => connection.Execute("SELECT 1"));
    }
}
