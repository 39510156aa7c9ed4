using System.Diagnostics;
using System.Globalization;
using System.Text;
using KrakenDb.Kraken;

namespace KrakenDb.Benchmarks;

/// <summary>
/// Order books: one update through reader, book and checksum; a recording of many updates in the store, its size, its replay, and the book at random moments. The recording
/// is a real one of fifty seconds (<c>../shared/data</c>), again and again with its times moved on.
/// </summary>
internal sealed class BookBenchmark(BenchmarkOptions options, Report report)
{
    private const string Capture = "../shared/data/ws_v2/crossbook_kraken_btcusd_sample.cbcap";
    private const long LoopNanoseconds = 51_000_000_000;
    private const int BatchFrames = 122_880;
    private const string SeekCeiling = "the rows on the way to a moment in SQL";

    // What the way to a moment reads: the keyframe before it, and the frames from there to the next one.
    private const string SeekSql =
        """
        SELECT max(sequence) FROM orderbook_keyframes WHERE session_id = 1 AND symbol = 'BTC/USD' AND received_time_ns <= {2} AND sequence < {1};
        SELECT received_time_ns, exchange_time_ns, checksum, levels FROM orderbook_keyframes WHERE session_id = 1 AND sequence >= {0} AND sequence < {1};
        SELECT sequence, symbol, channel, type, kind, exchange_time, received_time, exchange_rest_ns, received_rest_ns, checksum, verified, is_usual, raw_message
        FROM kraken_orderbook_messages WHERE session_id = 1 AND sequence >= {0} AND sequence < {1} AND symbol = 'BTC/USD';
        SELECT sequence, is_bid, price_digits, price_decimals, quantity_digits, quantity_decimals FROM orderbook_levels WHERE session_id = 1 AND sequence >= {0} AND sequence < {1}
        """;

    private readonly KrakenBookWire _wire = new();

    public async Task RunAsync()
    {
        report.AddCeiling(SeekCeiling, SeekSql);
        var frames = ReadFrames(Path.Combine(Machine.RepositoryRoot, Capture));
        MeasureUpdates(frames);
        await MeasureStoreAsync(frames);
        if (Environment.GetEnvironmentVariable("KRAKENDB_BENCH_URL") is { Length: > 0 } url)
        {
            await MeasureServerAsync(url, frames);
        }
    }

