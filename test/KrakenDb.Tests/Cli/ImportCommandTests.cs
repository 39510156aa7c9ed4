using System.Text.Json;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class ImportCommandTests : IDisposable
{
    private static readonly string[] FileNames = ["file", "symbol", "interval_minutes", "rows", "inserted", "unchanged", "conflicting", "rejected"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_report_in_JSON_has_exactly_the_agreed_fields()
    {
        await WriteAsync("XBTUSD_1.csv", "1704067200,100,101,99,100,1,3\n1704067260,100,101,99,100,-1,3\n1704067320,100,101,99,100,1E+1,3\n");
        await WriteAsync("ETHUSD_60.csv", "1704067200,100,101,99,100,1,3\n");
        await WriteAsync("ADAUSD_1.csv", "\0\0\0");

        var run = await RunAsync("import", "--dir", _folder["csv"], "--format", "json");

        run.ExitCode.ShouldBe(1);
        var json = JsonDocument.Parse(run.Output).RootElement;
        Names(json).ShouldBe(["files", "skipped", "failed", "seconds"]);
        Names(json.GetProperty("files")[0]).ShouldBe(FileNames);
        json.GetProperty("files")[0].EnumerateObject().Skip(3).Select(property => property.Value.GetInt64()).ShouldBe([3, 2, 0, 0, 1]);
        json.GetProperty("skipped")[0].GetProperty("file").GetString().ShouldBe("ETHUSD_60.csv");
        json.GetProperty("failed")[0].GetProperty("file").GetString().ShouldBe("ADAUSD_1.csv");
        json.GetProperty("seconds").ValueKind.ShouldBe(JsonValueKind.Number);
    }

    [Fact]
    public async Task The_outcome_comes_first_and_names_what_needs_attention()
    {
        await WriteAsync("XBTUSD_1.csv", "1704067200,100,101,99,100,1,3\n1704067260,100,101,99,100,-1,3\n");
        await WriteAsync("ETHUSD_60.csv", "1704067200,100,101,99,100,1,3\n");

        var first = await RunAsync("import", "--dir", _folder["csv"]);
        var again = await RunAsync("import", "--dir", _folder["csv"]);

        first.ExitCode.ShouldBe(0);
        first.ErrorLines[0].ShouldStartWith($"Imported 1 row (1 rejected → {_folder["csv"]}{Path.DirectorySeparatorChar}XBTUSD_1.csv.rejected.csv) in ");
        first.ErrorLines[1].ShouldBe("Skipped 1 file of other intervals than one minute; --all imports them: ETHUSD_60.csv");
        first.Lines.Length.ShouldBe(2);
        again.ExitCode.ShouldBe(0);
        again.ErrorLines[0].ShouldStartWith("Nothing new: 1 row was already there (1 rejected → ");
    }

    [Fact]
    public async Task Symbols_intervals_and_names_can_be_chosen()
    {
        await WriteAsync("XBTUSD_1.csv", "1704067200,100,101,99,100,1,3\n");
        await WriteAsync("ETHUSD_60.csv", "1704067200,100,101,99,100,1,3\n");
        await WriteAsync("FOOUSD_1.csv", "1704067200,100,101,99,100,1,3\n");

        var chosen = await RunAsync("import", "--dir", _folder["csv"], "--all", "--symbols", "ETH/USD", "FOO/USD", "--map", "FOOUSD=FOO/USD", "--batch-size", "10", "--format", "csv");

        chosen.ExitCode.ShouldBe(0);
        chosen.Lines.ShouldBe([string.Join(',', FileNames), "ETHUSD_60.csv,ETH/USD,60,1,1,0,0,0", "FOOUSD_1.csv,FOO/USD,1,1,1,0,0,0"]);
        (await RunAsync("symbols")).Lines.ShouldBe(["ETH/USD", "FOO/USD"]);
        (await RunAsync("range", "foousd", "--format", "csv")).Lines[1].ShouldStartWith("FOO/USD,1,");
    }

    [Fact]
    public async Task What_cannot_be_imported_is_said_and_makes_no_store()
    {
        Directory.CreateDirectory(_folder["empty"]);
        await WriteAsync("FOOUSD_1.csv", "1704067200,100,101,99,100,1,3\n");

        (string[] Arguments, int ExitCode, string Message)[] cases =
        [
            (["--dir", _folder["none"]], 1, $"no such directory: {_folder["none"]}."),
            (["--file", _folder["none.csv"]], 1, $"no such file: {_folder["none.csv"]}."),
            (["--file", _folder["empty"]], 1, "is a folder; give it with --dir"),
            (["--dir", _folder["empty"], "--file", _folder["empty"]], 2, "give --dir or --file, not both"),
            (["--dir", _folder["empty"], "--batch-size", "4000001"], 2, "is more than 4,000,000"),
            (["--dir", _folder["empty"], "--batch-size", "0"], 2, "--batch-size: '0' is not a whole number of at least 1"),
            (["--dir", _folder["empty"], "--map", "FOO"], 2, "--map: 'FOO' is no mapping."),
        ];
        foreach (var (arguments, exitCode, message) in cases)
        {
            var run = await RunAsync(["import", .. arguments]);

            run.ExitCode.ShouldBe(exitCode, message);
            run.ErrorLines.Single().ShouldContain(message);
            File.Exists(_folder["store.duckdb"]).ShouldBeFalse(message);
        }

        var unknown = await RunAsync("import", "--file", Path.Combine(_folder["csv"], "FOOUSD_1.csv"));
        unknown.ExitCode.ShouldBe(2);
        unknown.Error.ShouldContain("--map FOOUSD=BASE/QUOTE");
        var none = await RunAsync("import", "--dir", _folder["csv"]);
        none.ExitCode.ShouldBe(1);
        none.ErrorLines[0].ShouldBe("Imported nothing: 1 file skipped, 0 failed.");
    }

    [Fact]
    public async Task Real_hours_come_back_as_they_are_in_the_file()
    {
        var file = Path.Combine(Required.SharedData(), "ohlcvt", "aironav_bitcoin_2020Q3", "XBTUSD_60.csv");
        var lines = await File.ReadAllLinesAsync(file);

        var import = await RunAsync("import", "--file", file, "--format", "csv");
        var candles = await RunAsync("candles", "XBT/USD", "--interval", "1h", "--format", "csv");

        import.Lines[1].ShouldBe($"XBTUSD_60.csv,BTC/USD,60,{lines.Length},{lines.Length},0,0,0");
        candles.Lines.Length.ShouldBe(lines.Length + 1);
        foreach (var (line, row) in lines.Zip(candles.Lines.Skip(1)))
        {
            var (expected, actual) = (line.Split(','), row.Split(','));
            var numbers = actual[3..8].Append(actual[9]).Select(Number);
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(expected[0])).ShouldBe(DateTimeOffset.Parse(actual[1]));
            numbers.ShouldBe(expected[1..].Select(text => decimal.Round(Number(text), 10, MidpointRounding.AwayFromZero)));
        }
    }

    [Fact]
    public async Task A_parquet_export_is_written_by_the_program()
    {
        await WriteAsync("XBTUSD_1.csv", "1704067200,100,101,99,100,1,3\n1704067260,100,101,99,100,1,3\n");
        await RunAsync("import", "--dir", _folder["csv"]);

        var run = await RunAsync("export", "BTC/USD", "--interval", "1m", "--to", _folder["out.parquet"]);

        run.ErrorLines.Single().ShouldStartWith($"Wrote 2 candles to {_folder["out.parquet"]} (");
        (await File.ReadAllBytesAsync(_folder["out.parquet"]))[..4].ShouldBe("PAR1"u8.ToArray());
        (await RunAsync("export", "BTC/USD", "--interval", "1m", "--to", _folder["none/out.csv"])).Error.ShouldContain("there is no folder");
    }

    [Fact]
    public async Task The_store_can_be_made_looked_at_and_compacted()
    {
        (await RunAsync("db", "init")).ErrorLines.Single().ShouldStartWith($"Ready: {_folder["store.duckdb"]} (DuckDB ");
        (await RunAsync("status")).ErrorLines.Single().ShouldStartWith("The store is empty.");
        (await RunAsync("health", "--format", "json")).ExitCode.ShouldBe(0);

        var compact = await RunAsync("db", "compact", "--format", "json");

        compact.ExitCode.ShouldBe(0);
        Names(JsonDocument.Parse(compact.Output).RootElement).ShouldBe(["bytes_before", "bytes_after"]);
    }

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private Task WriteAsync(string name, string text)
    {
        Directory.CreateDirectory(_folder["csv"]);
        return File.WriteAllTextAsync(Path.Combine(_folder["csv"], name), text);
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.OnAsync(store: null, clock: null, [.. arguments, "--db-url", _folder["store.duckdb"]]);
}
