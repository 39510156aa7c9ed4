using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using KrakenDb.DuckDb;
using KrakenDb.Kraken;
using KrakenDb.Simulator;
using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

public sealed class BookRecorderTests : IDisposable
{
    private const long Start = 1_785_552_833_000_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Frames_are_recorded_as_they_came_while_other_channels_are_left_to_their_tables()
    {
        var frames = CaptureText.Frames(CaptureText.Names[0]);
        var store = new InMemoryMarketStore();
        var feed = new SilentFeed();
        BookRecorderStats stats;
        await using (var recorder = Recorder(feed, store))
        {
            Send(recorder, 0, frames);
            Send(recorder, 0, ["""{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD"}]}"""u8.ToArray()]);
            await recorder.DisposeAsync();
            stats = recorder.Stats;
        }

        feed.Resubscribed.ShouldBeEmpty();
        stats.ShouldBe(new BookRecorderStats(frames.Count, 301, 301, 0, 1, frames.Count, 0));
        (await StoredAsync(store)).ShouldHaveSingleItem().ShouldBe(frames.Select(Encoding.UTF8.GetString));
    }

    [Fact]
    public async Task A_wrong_checksum_subscribes_that_symbol_anew_and_leaves_an_incident()
    {
        var text = CaptureText.Frames(CaptureText.Names[0]).ConvertAll(Encoding.UTF8.GetString);
        var at = text.FindIndex(frame => frame.Contains("\"checksum\":1024595226", StringComparison.Ordinal));
        text[at] = text[at].Replace("1024595226", "1", StringComparison.Ordinal);
        var store = new InMemoryMarketStore();
        var feed = new SilentFeed();
        var recorder = Recorder(feed, store);
        Send(recorder, 0, text.Select(Encoding.UTF8.GetBytes));
        await recorder.DisposeAsync();

        feed.Resubscribed.ShouldBe(["BTC/USD"]);
        (await BookArchive.Of(store).GetIncidentsAsync(default)).ShouldHaveSingleItem().Kind.ShouldBe("mismatch");
    }

    [Fact]
    public async Task A_new_connection_is_a_new_session_and_what_lies_between_is_not_covered()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        var store = new InMemoryMarketStore();
        var recorder = Recorder(new SilentFeed(), store);
        Send(recorder, 0, frames.Take(500));
        ((ILiveFeedHandler)recorder).OnDisconnected(0, "cut", Start + 1_000_000);
        Send(recorder, 0, frames, from: 2_000_000);
        await recorder.DisposeAsync();