    private static List<(long Time, byte[] Text)> ReadFrames(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"The recording is missing: put it at {Path.GetFullPath(path)}.");
        }

        var bytes = File.ReadAllBytes(path);
        var frames = new List<(long, byte[])>();
        for (var at = Array.IndexOf(bytes, (byte)'\n') + 1; at < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', at);
            var parts = Encoding.ASCII.GetString(bytes, at, end - at).Split(' ');
            var length = int.Parse(parts[1]);
            frames.Add((long.Parse(parts[0]), bytes[(end + 1)..(end + 1 + length)]));
            at = end + 2 + length;
        }

        return frames;
    }

    private void MeasureUpdates(List<(long Time, byte[] Text)> frames)
    {
        var books = frames.Select(frame => frame.Text).Where(text => text.AsSpan().StartsWith("{\"channel\":\"book\""u8)).ToArray();
        var chain = new BookChain(25, _wire);
        var frame = new BookFrame();
        Run(20);
        var rounds = options.IsDry ? 5 : 200;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var samples = new Samples();
        for (var run = 0; run < 5; run++)
        {
            samples.Add(() => Run(rounds));
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        report.Add(new Result("order book: read, apply and verify one update", samples.Median * 1000 / rounds / books.Length, "µs") { Target = 3, Note = $"{(double)allocated / (5 * rounds * books.Length):0.###} bytes allocated" });

        void Run(int times)
        {
            for (var round = 0; round < times; round++)
            {
                foreach (var text in books)
                {
                    _wire.Read(text, frame);
                    if (chain.Apply(frame.Kind == BookFrameKind.Snapshot, frame.Bids, frame.Asks, frame.Checksum) != BookVerdict.Verified)
                    {
                        throw new UnreachableException("A recorded checksum is wrong.");
                    }
                }
            }
        }
    }

    private async Task MeasureStoreAsync(List<(long Time, byte[] Text)> frames)
    {
        var updates = options.Rows.Count > 0 ? options.Rows.Max() : 1_000_000;
        var path = Path.Combine(options.Directory, $"books-{updates}.duckdb");
        if (!File.Exists(path))
        {
            await CreateAsync(path, frames, updates);
        }

        await using var store = await MarketStore.OpenAsync(path);
        var history = OrderBooks.Of(store, TimeProvider.System);
        var sessions = await history.GetSessionsAsync();
        var (messages, levels) = (sessions.Sum(session => session.Messages), sessions.Sum(session => session.LevelChanges));
        report.Add(new Result("order book: bytes per level change, embedded", (double)new FileInfo(path).Length / levels, "bytes") { Target = 20, Note = $"{levels:N0} level changes in {messages:N0} messages, {new FileInfo(path).Length / 1e6:0} MB after db compact" });
        await ReplayAsync("order book: replay raw", history, new BookReplayQuery { Verify = false, AllowGaps = true }, messages, 1_000_000);
        await ReplayAsync("order book: replay raw, item by item", history, new BookReplayQuery { Verify = false, AllowGaps = true }, messages, null, isSingle: true);
        await ReplayAsync("order book: replay verified", history, new BookReplayQuery(), messages, 250_000);

        await SeekAsync(path, history, sessions.Single(session => session.Symbol.Length > 0));
    }

    private async Task SeekAsync(string path, OrderBookHistory history, CaptureSession book)
    {
        const int FramesRead = 1_088;
        var random = new Random(1);
        var (ours, theirs) = (new Samples(), new Samples());
        var (oursCpu, theirsCpu) = (TimeSpan.Zero, TimeSpan.Zero);
        var statements = SeekSql.Split(';');
        using var binding = Binding.Open(path);
        for (var index = 0; index < (options.IsDry ? 5 : 200); index++)
        {
            // In turns, each at a place of its own: neither finds what the other has just decoded.
            var at = book.StartTime.AddSeconds(5 + ((book.EndTime - book.StartTime).TotalSeconds - 5) * random.NextDouble());
            var started = Process.GetCurrentProcess().TotalProcessorTime;
            await ours.AddAsync(async () =>
            {
                if (await history.GetBookAsync("BTC/USD", at) is not { IsVerified: true })
                {
                    throw new UnreachableException("No book at a moment within the recording.");
                }
            });
            var between = Process.GetCurrentProcess().TotalProcessorTime;
            var from = random.NextInt64(book.FirstSequence, Math.Max(book.FirstSequence + 1, book.LastSequence - FramesRead));
            theirs.Add(() =>
            {
                foreach (var statement in statements)
                {
                    binding.ReadText(string.Format(CultureInfo.InvariantCulture, statement, from, from + FramesRead, UnixTime.Microseconds(at) * 1000));
                }
            });
            oursCpu += between - started;
            theirsCpu += Process.GetCurrentProcess().TotalProcessorTime - between;
        }

        report.Add(new Result("order book: at a random moment, p95", ours.P95, "ms")
        {
            Target = 50,
            Ceiling = theirs.P95,
            CeilingName = SeekCeiling,
            Note = $"p50 {Result.Number(ours.Median)}, ceiling's p50 {Result.Number(theirs.Median)}; {book.BookMessages:N0} updates; processor time {Result.Number(oursCpu.TotalMilliseconds / ours.Count)} ms, ceiling's {Result.Number(theirsCpu.TotalMilliseconds / theirs.Count)} ms",
        });
    }

    private async Task CreateAsync(string path, List<(long Time, byte[] Text)> frames, long updates)
    {
        var unfinished = Stores.Fresh(options.Directory, "unfinished-books");
        await using (var store = await MarketStore.OpenAsync(unfinished))
        {
            report.Add(new Result("order book: import, verified", await FillAsync(store, frames, updates), "messages/s") { Note = "with making the frames" });

            var levels = (await OrderBooks.Of(store, TimeProvider.System).GetSessionsAsync()).Sum(session => session.LevelChanges);
            report.Add(new Result("order book: bytes per level change, embedded, straight after import", (double)(await store.GetStatusAsync()).SizeBytes / levels, "bytes") { Target = 20 });

            // An import leaves dead space behind that later writes use; here it would be counted as size.
            await store.CompactAsync();
        }

        File.Move(unfinished, path);
    }

    private async Task<double> FillAsync(IMarketStore store, List<(long Time, byte[] Text)> frames, long updates)
    {
        var recording = new BookRecording(new KrakenBookWire(), 1, "benchmark");
        var frame = new BookFrame();
        var buffer = new byte[4096];
        var started = Stopwatch.GetTimestamp();
        for (long loop = 0; recording.BookFrames < updates; loop++)
        {
            foreach (var (time, text) in frames)
            {
                _wire.Read(text, frame);
                var moved = (loop * LoopNanoseconds) + time;
                if (frame.IsBook)
                {
                    var length = _wire.Write(frame.Kind, frame.Symbol, frame.Bids, frame.Asks, frame.Checksum, frame.ExchangeTime + (loop * LoopNanoseconds), ref buffer);
                    recording.Add(buffer.AsSpan(0, length), moved);
                }
                else if (loop == 0 || frame.Kind == BookFrameKind.Heartbeat)
                {
                    recording.Add(text, moved);
                }

                if (recording.Count == BatchFrames)
                {
                    await BookArchive.Of(store).AppendAsync(recording.Take(), default);
                }
            }
        }

        await BookArchive.Of(store).AppendAsync(recording.Take(), default);
        return recording.Frames / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Into a database of its own.</summary>
    private async Task MeasureServerAsync(string url, List<(long Time, byte[] Text)> frames)
    {
        await using var store = await ServerBenchmark.OpenFreshAsync(url, "krakendb_bench_book");
        var empty = (await store.GetStatusAsync()).SizeBytes;
        var speed = await FillAsync(store, frames, options.Rows.Count > 0 ? Math.Min(options.Rows.Max(), 1_000_000) : 1_000_000);
        var history = OrderBooks.Of(store, TimeProvider.System);
        var sessions = await history.GetSessionsAsync();
        var (messages, levels) = (sessions.Sum(session => session.Messages), sessions.Sum(session => session.LevelChanges));
        var filled = (await store.GetStatusAsync()).SizeBytes;
        report.Add(new Result("order book: import, verified, server", speed, "messages/s") { Note = "with making the frames" });
        report.Add(new Result("order book: bytes per level change, server", (double)(filled - empty) / levels, "bytes") { Note = "before compression" });
        await ReplayAsync("order book: replay verified, server", history, new BookReplayQuery(), messages, 200_000);
        if (await store.CompressAsync(TimeSpan.Zero, default) > 0)
        {
            // The database's own size counts what compression left behind until the server has cleared it away.
            var packed = (await store.GetCompressionAsync(default)).Where(table => table.Table.StartsWith("kraken_orderbook_", StringComparison.Ordinal)).ToList();
            report.Add(new Result("order book: bytes per level change, server, compressed", (double)packed.Sum(table => table.BytesAfter) / levels, "bytes")
            {
                Note = string.Create(CultureInfo.InvariantCulture, $"messages and entries: {packed.Sum(table => table.BytesBefore) / 1_000_000} MB before, {packed.Sum(table => table.BytesAfter) / 1_000_000} MB after"),
            });
            await ReplayAsync("order book: replay verified, server, compressed", history, new BookReplayQuery(), messages, 200_000);
        }
    }

    private async Task ReplayAsync(string name, OrderBookHistory history, BookReplayQuery query, long messages, double? target, bool isSingle = false)
    {
        var samples = new Samples();
        var (processor, allocated, runs) = (Process.GetCurrentProcess().TotalProcessorTime, GC.GetTotalAllocatedBytes(), options.IsDry ? 1 : 3);
        for (var run = 0; run < runs; run++)
        {
            await samples.AddAsync(async () =>
            {
                var count = await (isSingle ? CountSingleAsync(history, query) : CountAsync(history, query));
                if (count != messages)
                {
                    throw new UnreachableException($"{count} of {messages} messages.");
                }
            });
        }

        processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        report.Add(new Result(name, messages / samples.Median * 1000, "messages/s")
        {
            Target = target,
            Note = $"{processor.TotalMicroseconds / runs / messages:0.00} µs of processor time a message, on {processor.TotalMilliseconds / samples.Sum:0.00} cores; {(double)allocated / runs / messages:0} bytes allocated",
        });
    }

    private static async Task<long> CountAsync(OrderBookHistory history, BookReplayQuery query)
    {
        long count = 0;
        await foreach (var items in history.ReplayBatchesAsync(query))
        {
            foreach (var item in items.Span)
            {
                count += item.Message is { Raw.Length: > 0 } ? 1 : 0;
            }
        }

        return count;
    }

    private static async Task<long> CountSingleAsync(OrderBookHistory history, BookReplayQuery query)
    {
        long count = 0;
        await foreach (var item in history.ReplayAsync(query))
        {
            count += item.Message is { Raw.Length: > 0 } ? 1 : 0;
        }

        return count;
    }
}
