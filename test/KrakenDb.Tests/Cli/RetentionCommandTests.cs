using System.Text.Json;
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
        rows.Count.ShouldBe(10);
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

    [Theory]
    [InlineData("books")]
    [InlineData("book_10")]
    public async Task Order_books_are_refused_with_the_reason(string data)
    {
        var run = await RunAsync("db", "retention", "set", data, "90d");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("order books have no policy: what was recorded cannot be fetched again");
        (await ((IMarketStore)_store).GetRetentionAsync(default)).ShouldBeEmpty();
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
    [InlineData("db", "retention", "set", "books", "90d")]
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
