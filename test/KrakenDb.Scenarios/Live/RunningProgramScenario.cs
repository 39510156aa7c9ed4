using System.Globalization;
using System.Text.RegularExpressions;
using KrakenDb.Tests;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;
using static KrakenDb.Scenarios.Live.RefusedRecordingScenario;

namespace KrakenDb.Scenarios.Live;

/// <summary>The program as a supervisor runs it: what it exports, and that a stop stores everything.</summary>
public sealed partial class RunningProgramScenario
{
    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task The_metrics_of_a_recording_reach_an_OTLP_receiver(string protocol)
    {
        using var home = new TemporaryFolder();
        await using var receiver = await OtlpReceiver.StartAsync(protocol);
        await using var exchange = await StartAsync();
        var environment = Environment(home, exchange);
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Address;
        environment["OTEL_METRIC_EXPORT_INTERVAL"] = "300";

        // gRPC is what the exporter does by itself.
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol == "grpc" ? null : protocol;
        using var program = ProgramUnderTest.Start(environment, "collect", "--symbols", "BTC/USD", "ETH/USD", "--flush-interval", "0.2");
        await UntilAsync(() => Task.FromResult(Of("krakendb.trades.stored") > 0 && receiver.Values["krakendb.lag"].Count == 2), program);
        receiver.Values["krakendb.lag"].ShouldAllBe(milliseconds => milliseconds >= 0 && milliseconds < 60_000);
        await program.TerminateAsync(Ended);

        // The last export follows the last flush.
        var stored = double.Parse(StoppedLine().Match(program.Story).Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        Of("krakendb.trades.stored").ShouldBe(stored, program.Story);
        Of("krakendb.trades.received").ShouldBe(stored + Of("krakendb.trades.duplicate"));
        foreach (var name in new[] { "krakendb.records.rejected", "krakendb.records.dropped", "krakendb.flush.errors", "krakendb.reconnects", "krakendb.queue.trades", "krakendb.journal.size", "krakendb.candles.stored" })
        {
            Of(name).ShouldBe(0, name);
        }

        receiver.Values["krakendb.gaps"].Count.ShouldBe(2);

        double Of(string name) => receiver.Values.GetValueOrDefault(name)?.Sum() ?? -1;
    }

    [Fact]
    public async Task Run_fills_the_gap_since_the_last_recording_then_records_and_a_stop_stores_everything()
    {
        using var home = new TemporaryFolder();
        await using var exchange = await StartAsync();
        var environment = Environment(home, exchange);
        var since = UnixTime.ToDateTimeOffset(Interval.Minute.Floor(UnixTime.Microseconds(TimeProvider.System.GetUtcNow()))).AddMinutes(-2);
        using (var first = ProgramUnderTest.Start(environment, "collect", "--symbols", "BTC/USD", "--flush-interval", "0.2", "--since", since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)))
        {
            // Its file is its own: nobody else opens it before.
            await UntilAsync(() => Task.FromResult(first.Story.Contains("Recording ", StringComparison.Ordinal)), first);
            await UntilAsync(async () => (await TradesAsync(home)) is [{ LastTradeId: not null } only] && only.Range.Start == since, first);
            await first.TerminateAsync(Ended);
        }

        var before = (await TradesAsync(home)).ShouldHaveSingleItem();
        var wanted = since.AddMinutes(-2);
        await WantAsync(home, wanted);
        using var program = ProgramUnderTest.Start(environment, "run", "--symbols", "BTC/USD", "--warmup", "5", "--flush-interval", "0.2");
        await UntilAsync(() => Task.FromResult(program.Story.Contains("Recording ", StringComparison.Ordinal)), program);
        var recording = TimeProvider.System.GetUtcNow();
        await UntilAsync(async () => (await TradesAsync(home)) is [var only] && only.Range.End > recording, program);
        await program.TerminateAsync(Ended);

        program.ExitCode.ShouldBe(143, program.Story);
        FilledLine().IsMatch(program.Story).ShouldBeTrue(program.Story);
        program.Story.ShouldContain(" of 5 1m candles as of ");
        program.Story.ShouldContain("Stopped: ");
        var after = (await TradesAsync(home)).ShouldHaveSingleItem();
        (after.Grade, after.Range.Start).ShouldBe((CoverageGrade.Proven, before.Range.Start));
        Directory.EnumerateFiles(home.Path, "*.journal", SearchOption.AllDirectories).ShouldBeEmpty();
        await using var store = await MarketStore.OpenAsync(home["kraken.duckdb"], MarketStoreOptions.Default with { CreateIfMissing = false }, Ended);

        // A gap of the last hours is filled with the exchange's candles.
        (await store.GetCoverageAsync("BTC/USD", DataType.Candles(Interval.Minute), Ended)).Covers(new TimeRange(wanted, since)).ShouldBeTrue();
        var stored = (await store.ReadTradesAsync("BTC/USD", new TimeRange(since, since.AddHours(1)), 0, int.MaxValue, Ended)).Rows().Select(row => row.Id).ToList();
        stored.ShouldBe(Enumerable.Range(0, stored.Count).Select(offset => stored[0] + offset));
        stored[^1].ShouldBeGreaterThan(before.LastTradeId!.Value);
    }

    [Fact]
    public async Task A_server_that_is_away_at_the_start_is_waited_for_and_a_database_that_does_not_exist_is_not()
    {
        using var home = new TemporaryFolder();
        using var server = PostgresServer.StartOwn("-c fsync=off");
        await using var exchange = await StartAsync();
        var environment = Environment(home, exchange);
        environment["DATABASE_URL"] = server.Url("nowhere");
        using (var refused = await ProgramUnderTest.RunAsync(environment, Ended, "collect", "--symbols", "BTC/USD"))
        {
            refused.ExitCode.ShouldBe(1, refused.Story);
            refused.Story.ShouldContain("CREATE DATABASE \"nowhere\"");
        }

        environment["DATABASE_URL"] = await server.CreateDatabaseAsync("waited_for");
        server.Kill();
        using var program = ProgramUnderTest.Start(environment, "collect", "--symbols", "BTC/USD", "--flush-interval", "0.2");
        await UntilAsync(() => Task.FromResult(program.Story.Contains("Nothing is recorded yet; again in", StringComparison.Ordinal)), program);
        server.Start();
        await UntilAsync(() => Task.FromResult(program.Story.Contains("Recording BTC/USD", StringComparison.Ordinal)), program);
        await program.TerminateAsync(Ended);

        program.ExitCode.ShouldBe(143, program.Story);
        program.Story.ShouldContain("nothing listens there");
    }

    [GeneratedRegex("Stopped: ([0-9,]+) trades? stored")]
    private static partial Regex StoppedLine();

    [GeneratedRegex("(?m)^([1-9][0-9]*) of \\1 gaps? filled: ")]
    private static partial Regex FilledLine();

    private static async Task WantAsync(TemporaryFolder home, DateTimeOffset from)
    {
        await using var store = await MarketStore.OpenAsync(home["kraken.duckdb"], MarketStoreOptions.Default, Ended);
        await store.WriteAsync(new StoreWrite { Symbol = "BTC/USD", WantedFrom = from }, Ended);
    }

    private static async Task<CoverageSet> TradesAsync(TemporaryFolder home)
    {
        await using var store = await MarketStore.OpenAsync(home["kraken.duckdb"], MarketStoreOptions.Default, Ended);
        return await store.GetCoverageAsync("BTC/USD", DataType.Trades, Ended);
    }
}
