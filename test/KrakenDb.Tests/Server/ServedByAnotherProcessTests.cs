using KrakenDb.DuckDb;
using KrakenDb.Simulator;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Server;

/// <summary>What becomes of commands and programs while another process owns the file and serves it.</summary>
public sealed class ServedByAnotherProcessTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2024, 1, 20, 13, 7, 0, TimeSpan.Zero);

    private static readonly string[] Questions =
    [
        "latest BTC/USD --interval 15 --count 50 --format csv",
        "latest ETH/USD --interval 1 --count 30",
        "candles XBTUSD --interval 7 --format json",
        "candles BTC/USD --interval 1 --start 2024-01-02 --end 2024-01-03 --holes skip --format csv",
        "candles BTC/USD --interval 4h --holes fail",
        "candles NOPE/USD --interval 1",
        "candles BTC/USD --interval 1 --start 2030-01-01 --end 2030-01-02",
        "multi BTC/USD --as-of 2024-01-06 --format json",
        "replay BTC/USD --interval 30 --format csv",
        "chart BTC/USD --interval 1d",
        "range BTC/USD --format json",
        "symbols",
        "symbols --listed --format csv",
        "status",
        "status BTC/USD --format json",
        "coverage BTC/USD",
        "db status --format csv",
        "verify --offline --format json",
        "indicators show fear_greed --start 2024-01-01",
    ];

    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["kraken.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_command_that_reads_prints_the_same()
    {
        await FillAsync();
        var direct = new List<ProgramRun>();
        foreach (var question in Questions)
        {
            direct.Add(await RunAsync([.. question.Split(' '), "--db-url", Store]));
        }

        await ExportAsync("direct");
        using var owner = await ServingProgram.StartAsync(Store);
        foreach (var (question, expected) in Questions.Zip(direct))
        {
            (await RunAsync([.. question.Split(' '), "--db-url", Store])).ShouldBe(expected, customMessage: question);
        }

        await ExportAsync("served");
        foreach (var kind in new[] { "csv", "jsonl", "parquet" })
        {
            (await File.ReadAllBytesAsync(_folder[$"served.{kind}"])).ShouldBe(await File.ReadAllBytesAsync(_folder[$"direct.{kind}"]), customMessage: kind);
        }
    }

    [Fact]
    public async Task An_owner_is_asked_by_its_address_with_the_token_of_its_port()
    {
        await FillAsync();
        using var owner = await ServingProgram.StartAsync(Store);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["KRAKENDB_HOME"] = _folder.Path, ["KRAKENDB_TOKEN"] = null };

        var asked = await ChildAsync(environment, "symbols", "--db-url", owner.Address.ToString());
        asked.Output.ShouldBe("BTC/USD\nETH/USD\n", customMessage: asked.Story);

        environment["KRAKENDB_TOKEN"] = "guessed";
        var refused = await ChildAsync(environment, "symbols", "--db-url", owner.Address.ToString());
        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain("shows no token, or not the one of this owner");
        refused.Error.ShouldContain("KRAKENDB_TOKEN");
    }

    [Fact]
    public async Task A_store_on_a_server_is_served_by_its_address()
    {
        await using var database = await Timescale.TestDatabase.CreatePlainAsync();
        await FillAsync(database.Url);
        using var owner = await ServingProgram.StartAsync(database.Url, _folder.Path);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["KRAKENDB_HOME"] = _folder.Path, ["KRAKENDB_TOKEN"] = null };

        var latest = await ChildAsync(environment, "latest", "BTC/USD", "--interval", "1h", "--as-of", "2024-01-04", "--format", "csv", "--db-url", owner.Address.ToString());
        var import = await ChildAsync(environment, "import", "--dir", "csv", "--format", "csv", "--db-url", owner.Address.ToString());

        latest.Output.ShouldBe((await RunAsync("latest", "BTC/USD", "--interval", "1h", "--as-of", "2024-01-04", "--format", "csv", "--db-url", database.Url)).Output, customMessage: latest.Story);
        import.ExitCode.ShouldBe(0, import.Story);
        import.Output.ShouldContain("XBTUSD_1.csv,BTC/USD,1,", customMessage: import.Story);
    }

    [Fact]
    public async Task Commands_that_write_are_carried_out_by_the_owner()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        await FillAsync();
        await new CandleFile(MarketSpec.RippleTether, MinuteSpan.First(20_000)).WriteToDirectoryAsync(_folder["more"]);
        await File.WriteAllTextAsync(_folder["fear.csv"], "timestamp,value\n2024-01-02,40\n2024-01-03,41\n");
        using var owner = await ServingProgram.StartAsync(Store);

        // Relative paths begin where the sender stands, which is not where the owner does.
        var import = await RunningProgram.RunAsync(Store, "import", "--dir", "more", "--format", "json");

        import.ExitCode.ShouldBe(0, import.Story);
        import.Output.ShouldContain("\"symbol\": \"XRP/USDT\"");
        import.Error.ShouldContain($"Carried out by the owner at {owner.Address} (process {owner.Id})");
        (await RunAsync("range", "XRP/USDT", "--format", "csv", "--db-url", Store)).Lines[1].ShouldStartWith("XRP/USDT,1,");
        (await RunningProgram.RunAsync(Store, "indicators", "import", "fear.csv", "--name", "fear_greed")).ExitCode.ShouldBe(0);
        (await RunAsync("indicators", "show", "fear_greed", "--format", "csv", "--db-url", Store)).Lines[1].ShouldContain(",41,");
        (await RunAsync("db", "compact", "--db-url", Store)).ExitCode.ShouldBe(0);
        (await RunningProgram.RunAsync(Store, "db", "backup", "backup.duckdb")).ExitCode.ShouldBe(0);
        (await RunAsync("range", "XRP/USDT", "--format", "csv", "--db-url", _folder["backup.duckdb"])).Lines[1].ShouldStartWith("XRP/USDT,1,");
        (await RunAsync("db", "retention", "set", "trades", "90d", "--db-url", Store)).ExitCode.ShouldBe(0);
        (await RunAsync("db", "retention", "show", "--format", "csv", "--db-url", Store)).Output.ShouldContain("trades,90");
        (await RunAsync("book", "query", "symbols", "--format", "json", "--db-url", Store)).Output.Trim().ShouldBe("[]");
        (await RunAsync("copy", "--from", Store, "--to", _folder["copy.duckdb"])).Error.ShouldContain("db backup FILE");

        var missing = await RunAsync("import", "--file", "/nowhere/XBTUSD_1.csv", "--db-url", Store);
        missing.ExitCode.ShouldBe(1);
        missing.Error.ShouldContain("no such file: /nowhere/XBTUSD_1.csv");
        var misused = await RunAsync("import", "--dir", "a", "--file", "b", "--db-url", Store);
        misused.ExitCode.ShouldBe(2);
        misused.Error.ShouldContain("give --dir or --file, not both");

        (await owner.TerminateAsync()).ShouldBe(143);
        File.Exists(Store + ".token").ShouldBeFalse();
        FileOwner.Read(Store + ".owner").ShouldBeNull();
        (await RunAsync("range", "XRP/USDT", "--db-url", Store)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_of_another_process_says_who_can_write_to_it()
    {
        await FillAsync();
        using var owner = await ServingProgram.StartAsync(Store);
        await using var store = await MarketStore.OpenAsync(Store);

        var refused = Should.Throw<MarketStoreException>(() => { _ = store.WriteAsync(Rows.Write("BTC/USD", 1, [Rows.Candle(0)]), default); });

        refused.Message.ShouldContain($"process {owner.Id}");
        refused.Message.ShouldContain("Writes go to the owner");
        (await RunAsync("serve", "--db-url", Store)).Error.ShouldContain("served already");
    }

    [Fact]
    public async Task An_owner_that_was_killed_is_named_and_the_next_command_opens_the_file_itself()
    {
        await FillAsync();
        using var owner = await ServingProgram.StartAsync(Store);
        await using var reader = await MarketStore.OpenReaderAsync(Store);
        (await reader.GetSymbolsAsync()).Count.ShouldBe(2);

        await owner.KillAsync();

        var gone = await Should.ThrowAsync<MarketStoreException>(() => reader.GetSymbolsAsync());
        gone.IsTransient.ShouldBeTrue();
        gone.Message.ShouldContain($"Process {owner.Id}");
        gone.Message.ShouldContain("does not answer");
        FileOwner.Read(Store + ".owner")!.Endpoint.ShouldNotBeNull("it had no time to withdraw its address");
        (await RunAsync("import", "--dir", _folder["csv"], "--db-url", Store)).ExitCode.ShouldBe(0);
        (await RunAsync("latest", "BTC/USD", "--interval", "1h", "--db-url", Store)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_reader_goes_on_with_an_owner_that_was_started_anew()
    {
        await FillAsync();
        IMarketReader reader;
        using (var first = await ServingProgram.StartAsync(Store))
        {
            reader = await MarketStore.OpenReaderAsync(Store);
            await first.KillAsync();
        }

        await using (reader)
        {
            using var second = await ServingProgram.StartAsync(Store);
            (await reader.GetSymbolsAsync()).Count.ShouldBe(2);
        }
    }

    [Fact]
    public async Task An_owner_that_owns_the_file_and_does_not_answer_is_named()
    {
        await FillAsync();
        using var owner = FileOwner.Take(Store);
        owner.Publish(new Uri("http://127.0.0.1:1/"));

        var silent = await Should.ThrowAsync<MarketStoreException>(() => MarketStore.OpenAsync(Store));

        silent.Message.ShouldContain($"Process {Environment.ProcessId}");
        silent.Message.ShouldContain("http://127.0.0.1:1/");
        silent.Message.ShouldContain("does not answer");
    }

    [Fact]
    public async Task Another_process_replays_while_the_owner_writes()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 20_000);
        await using var endpoint = await KrakenDb.Server.OwnerEndpoint.StartAsync(store, new KrakenDb.Server.OwnerEndpointOptions());
        using var done = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var minute = 20_000;
            for (; !done.IsCancellationRequested; minute += 500)
            {
                await store.WriteAsync(minute, minute + 500);
            }

            return minute;
        });

        var replay = await RunningProgram.RunAsync(Store, "replay", StoreFile.Symbol, "--interval", "1m", "--start", "2024-01-01", "--end", "2024-01-14", "--format", "csv");
        var latest = await RunningProgram.RunAsync(Store, "latest", StoreFile.Symbol, "--interval", "1m", "--count", "5", "--format", "csv");
        await done.CancelAsync();
        var written = await writing;

        replay.ExitCode.ShouldBe(0, replay.Story);
        var lines = replay.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBeInRange(18_721, 18_721, "a header and thirteen days of minutes");
        latest.ExitCode.ShouldBe(0, latest.Story);
        latest.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(6);
        (await store.CountAsync(written)).ShouldBe(written);
    }

    private Task FillAsync() => FillAsync(Store);

    private async Task FillAsync(string store)
    {
        foreach (var market in new[] { MarketSpec.BitcoinUsd, MarketSpec.EtherUsd })
        {
            await new CandleFile(market, MinuteSpan.First(9_000)).WriteToDirectoryAsync(_folder["csv"]);
        }

        await new TradeFile(MarketSpec.BitcoinUsd, new MinuteSpan(2_000, 300), TradeLayout.WithIds).WriteToDirectoryAsync(_folder["csv"]);
        (await RunAsync("import", "--dir", _folder["csv"], "--db-url", store)).ExitCode.ShouldBe(0);
    }

    private async Task ExportAsync(string name)
    {
        foreach (var kind in new[] { "csv", "jsonl", "parquet" })
        {
            (await RunAsync("export", "BTC/USD", "--interval", "1m", "--to", _folder[$"{name}.{kind}"], "--db-url", Store)).ExitCode.ShouldBe(0);
        }
    }

    private static Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.OnAsync(store: null, new ManualClock(Now), arguments);

    private Task<Packages.ChildProcess> ChildAsync(Dictionary<string, string?> environment, params string[] arguments) =>
        Packages.ChildProcess.RunAsync(Packages.ChildProcess.Dotnet, [typeof(KrakenDb.Cli.KrakenDbProgram).Assembly.Location, .. arguments], _folder.Path, environment, CancellationToken.None);
}
