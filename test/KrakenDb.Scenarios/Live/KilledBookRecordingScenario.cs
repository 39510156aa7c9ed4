using System.Diagnostics;
using System.Globalization;
using System.Text;
using KrakenDb.Cli;
using KrakenDb.Kraken;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios.Live;

/// <summary>
/// The proof of the order books: 400,000 frames of four markets, recorded by the program over a WebSocket with faults, killed three times, on a server that is killed
/// too; in the end each connection's recording is the simulator's own record of what it sent there, byte for byte, up to what had been written down when it ended.
/// </summary>
public sealed class KilledBookRecordingScenario
{
    private const int FramesInFull = 400_000;
    private const int SymbolCount = 4;
    private const int Depth = 25;
    private const int Kills = 3;

    /// <summary>The clock of the exchange and of the program, timers and time-outs included, goes so many times as fast.</summary>
    private const int Factor = 10;

    // By this clock everything of a connection that ended before it is stored or in the journal, whatever else the machine does.
    private static readonly TimeSpan Written = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task On_DuckDB_a_recording_killed_three_times_is_what_the_exchange_sent()
    {
        using var folder = new TemporaryFolder();
        await RunAsync("DuckDB", folder["kraken.duckdb"], restart: null);
    }

    [Fact]
    public async Task On_PostgreSQL_a_recording_killed_three_times_on_a_killed_server_is_what_the_exchange_sent()
    {
        // Nothing brings a frame back: what the server says it has committed must outlive it.
        using var server = PostgresServer.StartOwn("-c fsync=off");
        await RunAsync("PostgreSQL", await server.CreateDatabaseAsync("books"), async () =>
        {
            server.Kill();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            server.Start();
        });
    }

    private static async Task RunAsync(string engine, string url, Func<Task>? restart)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var random = ScenarioScale.Start($"Killed book recording on {engine}");
        var watch = Stopwatch.StartNew();
        using var home = new TemporaryFolder();
        await using var sent = new FileStream(home["sent.txt"], FileMode.CreateNew, FileAccess.ReadWrite);
        var connections = await RecordAsync(url, home, sent, random, restart, cancellationToken);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: recorded"));
        await using (var store = await MarketStore.OpenAsync(url, MarketStoreOptions.Default with { CreateIfMissing = false }, cancellationToken))
        {
            await CompareAsync(store, connections, await SaidAsync(sent, cancellationToken), cancellationToken);
        }

