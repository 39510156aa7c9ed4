using System.Text.Json;
using KrakenDb.Tests.Books;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class RetentionCommandTests
{
    private static readonly DateTimeOffset Now = Rows.Start.AddDays(38);

    private readonly ManualClock _clock = new(Now);
    private readonly InMemoryMarketStore _store;

    public RetentionCommandTests() => _store = new InMemoryMarketStore(_clock);

    [Fact]
    public async Task The_documents_values_are_shown_and_nothing_is_set()
    {
        var run = await RunAsync("db", "retention", "show", "--format", "json");

        var rows = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToDictionary(row => row.GetProperty("data_type").GetString()!, StringComparer.Ordinal);
        rows.Count.ShouldBe(11);
        rows["books"].GetProperty("suggested_days").ValueKind.ShouldBe(JsonValueKind.Null);
        rows.Values.ShouldAllBe(row => row.GetProperty("keep_days").ValueKind == JsonValueKind.Null);
        Suggested("trades").ShouldBe(90);
        Suggested("candles_1m").ShouldBe(365);
        Suggested("candles_5m").ShouldBe(730);
        Suggested("candles_30m").ShouldBe(730);
        Suggested("candles_60m").ShouldBe(1825);
        Suggested("candles_240m").ShouldBe(1825);
        rows["candles_720m"].GetProperty("suggested_days").ValueKind.ShouldBe(JsonValueKind.Null);
        (await RunAsync("db", "retention", "show")).Error.ShouldContain("No policy is set");

        int Suggested(string dataType) => rows[dataType].GetProperty("suggested_days").GetInt32();
    }

    [Fact]
    public async Task A_policy_is_set_run_and_ended()
    {
        await ((IMarketStore)_store).WriteAsync(Rows.Write("BTC/USD", 1, Enumerable.Range(0, 30 * 1440).Select(minute => Rows.Candle(minute)), Rows.Covered(0, 30 * 1440)), default);
        (await RunAsync("db", "retention", "set", "candles", "2w")).ExitCode.ShouldBe(0);
        (await RunAsync("db", "retention", "set", "candles_1h", "1y")).ExitCode.ShouldBe(0);

        (await RunAsync("db", "retention", "show")).Error.ShouldContain("This store drops nothing by itself");
        (await RunAsync("db", "retention", "show", "--format", "csv")).Lines.ShouldContain("candles_1m,14,2024-01-22T00:00:00Z,365,2024-01-01T00:00:00Z,db retention run");
        var run = await RunAsync("db", "retention", "run", "--format", "csv");

        run.Lines[0].ShouldBe("symbol,data_type,edge,dropped,rollups_kept");
        run.Lines[1].ShouldStartWith("BTC/USD,candles_1m,2024-01-22T00:00:00Z,30240,");
        (await RunAsync("db", "retention", "run")).Error.ShouldContain("Nothing is older than its policy");
        (await RunAsync("status", "BTC/USD")).Output.ShouldContain("expired");
        (await RunAsync("db", "retention", "off", "candles")).Error.ShouldContain("Ended: candles_1m 14 days");
        (await RunAsync("db", "retention", "off")).Error.ShouldContain("Ended: candles_60m 365 days");
        (await RunAsync("db", "retention", "run")).Error.ShouldContain("No policy is set");
    }

    [Fact]
    public async Task Order_books_of_one_depth_have_no_policy_of_their_own()
    {
        var run = await RunAsync("db", "retention", "set", "book_10", "90d");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("a recording goes as a whole, whatever its depth. Give books");
        (await ((IMarketStore)_store).GetRetentionAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Recordings_of_order_books_go_and_their_import_is_refused_unless_it_is_allowed()
    {
        // The first ended the day before the edge, the second after it.
        var (old, kept) = (CaptureText.PathOf(CaptureText.Names[0]), CaptureText.PathOf(CaptureText.Names[1]));
        _clock.Advance(new DateTimeOffset(2026, 8, 20, 5, 0, 0, TimeSpan.Zero) - Now);
        (await RunAsync("book", "import", old, kept)).ExitCode.ShouldBe(0);
        (await RunAsync("db", "retention", "set", "books", "18d")).ExitCode.ShouldBe(0);
        (await RunAsync("db", "retention", "show", "--format", "csv")).Lines.ShouldContain("books,18,2026-08-02T00:00:00Z,,2026-08-01T02:53:52.693693Z,db retention run");

        var run = await RunAsync("db", "retention", "run", "--format", "csv");
        run.Lines.Skip(1).ShouldBe([",books,2026-08-02T00:00:00Z,61,0", "BTC/USD,books,2026-08-02T00:00:00Z,316,0"]);
        (await RunAsync("db", "retention", "run")).Error.ShouldContain("Nothing is older than its policy");
        var verify = await RunAsync("book", "verify");
        verify.ExitCode.ShouldBe(0);
        verify.Output.ShouldContain("1 session");
        (await RunAsync("book", "replay", "BTC/USD", "--start", "2026-08-01")).Error.ShouldContain("dropped by retention: BTC/USD book_10 from 2026-08-01T02:53:");
        (await RunAsync("book", "query", "at", "BTC/USD", "--at", "2026-08-01T12:00")).Error.ShouldContain("retention dropped what was recorded up to 2026-08-01 02:5");

        var refused = await RunAsync("book", "import", old);
        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain("1 of 1 recordings (377 of 377 messages) ended before 2026-08-02, the edge of the retention policy books 18 days; the first ended 2026-08-01 02:5");
        refused.Error.ShouldContain("--allow-expiring");
        (await RunAsync("book", "query", "sessions", "--format", "csv")).Output.ShouldNotContain(CaptureText.Names[0]);
        (await RunAsync("book", "import", kept)).ExitCode.ShouldBe(0);

        (await RunAsync("book", "import", old, "--allow-expiring")).ExitCode.ShouldBe(0);
        (await RunAsync("book", "verify")).Output.ShouldContain("2 sessions");
        (await RunAsync("db", "retention", "run")).Output.ShouldContain("(connections)");
        (await RunAsync("book", "query", "sessions", "--format", "csv")).Output.ShouldNotContain(CaptureText.Names[0]);
    }

    [Fact]
    public async Task All_suggested_values_are_set_at_once()
    {
        (await RunAsync("db", "retention", "set", "--suggested")).ExitCode.ShouldBe(0);

        (await ((IMarketStore)_store).GetRetentionAsync(default)).Count.ShouldBe(7);
    }

    [Theory]
    [InlineData("db", "retention", "set")]
    [InlineData("db", "retention", "set", "trades")]
    [InlineData("db", "retention", "set", "trades", "90")]
    [InlineData("db", "retention", "set", "trades", "0d")]
    [InlineData("db", "retention", "set", "trades", "1000y")]
    [InlineData("db", "retention", "set", "books", "0d")]
    [InlineData("db", "retention", "set", "trades", "90d", "--suggested")]
    public async Task What_cannot_be_a_policy_is_a_misuse(params string[] arguments) => (await RunAsync(arguments)).ExitCode.ShouldBe(2);

    [Fact]
    public async Task An_import_of_expiring_rows_fails_with_the_numbers_unless_it_is_allowed()
    {
        using var folder = new TemporaryFolder();
        var start = Rows.Start.ToUnixTimeSeconds();
        await File.WriteAllLinesAsync(folder["XBTUSD_1.csv"], Enumerable.Range(0, 38 * 1440).Select(minute => FormattableString.Invariant($"{start + (minute * 60)},1,1,1,1,1,1")));
        await RunAsync("db", "retention", "set", "candles", "14d");

        var refused = await RunAsync("import", "--dir", folder.Path);
        refused.ExitCode.ShouldBe(1);
        (refused.Output + refused.Error).ShouldContain("30,240 of 54,720 rows lie before 2024-01-22");
        (await RunAsync("symbols")).Output.ShouldNotContain("BTC/USD");

        (await RunAsync("import", "--dir", folder.Path, "--allow-expiring")).ExitCode.ShouldBe(0);
        (await RunAsync("db", "retention", "run", "--format", "csv")).Lines[1].ShouldStartWith("BTC/USD,candles_1m,2024-01-22T00:00:00Z,30240,");
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.OnAsync(_store, _clock, arguments);
}
