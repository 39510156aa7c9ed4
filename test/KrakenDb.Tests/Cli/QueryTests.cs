using System.Text.Json;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class QueryTests
{
    private static readonly string[] CandleNames = ["symbol", "timestamp", "interval_minutes", "open", "high", "low", "close", "volume", "quote_volume", "trade_count", "vwap", "complete"];

    private readonly ManualClock _clock = new(Rows.Start.AddDays(2));
    private readonly IMarketStore _store;

    public QueryTests() => _store = new InMemoryMarketStore(_clock);

    [Fact]
    public async Task A_candle_in_JSON_has_exactly_the_agreed_fields()
    {
        await FillAsync();

        var run = await RunAsync("candles", "XBTUSD", "--interval", "1", "--start", "2024-01-01", "--limit", "2", "--format", "json");

        run.ExitCode.ShouldBe(0);
        run.Error.ShouldBeEmpty();
        run.Output.ShouldBe(
            """
            [
            {"symbol":"BTC/USD","timestamp":"2024-01-01T00:00:00Z","interval_minutes":1,"open":"42000.1","high":"42001","low":"41999.5","close":"42000","volume":"0.00012","quote_volume":"5.04","trade_count":3,"vwap":"42000","complete":true},
            {"symbol":"BTC/USD","timestamp":"2024-01-01T00:01:00Z","interval_minutes":1,"open":"101","high":"101","low":"101","close":"101","volume":"1","quote_volume":null,"trade_count":1,"vwap":null,"complete":true}
            ]

            """);
        Names(run.Output).ShouldBe(CandleNames);
    }

    [Fact]
    public async Task A_candle_in_CSV_has_the_same_fields_and_empty_ones_for_unknown()
    {
        await FillAsync();

        var run = await RunAsync("latest", "BTC/USD", "-i", "1m", "--count", "1", "--format", "csv");

        run.Lines.ShouldBe([string.Join(',', CandleNames), "BTC/USD,2024-01-01T01:59:00Z,1,219,219,219,219,1,,1,,false"]);
    }

    [Fact]
    public async Task Nothing_found_is_an_empty_array_with_a_note_where_there_is_something()
    {
        await FillAsync();

        var json = await RunAsync("candles", "BTC/USD", "--interval", "1h", "--start", "2020-01-01", "--end", "2020-02-01", "--format", "json");
        var csv = await RunAsync("candles", "BTC/USD", "--interval", "1h", "--start", "2020-01-01", "--end", "2020-02-01", "--format", "csv");

        json.ExitCode.ShouldBe(0);
        JsonDocument.Parse(json.Output).RootElement.GetArrayLength().ShouldBe(0);
        json.ErrorLines.ShouldBe(["No candles there: BTC/USD is stored from 2024-01-01 00:00 to 2024-01-01 01:59 UTC."]);
        csv.Lines.ShouldBe([string.Join(',', CandleNames)]);
    }

    [Fact]
    public async Task Without_start_and_end_everything_comes()
    {
        await FillAsync();

        (await RunAsync("candles", "BTC/USD", "--interval", "1m", "--format", "csv")).Lines.Length.ShouldBe(121);
        (await RunAsync("candles", "BTC/USD", "--interval", "1h", "--format", "csv")).Lines.Length.ShouldBe(3);
        (await RunAsync("candles", "BTC/USD", "--interval", "1w", "--format", "csv")).Lines.Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_relative_start_with_a_minus_is_a_value_and_no_option()
    {
        await FillAsync();

        var run = await RunAsync("candles", "BTC/USD", "--interval", "1m", "--start", "-47h", "--end", "-2820m", "--format", "csv");
        var later = await RunAsync("candles", "BTC/USD", "--interval", "1m", "--start", "-47h", "--end", "now", "--as-of", "-46h", "--format", "csv");

        run.ExitCode.ShouldBe(0);
        run.Lines.Length.ShouldBe(1);
        later.Lines.Length.ShouldBe(61);
        later.Lines[1].ShouldStartWith("BTC/USD,2024-01-01T01:00:00Z");
    }

    [Fact]
    public async Task The_open_candle_comes_only_when_asked_for()
    {
        await FillAsync();
        string[] query = ["candles", "BTC/USD", "--interval", "1h", "--as-of", "2024-01-01T01:30:00Z", "--format", "csv"];

        (await RunAsync(query)).Lines.Length.ShouldBe(2);
        var open = await RunAsync([.. query, "--include-open"]);

        open.Lines.Length.ShouldBe(3);
        open.Lines[2].ShouldStartWith("BTC/USD,2024-01-01T01:00:00Z,60,160,189,160,189,30,");
        open.Lines[2].ShouldEndWith(",false");
    }

    [Fact]
    public async Task Holes_are_marked_skipped_or_an_error()
    {
        await FillAsync();

        (await RunAsync("candles", "BTC/USD", "--interval", "1h", "--holes", "include", "--format", "csv")).Lines[2].ShouldEndWith("false");
        (await RunAsync("candles", "BTC/USD", "--interval", "1h", "--holes", "skip", "--format", "csv")).Lines.Length.ShouldBe(2);
        var failed = await RunAsync("candles", "BTC/USD", "--interval", "1h", "--holes", "fail", "--end", "2024-01-01T02:00Z", "--format", "csv");

        failed.ExitCode.ShouldBe(1);
        failed.ErrorLines.Single().ShouldContain("without complete data, the first from 2024-01-01 01:00:00Z");
    }

    [Fact]
    public async Task A_table_shows_the_same_candles()
    {
        await FillAsync();

        var run = await RunAsync("latest", "BTC/USD", "--interval", "1h", "--count", "5");

        run.Lines.Length.ShouldBe(3);
        run.Lines[0].ShouldContain("timestamp");
        run.Lines[2].ShouldStartWith("2024-01-01 01:00");
        run.ErrorLines.ShouldBe(["2 candles, not 5: no more are stored."]);
        run.Output.ShouldNotContain("\e[");
    }

    [Fact]
    public async Task Several_timeframes_are_one_object_by_minutes()
    {
        await FillAsync();

        var run = await RunAsync("multi", "BTC/USD", "--as-of", "2024-01-01T01:00:30Z", "--intervals", "1m", "1h,5m", "--lookback", "2", "--format", "json");

        var json = JsonDocument.Parse(run.Output).RootElement;
        json.EnumerateObject().Select(property => property.Name).ShouldBe(["1", "60", "5"]);
        json.GetProperty("1").EnumerateArray().Select(candle => candle.GetProperty("timestamp").GetString()).ShouldBe(["2024-01-01T00:58:00Z", "2024-01-01T00:59:00Z"]);
        json.GetProperty("60").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_replay_merges_markets_by_close()
    {
        await FillAsync();
        await _store.WriteAsync(Rows.Write("ETH/USD", 1, Enumerable.Range(0, 3).Select(minute => Rows.Candle(minute)), Rows.Covered(0, 2)), CancellationToken.None);

        var run = await RunAsync("replay", "ETH/USD", "BTC/USD", "--interval", "1m", "--start", "2024-01-01", "--end", "2024-01-01T00:02Z", "--speed", "0", "--format", "csv");

        run.ExitCode.ShouldBe(0);
        run.Lines.Skip(1).Select(line => line.Split(',')[0]).ShouldBe(["BTC/USD", "ETH/USD", "BTC/USD", "ETH/USD"]);
        run.ErrorLines.Single().ShouldStartWith("Replayed 4 candles in ");
    }

    [Fact]
    public async Task Status_tells_coverage_and_gaps_per_data_type()
    {
        await FillAsync();

        var json = JsonDocument.Parse((await RunAsync("status", "--format", "json")).Output).RootElement.EnumerateArray().Single();
        var csv = await RunAsync("status", "btcusd", "--format", "csv");
        var table = await RunAsync("status");

        json.EnumerateObject().Select(property => property.Name).ShouldBe(["symbol", "data_type", "oldest_timestamp", "newest_timestamp", "total_records", "coverage", "gaps"]);
        json.GetProperty("data_type").GetString().ShouldBe("candles_1m");
        json.GetProperty("total_records").GetInt64().ShouldBe(120);
        json.GetProperty("coverage")[0].ToString().ShouldContain("ohlcvt_csv");
        json.GetProperty("gaps")[0].GetProperty("start_time").GetString().ShouldBe("2024-01-01T01:59:00Z");
        csv.Lines[1].ShouldBe("BTC/USD,candles_1m,2024-01-01T00:00:00Z,2024-01-01T01:59:00Z,120,2024-01-01T00:00:00Z/2024-01-01T01:59:00Z/ohlcvt_csv/claimed,2024-01-01T01:59:00Z/2024-01-03T00:00:00Z");
        table.Output.ShouldContain("claimed");
        table.Output.ShouldContain("1 d 22 h");
    }

    [Fact]
    public async Task Range_symbols_health_and_db_status_are_one_object_or_array()
    {
        await FillAsync();

        var range = JsonDocument.Parse((await RunAsync("range", "BTC/USD", "--format", "json")).Output).RootElement;
        var symbols = JsonDocument.Parse((await RunAsync("symbols", "--format", "json")).Output).RootElement;
        var health = JsonDocument.Parse((await RunAsync("health", "--format", "json")).Output).RootElement;
        var status = JsonDocument.Parse((await RunAsync("db", "status", "--format", "json")).Output).RootElement;

        range.GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal)
            .ShouldBe("""{"symbol":"BTC/USD","interval_minutes":1,"oldest":"2024-01-01T00:00:00Z","newest":"2024-01-01T01:59:00Z","total_candles":120}""");
        symbols[0].GetProperty("symbol").GetString().ShouldBe("BTC/USD");
        health.GetProperty("connected").GetBoolean().ShouldBeTrue();
        health.GetProperty("symbols")[0].GetString().ShouldBe("BTC/USD");
        status.GetProperty("engine").GetString().ShouldBe("memory");
        status.GetProperty("candles").GetInt64().ShouldBe(120);
    }

    [Fact]
    public async Task A_chart_without_a_terminal_is_plain_and_fits_its_width()
    {
        await FillAsync();

        var run = await RunAsync("chart", "BTC/USD", "--interval", "5m");

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain("█");
        run.Output.ShouldNotContain("\e[");
        run.Lines.ShouldAllBe(line => line.Length <= 120);
        run.Lines[0].ShouldStartWith("BTC/USD 5m  2024-01-01 00:00 to 2024-01-01 02:00 UTC");
    }

    [Fact]
    public async Task An_export_is_the_same_as_the_query()
    {
        using var folder = new TemporaryFolder();
        await FillAsync();

        var csv = await RunAsync("export", "BTC/USD", "--interval", "1m", "--to", folder["all.csv"]);
        var lines = await RunAsync("export", "BTC/USD", "--interval", "1h", "--to", folder["all.jsonl"]);

        csv.Output.ShouldBeEmpty();
        csv.ErrorLines.Single().ShouldStartWith($"Wrote 120 candles to {folder["all.csv"]} (");
        (await File.ReadAllTextAsync(folder["all.csv"])).ShouldBe((await RunAsync("candles", "BTC/USD", "--interval", "1m", "--format", "csv")).Output);
        lines.ExitCode.ShouldBe(0);
        (await File.ReadAllLinesAsync(folder["all.jsonl"])).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("interval_minutes").GetInt32()).ShouldBe([60, 60]);
        Directory.GetFiles(folder.Path).Length.ShouldBe(2);
    }

    private static IEnumerable<string> Names(string json) => JsonDocument.Parse(json).RootElement[0].EnumerateObject().Select(property => property.Name);

    private Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.OnAsync(_store, _clock, arguments);

    // Two hours of minutes; the last is stored, not covered.
    private Task FillAsync()
    {
        var first = Rows.Candle(0, open: 42000.10m, high: 42001, low: 41999.5m, close: 42000, volume: 0.00012m, quoteVolume: 5.04m, count: 3, vwap: 42000);
        return _store.WriteAsync(Rows.Write("BTC/USD", 1, Enumerable.Range(1, 119).Select(minute => Rows.Candle(minute, open: 100 + minute)).Prepend(first), Rows.Covered(0, 119)), CancellationToken.None);
    }
}