        using var verify = await ProgramUnderTest.RunAsync(new Dictionary<string, string?> { ["DATABASE_URL"] = url, ["KRAKENDB_HOME"] = home.Path }, cancellationToken, "book", "verify");
        verify.ExitCode.ShouldBe(0, verify.Story);
        verify.Output.ShouldContain("The archive is whole.");
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s: whole"));
    }

    private static async Task<Connections> RecordAsync(string url, TemporaryFolder home, FileStream sent, Random random, Func<Task>? restart, CancellationToken cancellationToken)
    {
        var part = ScenarioScale.Of(FramesInFull) / (Kills + 1);
        var seed = (ulong)random.Next();
        var origin = TimeProvider.System.GetUtcNow();
        var clock = new SimulatedClock(TimeProvider.System, Factor, origin);
        var start = new DateTimeOffset(origin.Ticks - (origin.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        string[] symbols = [.. MarketSpec.Popular.Take(SymbolCount)];
        await using var exchange = await SimulatedExchange.StartAsync(
            new SimulatedExchangeOptions
            {
                Markets = [.. symbols.Select(symbol => MarketSpec.Of(symbol, seed).WithPace(80) with { Start = start })],
                TimeProvider = clock,
                LimitTimeProvider = clock,
                SentMessages = sent,
                FeedFaults = Faults(seed),
            },
            cancellationToken);
        var environment = new Dictionary<string, string?>
        {
            ["DATABASE_URL"] = url,
            ["KRAKENDB_HOME"] = home.Path,
            ["KRAKENDB_CLOCK"] = string.Create(CultureInfo.InvariantCulture, $"{Factor}@{origin:O}"),
            ["KRAKEN_API_URL"] = exchange.BaseAddress.ToString().TrimEnd('/'),
            ["KRAKEN_WS_URL"] = exchange.FeedAddress.ToString(),
        };
        string[] arguments = ["book", "watch", "--symbols", .. symbols, "--depth", Depth.ToString(CultureInfo.InvariantCulture), "--journal", home["journal"]];
        var connections = new Connections(exchange);
        var program = ProgramUnderTest.Start(environment, arguments);
        try
        {
            for (var kill = 1; kill <= Kills; kill++)
            {
                await connections.UntilSentAsync(part, program, cancellationToken);
                if (restart is not null)
                {
                    await restart();
                }

                await Task.Delay(random.Next(0, 1000), cancellationToken);
                program.HasEnded.ShouldBeFalse(program.HasEnded ? program.Story : "");
                connections.Kill();
                await program.KillAsync();
                ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"kill {kill} after {connections.Sent} frames{(restart is null ? "" : ", after a restart of the server")}"));
                program.Dispose();
                program = ProgramUnderTest.Start(environment, arguments);
            }

            await connections.UntilSentAsync(part, program, cancellationToken);
            await program.TerminateAsync(cancellationToken);
            program.ExitCode.ShouldBe(143, program.Story);
            Directory.GetFiles(home["journal"]).ShouldBeEmpty($"what the database did not take at first it has now{Environment.NewLine}{program.Story}");
        }
        finally
        {
            program.Dispose();
        }

        return connections;
    }

    /// <summary>Some twenty of them at the smallest scale, a third of which end the connection.</summary>
    private static FeedFaults Faults(ulong seed) => new()
    {
        Seed = seed,
        PerMillion = new Dictionary<FeedFault, int>
        {
            [FeedFault.CutConnection] = 100,
            [FeedFault.GoingAway] = 100,
            [FeedFault.ServiceRestart] = 100,
            [FeedFault.WrongChecksum] = 1_000,
            [FeedFault.Fragments] = 200,
            [FeedFault.Joined] = 100,
            [FeedFault.MalformedJson] = 300,
            [FeedFault.UnknownChannel] = 300,
        },
    };

    /// <summary>Per connection what it was sent, without the frames of channels that nobody asked for: those are no part of a book's recording.</summary>
    private static async Task<Dictionary<ulong, List<string>>> SaidAsync(FileStream sent, CancellationToken cancellationToken)
    {
        var said = new Dictionary<ulong, List<string>>();
        sent.Position = 0;
        using var reader = new StreamReader(sent, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            var id = ulong.Parse(line.AsSpan(0, tab), CultureInfo.InvariantCulture);
            if (!said.TryGetValue(id, out var frames))
            {
                said[id] = frames = [];
            }

            if (!line.AsSpan(tab + 1).StartsWith("{\"channel\":\"weather\""))
            {
                frames.Add(line[(tab + 1)..]);
            }
        }

        return said;
    }

    private static async Task CompareAsync(IMarketStore store, Connections connections, Dictionary<ulong, List<string>> said, CancellationToken cancellationToken)
    {
        var archive = BookArchive.Of(store);
        var (recorded, stored) = (0L, new Dictionary<ulong, int>());
        var sessions = await BookFrames.SessionsAsync(archive, cancellationToken);
        foreach (var session in sessions)
        {
            var id = session[0].ConnectionId;
            stored.ContainsKey(id).ShouldBeFalse($"connection {id} is stored as two sessions");
            said.ShouldContainKey(id);
            stored[id] = await CompareAsync(archive, session, said[id], cancellationToken);
            recorded += stored[id];
        }

        foreach (var (id, frames) in said)
        {
            if (connections.IsWhole(id, out var isClosed))
            {
                // A connection that is cut takes with it what the client has not read by then; a closed one is read to its end.
                stored.GetValueOrDefault(id).ShouldBeInRange(isClosed ? frames.Count : 1, frames.Count, $"frames of connection {id}, which ended long before a kill");
            }
        }

        var incidents = await archive.GetIncidentsAsync(cancellationToken);
        incidents.Select(incident => incident.Kind).Distinct().ShouldBeSubsetOf(["mismatch", "unreadable"]);
        incidents.Count(incident => incident.Kind == "mismatch").ShouldBeInRange(1, connections.WrongChecksums);
        var certificate = await new BookVerifier(store, () => new KrakenBookWire()).VerifyAsync(cancellationToken: cancellationToken);
        certificate.Damage.ShouldBeEmpty();
        certificate.Mismatches.ShouldBe(incidents.Count(incident => incident.Kind == "mismatch"));

        // While the database is away a wrong checksum is noticed late, and what comes until then stays unverified.
        certificate.Verified.ShouldBe(sessions.Sum(session => session.Sum(row => row.Verified)));
        certificate.Verified.ShouldBeGreaterThan(certificate.BookMessages / 2);
        recorded.ShouldBeGreaterThan(said.Values.Sum(frames => (long)frames.Count) / 3);
        ScenarioScale.Tell(string.Create(CultureInfo.InvariantCulture, $"{recorded} of {said.Values.Sum(frames => (long)frames.Count)} frames of {said.Count} connections compared; {certificate.Verified} checksums verified, {certificate.Mismatches} wrong as sent"));
    }

    /// <summary>The frames are those that the connection was sent, from its first and in their order.</summary>
    private static async Task<int> CompareAsync(IBookArchive archive, IReadOnlyList<CaptureSession> session, List<string> said, CancellationToken cancellationToken)
    {
        var wire = new KrakenBookWire();
        var buffer = new byte[1024];
        var count = 0;
        await foreach (var (batch, _, _) in BookFrames.ReadAsync(archive, session, cancellationToken))
        {
            for (var index = 0; index < batch.Count; index++)
            {
                var row = batch.Rows[index];
                row.Sequence.ShouldBe(count, "no frame is missing and none is there twice");
                count.ShouldBeLessThan(said.Count, $"connection {session[0].ConnectionId} was sent no more");
                var frame = Encoding.UTF8.GetString(batch.Frame(row, wire, ref buffer));
                if (frame != said[count])
                {
                    frame.ShouldBe(said[count], $"frame {count} of connection {session[0].ConnectionId}");
                }

                count++;
            }
        }

        session.Sum(row => row.Messages).ShouldBe(count);
        session.Max(row => row.LastSequence).ShouldBe(count - 1);
        return count;
    }

    /// <summary>Which connections were killed with the program, and which had ended, and been written down, before.</summary>
    private sealed class Connections(SimulatedExchange exchange)
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private readonly Dictionary<ulong, TimeSpan> _ended = [];
        private readonly HashSet<ulong> _killed = [];

        public long Sent => exchange.FeedRecords.Sum(record => record.Messages);

        public int WrongChecksums => exchange.FeedRecords.Sum(record => record.Faults.Count(fault => fault.Fault == FeedFault.WrongChecksum));

        public async Task UntilSentAsync(long frames, ProgramUnderTest program, CancellationToken cancellationToken)
        {
            for (var before = Sent; Sent < before + frames;)
            {
                program.HasEnded.ShouldBeFalse(program.HasEnded ? program.Story : "");
                Look();
                await Task.Delay(20, cancellationToken);
            }
        }

        public void Kill()
        {
            Look();
            _killed.UnionWith(exchange.FeedRecords.Where(record => !_ended.TryGetValue(record.ConnectionId, out var at) || at > _watch.Elapsed - Written).Select(record => record.ConnectionId));
        }

        /// <param name="id">Of the connection.</param>
        /// <param name="isClosed">By the exchange and in order: nothing of it was lost on the way.</param>
        public bool IsWhole(ulong id, out bool isClosed)
        {
            var record = exchange.FeedRecords.Single(record => record.ConnectionId == id);
            isClosed = record.Ended is nameof(FeedFault.GoingAway) or nameof(FeedFault.ServiceRestart);
            return !_killed.Contains(id);
        }

        private void Look()
        {
            foreach (var record in exchange.FeedRecords.Where(record => record.Ended is not null))
            {
                _ended.TryAdd(record.ConnectionId, _watch.Elapsed);
            }
        }
    }
}
