using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class MisuseTests
{
    private readonly IMarketStore _store = new InMemoryMarketStore();

    [Theory]
    [InlineData("no command or option 'blah'", "blah")]
    [InlineData("which command?; there are init, status, compact", "db")]
    [InlineData("Option '--interval' is required", "candles", "BTC/USD")]
    [InlineData("Unrecognized command or argument '--foo'", "candles", "BTC/USD", "--interval", "1h", "--foo")]
    [InlineData("--interval: '7x' is not an interval. Give whole minutes (60) or", "candles", "BTC/USD", "--interval", "7x")]
    [InlineData("--interval: '0' is not an interval", "latest", "BTC/USD", "--interval", "0")]
    [InlineData("--start: 'soon' is not a time. Give RFC 3339", "candles", "BTC/USD", "--interval", "1h", "--start", "soon")]
    [InlineData("--limit: 'many' is not a whole number of at least 0", "candles", "BTC/USD", "--interval", "1h", "--limit", "many")]
    [InlineData("--limit: '-1' is not a whole number of at least 0", "candles", "BTC/USD", "--interval", "1h", "--limit", "-1")]
    [InlineData("--count: '0' is not a whole number of at least 1", "latest", "BTC/USD", "--interval", "1h", "--count", "0")]
    [InlineData("--format: 'xml' is none of table, csv, json", "range", "BTC/USD", "--format", "xml")]
    [InlineData("--holes: 'fill' is none of include, skip, fail", "candles", "BTC/USD", "--interval", "1h", "--holes", "fill")]
    [InlineData("--speed: '-1' is not a speed", "replay", "BTC/USD", "--interval", "1h", "--speed", "-1")]
    [InlineData("the start 2024-02-01 00:00 lies after the end 2024-01-01 00:00", "candles", "BTC/USD", "--interval", "1h", "--start", "2024-02-01", "--end", "2024-01-01")]
    [InlineData("the start 2024-02-01 00:00 lies after the end 2024-01-01 00:00", "replay", "BTC/USD", "--interval", "1h", "--start", "2024-02-01", "--end", "2024-01-01")]
    [InlineData("'BTCUSDX' is no market that is known here; did you mean", "latest", "BTCUSDX", "--interval", "1h")]
    [InlineData("Nothing of ETH/USD is stored. Stored are: BTC/USD", "range", "ETHUSD")]
    [InlineData("no 1m candles of BTC/USD: stored are 1h. Give one of these or a multiple", "candles", "BTC/USD", "--interval", "1m")]
    [InlineData("--to: '.xls' is no format that can be written", "export", "BTC/USD", "--interval", "1h", "--to", "a.xls")]
    public async Task A_wrong_command_line_ends_with_2_and_one_line_that_says_what_is_right(string message, params string[] arguments)
    {
        await _store.WriteAsync(Rows.Write("BTC/USD", 60, [Rows.Candle(0)]), CancellationToken.None);

        var run = await ProgramRun.OnAsync(_store, clock: null, arguments);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.ErrorLines.Single().ShouldStartWith("kraken-db");
        run.Error.ShouldContain(message);
        run.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task No_arguments_point_to_the_demo_and_the_help()
    {
        var run = await ProgramRun.OnAsync(_store, clock: null);

        run.ExitCode.ShouldBe(2);
        run.ErrorLines.Single().ShouldContain("kraken-db demo");
    }

    [Fact]
    public async Task A_missing_store_ends_with_1_and_the_command_that_makes_one()
    {
        using var folder = new TemporaryFolder();

        string[][] commands = [["symbols"], ["latest", "BTC/USD", "--interval", "1h"], ["db", "compact"]];
        foreach (var command in commands)
        {
            var run = await ProgramRun.OnAsync(store: null, clock: null, [.. command, "--db-url", folder["none.duckdb"]]);

            run.ExitCode.ShouldBe(1);
            run.ErrorLines.ShouldBe([$"kraken-db: no store at {folder["none.duckdb"]}; import first: kraken-db import --dir DIR"]);
        }

        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_cannot_be_opened_is_what_health_reports()
    {
        using var folder = new TemporaryFolder();

        var run = await ProgramRun.OnAsync(store: null, clock: null, "health", "--db-url", folder["none.duckdb"], "--format", "json");

        run.ExitCode.ShouldBe(1);
        run.Output.ShouldContain("\"connected\": false");
        run.Output.ShouldContain("no store at ");
    }

    [Fact]
    public async Task A_store_of_an_unknown_kind_is_named_without_its_password()
    {
        var run = await ProgramRun.OnAsync(store: null, clock: null, "symbols", "--db-url", "mysql://user:secret@host/db");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("'mysql'");
        run.Error.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_fault_of_the_program_is_one_line_unless_debugging()
    {
        var run = await ProgramRun.OnAsync(new BrokenStore(), clock: null, "symbols");

        run.ExitCode.ShouldBe(1);
        run.ErrorLines.Single().ShouldContain("unexpected NotSupportedException: broken on purpose");
        run.ErrorLines.Single().ShouldContain("KRAKENDB_DEBUG=1");
    }
}