        (await StoredAsync(store)).Select(session => session.Count).ShouldBe([500, frames.Count]);
        (await store.GetCoverageAsync("BTC/USD", DataType.Book(25))).Count.ShouldBe(2);
        var gaps = await OrderBooks.Of(store, TimeProvider.System).GetGapsAsync(new BookReplayQuery { Symbol = "BTC/USD" });
        gaps.ShouldHaveSingleItem().EndTime.ShouldBe(UnixTime.ToDateTimeOffset(Start + 2_000_000 + 2));
    }

    [Fact]
    public async Task What_the_store_refuses_waits_on_disk_and_is_stored_in_order_when_it_can_be()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        var store = new InMemoryMarketStore();
        var failing = new FailingArchive(store);
        var recorder = Recorder(new SilentFeed(), failing);
        Send(recorder, 0, frames.Take(1000));
        await recorder.DisposeAsync();
        recorder.Stats.Stored.ShouldBe(0);
        Directory.GetFiles(_folder["journal"]).ShouldNotBeEmpty();

        // The next process finds the journal, and stores it before anything of its own.
        await Recorder(new SilentFeed(), store).DisposeAsync();

        Directory.GetFiles(_folder["journal"]).ShouldBeEmpty();
        (await StoredAsync(store)).ShouldHaveSingleItem().ShouldBe(frames.Take(1000).Select(Encoding.UTF8.GetString));
        (await store.GetCoverageAsync("BTC/USD", DataType.Book(25))).Count.ShouldBe(1);
        (await new BookVerifier(store, () => new KrakenBookWire()).VerifyAsync()).Damage.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_frame_that_the_store_never_takes_is_set_aside_and_keeps_nothing_back()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]).Take(1000).ToList();
        var store = new InMemoryMarketStore();
        var refusing = new FailingArchive(store) { RefusedSequence = 700 };
        var recorder = Recorder(new SilentFeed(), refusing);
        Send(recorder, 0, frames);
        await recorder.DisposeAsync();

        (recorder.Stats.Stored, recorder.Stats.SetAside, recorder.Stats.JournalWrites).ShouldBe((999, 1, 0));
        (await StoredAsync(store)).ShouldHaveSingleItem().ShouldBe(frames.Where((_, index) => index != 700).Select(Encoding.UTF8.GetString));
        (await store.GetCoverageAsync("BTC/USD", DataType.Book(25))).ShouldBeEmpty();

        // What was refused can be read.
        var kept = Directory.GetFiles(_folder["journal"]).ShouldHaveSingleItem();
        kept.ShouldEndWith("-700.refused");
        File.Move(kept, _folder["journal/000000000001.books"]);
        var evidence = new BookJournal(_folder["journal"], new KrakenBookWire()).Peek(_ => { })!.Batch;
        Encoding.UTF8.GetString(evidence.Text(evidence.Rows[0])).ShouldBe(Encoding.UTF8.GetString(frames[700]));
    }

    [Fact]
    public void A_damaged_file_of_the_journal_is_set_aside_and_the_next_is_read()
    {
        var journal = new BookJournal(_folder["journal"], new KrakenBookWire());
        for (var session = 1; session <= 2; session++)
        {
            var recording = new BookRecording(new KrakenBookWire(), session, "test");
            recording.Add("""{"channel":"heartbeat"}"""u8, Start);
            journal.Add(recording.Take());
        }

        var first = Directory.GetFiles(_folder["journal"]).Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(first);
        bytes[^3] ^= 1;
        File.WriteAllBytes(first, bytes);
        var damaged = new List<string>();

        var next = new BookJournal(_folder["journal"], new KrakenBookWire()).Peek(damaged.Add)!;

        next.Batch.SessionId.ShouldBe(2);
        damaged.ShouldBe([first + ".damaged"]);
        File.Exists(first + ".damaged").ShouldBeTrue();
    }

    [Fact]
    public async Task A_simulated_exchange_with_faults_is_recorded_as_it_sent()
    {
        var sent = new MemoryStream();
        var exchange = await SimulatedExchange.StartAsync(new()
        {
            TimeProvider = new FastClock(TimeProvider.System, 400),
            SentMessages = sent,
            FeedFaults = new FeedFaults { Seed = 7, PerMillion = new Dictionary<FeedFault, int> { [FeedFault.WrongChecksum] = 20_000, [FeedFault.CutConnection] = 3_000, [FeedFault.Fragments] = 20_000 } },
        });
        var store = await DuckDbMarketStore.OpenAsync(_folder["books.duckdb"], new DuckDbOptions(), default);
        await using var _ = store.ConfigureAwait(false);
        ILiveFeed feed = new KrakenLiveFeed(new KrakenLiveFeedOptions { Address = exchange.FeedAddress, ReconnectDelay = TimeSpan.FromMilliseconds(50), ReconnectDelayMax = TimeSpan.FromMilliseconds(50), ConnectsPerTenMinutes = 10_000, SendInterval = TimeSpan.Zero });
        using var stop = new CancellationTokenSource();
        var recorder = Recorder(feed, store, TimeSpan.FromMilliseconds(100));
        var running = feed.RunAsync(new LiveSubscription { Symbols = ["BTC/USD", "ETH/USD"], Trades = false, BookDepth = 10 }, recorder, stop.Token);
        for (var wait = 0; wait < 400 && (recorder.Stats.BookFrames < 1500 || recorder.Stats.Incidents == 0); wait++)
        {
            await Task.WhenAny(running, Task.Delay(50, TestContext.Current.CancellationToken));
        }

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await recorder.DisposeAsync();
        await exchange.DisposeAsync();

        var stats = recorder.Stats;
        stats.BookFrames.ShouldBeGreaterThan(100);
        stats.Incidents.ShouldBeGreaterThan(0, "wrong checksums were asked for");
        stats.JournalWrites.ShouldBe(0);
        var said = Encoding.UTF8.GetString(sent.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToLookup(parts => ulong.Parse(parts[0], CultureInfo.InvariantCulture), parts => parts[1]);
        var history = OrderBooks.Of(store, TimeProvider.System);
        var recorded = 0;
        foreach (var session in (await history.GetSessionsAsync()).GroupBy(row => row.SessionId))
        {
            var frames = await FramesAsync(store, session.Key, session.Max(row => row.LastSequence));
            frames.ShouldBe(said[session.First().ConnectionId].Take(frames.Count), customMessage: "a connection's frames are those that it was sent, in their order, up to its end");
            recorded += frames.Count;
        }

        recorded.ShouldBe((int)stats.Frames);
        var certificate = await new BookVerifier(store, () => new KrakenBookWire()).VerifyAsync();
        certificate.Damage.ShouldBeEmpty();
        certificate.Verified.ShouldBe(stats.Verified);
        certificate.Incidents.ShouldBe(stats.Incidents);
    }

    private static void Send(BookRecorder recorder, int connection, IEnumerable<byte[]> frames, long from = 0)
    {
        foreach (var frame in frames)
        {
            ((ILiveFeedHandler)recorder).OnFrame(connection, frame, Start + from++);
        }
    }

    private static async Task<List<List<string>>> StoredAsync(IMarketReader store)
    {
        var sessions = new List<List<string>>();
        foreach (var session in (await BookArchive.Of(store).GetCaptureSessionsAsync(default)).GroupBy(row => row.SessionId))
        {
            sessions.Add(await FramesAsync(store, session.Key, session.Max(row => row.LastSequence)));
        }

        return sessions;
    }

    private static async Task<List<string>> FramesAsync(IMarketReader store, long session, long last)
    {
        var batch = await BookArchive.Of(store).ReadFramesAsync(session, 0, last + 1, symbol: null, default);
        var wire = new KrakenBookWire();
        var buffer = new byte[16];
        var texts = new List<string>();
        foreach (ref readonly var row in batch.Rows)
        {
            texts.Add(Encoding.UTF8.GetString(batch.Frame(row, wire, ref buffer)));
        }

        return texts;
    }

    private BookRecorder Recorder(ILiveFeed feed, IBookArchive archive, TimeSpan? flush = null) =>
        new(feed, archive, () => new KrakenBookWire(), new BookRecorderOptions { JournalFolder = _folder["journal"], FlushInterval = flush ?? TimeSpan.FromMilliseconds(10) });

    private sealed class SilentFeed : ILiveFeed
    {
        public ConcurrentQueue<string> Resubscribed { get; } = [];

        public Task RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

        public void Reconnect(string symbol, string reason)
        {
        }

        public void ResubscribeBook(string symbol) => Resubscribed.Enqueue(symbol);
    }

    private sealed class FailingArchive(IMarketReader store) : IBookArchive
    {
        private readonly IBookArchive _archive = BookArchive.Of(store);

        /// <summary>The frame that no write may have; null where every write fails.</summary>
        public long? RefusedSequence { get; init; }

        public Task<BookReceipt> AppendAsync(BookWrite write, CancellationToken cancellationToken)
        {
            if (RefusedSequence is not { } refused)
            {
                return Task.FromException<BookReceipt>(new MarketStoreException("the disk is full"));
            }

            return write.Batch.Rows.ToArray().Any(row => row.Sequence == refused)
                ? Task.FromException<BookReceipt>(new MarketStoreException("a value is out of range") { RefusesRows = true })
                : _archive.AppendAsync(write, cancellationToken);
        }

        public Task<IReadOnlyList<CaptureSession>> GetCaptureSessionsAsync(CancellationToken cancellationToken) => _archive.GetCaptureSessionsAsync(cancellationToken);

        public Task<BookBatch> ReadFramesAsync(long sessionId, long fromSequence, long toSequence, string? symbol, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<(long From, long To)> FindSequencesAsync(long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<BookKeyframe?> FindKeyframeAsync(long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<BookIncident>> GetIncidentsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<(string Symbol, long Messages)>> ExpireAsync(long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
