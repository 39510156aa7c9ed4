using System.Text;
using System.Text.Json;
using KrakenDb.Cli;
using KrakenDb.DuckDb.Native;
using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class BookCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_recordings_are_imported_verified_and_replayed_to_the_byte()
    {
        string[] files = [.. CaptureText.Names.Select(CaptureText.PathOf)];
        var import = await RunAsync(["book", "import", .. files, "--format", "json"]);
        import.ExitCode.ShouldBe(0, import.Error);
        using var imported = JsonDocument.Parse(import.Output);
        imported.RootElement[0].GetProperty("verified").GetInt64().ShouldBe(301);
        imported.RootElement[1].GetProperty("verified").GetInt64().ShouldBe(2052);

        var again = await RunAsync(["book", "import", .. files, "--format", "json"]);
        using var unchanged = JsonDocument.Parse(again.Output);
        unchanged.RootElement.EnumerateArray().ShouldAllBe(file => file.GetProperty("inserted").GetInt64() == 0 && file.GetProperty("unchanged").GetInt64() == file.GetProperty("messages").GetInt64());

        var replay = await RunAsync(["book", "replay", "--allow-gaps"]);
        replay.ExitCode.ShouldBe(0, replay.Error);
        replay.Error.ShouldContain("2,353 verified again");
        replay.Output.ShouldBe(string.Concat(CaptureText.Names.SelectMany(CaptureText.Frames).Select(frame => Encoding.UTF8.GetString(frame) + "\n")));

        var verify = await RunAsync(["book", "verify", "--format", "json"]);
        verify.ExitCode.ShouldBe(0, verify.Output);
        using var certificate = JsonDocument.Parse(verify.Output);
        certificate.RootElement.GetProperty("verdict").GetString().ShouldBe("whole");
        certificate.RootElement.GetProperty("verified").GetInt64().ShouldBe(2353);
        certificate.RootElement.GetProperty("mismatches").GetInt64().ShouldBe(0);
        certificate.RootElement.GetProperty("ranges").GetArrayLength().ShouldBe(6, "the first recording subscribes five times");
        (await RunAsync(["book", "verify"])).Output.ShouldContain("The archive is whole.");
    }

    [Fact]
    public async Task Queries_show_what_was_recorded()
    {
        await RunAsync(["book", "import", CaptureText.PathOf(CaptureText.Names[0])]);

        (await RunAsync(["book", "query", "statistics", "--format", "csv"])).Output.Split('\n')[1].ShouldStartWith("377,1,2026-08-01T02:53:52.693693Z,");
        (await RunAsync(["book", "query", "symbols", "--format", "csv"])).Output.ShouldContain("BTC/USD,10,");
        (await RunAsync(["book", "query", "sessions"])).Output.ShouldContain("crossbook_kraken_btcusd_l2.cbcap");
        (await RunAsync(["book", "query", "messages", "-n", "1", "--format", "csv"])).Output.ShouldContain("3793782525");
        (await RunAsync(["book", "query", "entries", "-n", "1", "--format", "csv"])).Output.ShouldContain("BTC/USD,ask,63006.3,0.23809104,");
        (await RunAsync(["book", "query", "message"])).Output.ShouldContain("  \"channel\": \"book\"");
        (await RunAsync(["book", "query", "incidents", "--format", "csv"])).Output.Split('\n').Length.ShouldBe(2);

        var at = await RunAsync(["book", "query", "at", "BTC/USD", "--at", "2026-08-01T02:53:54Z", "--exchange-time", "--within", "0.01", "--fill", "2.5", "--format", "json", "-n", "2"]);
        at.ExitCode.ShouldBe(0, at.Error);
        using var book = JsonDocument.Parse(at.Output);
        book.RootElement.GetProperty("verified").GetBoolean().ShouldBeTrue();
        book.RootElement.GetProperty("mid").GetString().ShouldBe("63004.95");
        book.RootElement.GetProperty("spread").GetString().ShouldBe("0.1");
        book.RootElement.GetProperty("asks")[0].GetProperty("quantity").GetString().ShouldBe("2.08665551");
        book.RootElement.GetProperty("buy")[0].GetProperty("cost").GetString().ShouldBe("157512.541334449");
        (await RunAsync(["book", "query", "at", "BTC/USD", "-n", "3"])).Output.ShouldContain("verified");
    }

    [Fact]
    public async Task A_capture_cut_within_a_frame_is_kept_up_to_there_and_goes_on_when_the_rest_comes()
    {
        var whole = File.ReadAllBytes(CaptureText.PathOf(CaptureText.Names[1]));
        foreach (var length in (int[])[whole.Length - 1, whole.Length - 50, 200_003, 100])
        {
            var cut = _folder[$"cut{length}.cbcap"];
            await File.WriteAllBytesAsync(cut, whole[..length]);
            var run = await RunAsync(["book", "import", cut, "--format", "json", "--db-url", _folder[$"cut{length}.duckdb"]]);
            run.ExitCode.ShouldBe(0, run.Error);
            using var imported = JsonDocument.Parse(run.Output);
            if (length == whole.Length - 1)
            {
                imported.RootElement[0].GetProperty("cut").ValueKind.ShouldBe(JsonValueKind.Null, "only the last line feed is missing");
            }
            else
            {
                run.Error.ShouldContain("the file ends at byte");
                imported.RootElement[0].GetProperty("cut").GetString()!.ShouldContain("before it are whole");
            }

            var rest = await RunAsync(["book", "import", CaptureText.PathOf(CaptureText.Names[1]), "--db-url", _folder[$"cut{length}.duckdb"], "--format", "json"]);
            using var completed = JsonDocument.Parse(rest.Output);
            completed.RootElement[0].GetProperty("unchanged").GetInt64().ShouldBe(imported.RootElement[0].GetProperty("inserted").GetInt64());
            (await RunAsync(["book", "verify", "--db-url", _folder[$"cut{length}.duckdb"], "--format", "json"])).Output.ShouldContain("\"verified\": 2052");
        }
    }

    [Fact]
    public async Task Other_bytes_under_the_same_recording_are_refused()
    {
        var path = CaptureText.PathOf(CaptureText.Names[0]);
        await RunAsync(["book", "import", path]);
        var changed = _folder["changed.cbcap"];
        await File.WriteAllTextAsync(changed, (await File.ReadAllTextAsync(path)).Replace("2.08665551", "2.08665552", StringComparison.Ordinal));

        var run = await RunAsync(["book", "import", changed]);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("frame 5 is not what is stored of the same recording");
        (await RunAsync(["book", "verify"])).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_store_without_a_recording_gets_no_certificate()
    {
        var empty = _folder["empty.duckdb"];
        await RunAsync(["import", "--file", await OneCandleAsync(), "--all", "--db-url", empty]);

        var verify = await RunAsync(["book", "verify", "--db-url", empty]);

        verify.Output.ShouldBeEmpty();
        verify.Error.ShouldContain("nothing to verify. Record one: kraken-db book watch");

        async Task<string> OneCandleAsync()
        {
            await File.WriteAllTextAsync(_folder["XBTUSD_1.csv"], "1704067200,1,1,1,1,1,1\n");
            return _folder["XBTUSD_1.csv"];
        }
    }

    [Fact]
    public async Task A_wrong_or_missing_checksum_is_an_incident_and_a_hole_that_replay_says_before_it_starts()
    {
        var text = await File.ReadAllTextAsync(CaptureText.PathOf(CaptureText.Names[0]));
        var wrong = _folder["wrong.cbcap"];
        await File.WriteAllTextAsync(wrong, text.Replace("\"checksum\":1024595226", "\"checksum\":1024595227", StringComparison.Ordinal));

        var import = await RunAsync(["book", "import", wrong, "--format", "json"]);
        import.ExitCode.ShouldBe(0, import.Error);
        import.Output.ShouldContain("\"incidents\": 1");
        var incidents = await RunAsync(["book", "query", "incidents", "--format", "csv"]);
        incidents.Output.ShouldContain("mismatch,1024595227,1024595226");

        var replay = await RunAsync(["book", "replay", "BTC/USD"]);
        replay.ExitCode.ShouldBe(1);
        replay.Output.ShouldBeEmpty();
        replay.Error.ShouldContain("hole: BTC/USD book_10 from 2026-08-01T");
        replay.Error.ShouldContain("--allow-gaps");
        var allowed = await RunAsync(["book", "replay", "--allow-gaps"]);
        allowed.ExitCode.ShouldBe(0, allowed.Error);
        allowed.Output.Split('\n').Length.ShouldBe(CaptureText.Frames(CaptureText.Names[0]).Count + 1);
        var verify = await RunAsync(["book", "verify", "--format", "json"]);
        verify.ExitCode.ShouldBe(0, verify.Output);
        verify.Output.ShouldNotContain("\"mismatches\": 0,");
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("PK\u0003\u0004", "does not begin with 'CBCAP1")]
    [InlineData("CBCAP1 kraken BTC/USD x\n", "does not begin with 'CBCAP1")]
    [InlineData("CBCAP1 kraken BTC/USD 1785552832693693000\nhello\n", "'receive_ns byte_count'")]
    [InlineData("CBCAP1 kraken BTC/USD 1785552832693693000\n1 5\n{\"channel\":\"heartbeat\"}\n", "has no line feed behind its 5 bytes")]
    [InlineData("{\"session_id\":1}\n", "line 1 (byte 0) is no exported message")]
    public async Task What_is_no_recording_is_refused_with_the_place(string text, string expected)
    {
        var file = _folder["bad.cbcap"];
        await File.WriteAllTextAsync(file, text);

        var run = await RunAsync(["book", "import", file]);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task Misuse_is_explained()
    {
        (await RunAsync(["book", "import", "nowhere.cbcap"])).Error.ShouldContain("there is no file");
        (await RunAsync(["book", "import", "x", "--depth", "11"])).Error.ShouldContain("'11' is no depth that Kraken has");
        await RunAsync(["book", "import", CaptureText.PathOf(CaptureText.Names[0])]);
        (await RunAsync(["book", "query", "at", "ETH/USD"])).Error.ShouldContain("there are BTC/USD");
        (await RunAsync(["book", "query", "at", "BTC/USD", "--at", "2020-01-01"])).Error.ShouldContain("no order book of BTC/USD had been received by 2020-01-01");
        (await RunAsync(["book", "replay", "--books"])).Error.ShouldContain("are of one market");
    }

    [Fact]
    public async Task A_book_state_follows_every_message_of_a_replay()
    {
        await RunAsync(["book", "import", CaptureText.PathOf(CaptureText.Names[1])]);

        var run = await RunAsync(["book", "replay", "BTC/USD", "--books", "--start", "2026-08-02T03:36:00Z", "--end", "2026-08-02T03:36:10Z"]);

        run.ExitCode.ShouldBe(0, run.Error);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBeGreaterThan(100);
        lines.ShouldAllBe(line => line.Contains("\"bid\":\"63", StringComparison.Ordinal) && line.Contains("\"ask\":\"63", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exported_messages_are_the_same_recording_in_another_store()
    {
        await RunAsync(["book", "import", .. CaptureText.Names.Select(CaptureText.PathOf)]);
        var (lines, parquet) = (_folder["books.jsonl"], _folder["books.parquet"]);
        (await RunAsync(["book", "export", "--allow-gaps", "--to", lines])).Error.ShouldContain("Wrote 2,481 messages");

        var import = await RunAsync(["book", "import", lines, "--format", "json", "--db-url", _folder["second.duckdb"]]);

        import.ExitCode.ShouldBe(0, import.Error);
        import.Output.ShouldContain("\"verified\": 2353");
        (await RunAsync(["book", "replay", "--allow-gaps", "--db-url", _folder["second.duckdb"]])).Output.ShouldBe((await RunAsync(["book", "replay", "--allow-gaps"])).Output);
        (await RunAsync(["book", "import", lines, "--format", "json"])).Output.ShouldContain("\"inserted\": 0");
        (await RunAsync(["book", "export", "--allow-gaps", "--to", parquet])).Error.ShouldContain("Wrote 2,481 messages");
        using (var database = DuckDbDatabase.Open(":memory:", new Dictionary<string, string>()))
        using (var connection = database.Connect())
        using (var result = connection.Query($"SELECT count(*), count(*) FILTER (WHERE verified), sum(octet_length(raw_message))::BIGINT FROM '{parquet}'"))
        {
            var chunk = result.FetchChunk()!;
            chunk.Int64(0)[0].ShouldBe(2481);
            chunk.Int64(1)[0].ShouldBe(2353);
            chunk.Int64(2)[0].ShouldBe(CaptureText.Names.SelectMany(CaptureText.Frames).Sum(frame => (long)frame.Length));
        }

        (await RunAsync(["book", "export", "BTC/USD", "--allow-gaps", "--books", "-n", "2", "--to", parquet])).Error.ShouldContain("Wrote 2,353 books");
        (await RunAsync(["book", "export", "BTC/USD", "--allow-gaps", "--books", "-n", "2", "--to", lines])).Error.ShouldContain("Wrote 2,353 books");
        (await File.ReadAllLinesAsync(lines))[0].ShouldEndWith("\"bids\":[[\"63004.9\",\"0.01876947\"],[\"63003.3\",\"0.000051\"]],\"asks\":[[\"63005\",\"2.07265551\"],[\"63005.1\",\"0.5500686\"]]}");
        (await RunAsync(["book", "export", "--to", "x.csv"])).Error.ShouldContain("'.CSV' is no format");
    }

    [Fact]
    public async Task A_refused_symbol_is_told_and_recording_ends_where_none_is_left()
    {
        (await RunAsync(["book", "watch", "--depth", "7"])).ShouldSatisfyAllConditions(
            run => run.ExitCode.ShouldBe(2),
            run => run.Error.ShouldContain("'7' is no depth that Kraken has"));
        (await RunAsync(["book", "watch", "--symbols", "NOSUCH/USD"])).ExitCode.ShouldBe(2);
        var error = new StringWriter();
        var context = new CommandContext(new MemoryStream(), error) { LiveFeed = _ => new RefusingFeed() };

        var code = await KrakenDbProgram.RunAsync(["book", "watch", "--symbols", "BTC/USD", "ETH/USD", "--db-url", _folder["refused.duckdb"], "--journal", _folder["journal"]], context);

        code.ShouldBe(1);
        error.ToString().ShouldContain("The exchange refuses ETH/USD book: Currency pair not supported");
        error.ToString().ShouldContain("The exchange refuses the order book of every symbol: BTC/USD, ETH/USD.");
    }

    private Task<ProgramRun> RunAsync(string[] arguments) =>
        ProgramRun.OnAsync(store: null, clock: null, arguments.Contains("--db-url") ? arguments : [.. arguments, "--db-url", _folder["books.duckdb"]]);

    private sealed class RefusingFeed : ILiveFeed
    {
        public Task RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken)
        {
            foreach (var symbol in subscription.Symbols)
            {
                handler.OnRefused(0, symbol, "book", "Currency pair not supported");
            }

            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public void Reconnect(string symbol, string reason)
        {
        }

        public void ResubscribeBook(string symbol)
        {
        }
    }
}
