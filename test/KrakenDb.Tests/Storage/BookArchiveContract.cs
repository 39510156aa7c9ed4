using System.Text;
using KrakenDb.Kraken;
using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>What every engine promises of recorded order books. One derived class per engine; the in-memory store is the oracle.</summary>
public abstract class BookArchiveContract : IAsyncLifetime
{
    private const long Start = 1_785_552_833_000_000_000;

    private protected ManualClock Clock { get; } = new(new DateTimeOffset(2026, 8, 3, 0, 0, 0, TimeSpan.Zero));

    private protected IMarketStore Store { get; private set; } = null!;

    private IBookArchive Archive => BookArchive.Of(Store);

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_empty_store_has_no_recordings()
    {
        (await Archive.GetCaptureSessionsAsync(default)).ShouldBeEmpty();
        (await Archive.GetIncidentsAsync(default)).ShouldBeEmpty();
        (await Archive.ReadFramesAsync(1, 0, 100, symbol: null, default)).Count.ShouldBe(0);
        (await Archive.FindSequencesAsync(1, 0, long.MaxValue, byExchangeTime: false, default)).ShouldBe((0, 0));
        (await Archive.FindKeyframeAsync(1, "BTC/USD", long.MaxValue, byExchangeTime: false, long.MaxValue, default)).ShouldBeNull();
    }

    [Theory]
    [InlineData("crossbook_kraken_btcusd_l2.cbcap", 10, 5)]
    [InlineData("crossbook_kraken_btcusd_sample.cbcap", 25, 1)]
    public async Task A_recording_comes_back_to_the_byte(string name, int depth, int subscriptions)
    {
        var frames = CaptureText.Frames(name);
        var recording = Recording(frames);
        var write = recording.Take();
        recording.Verified.ShouldBe(recording.BookFrames);
        recording.IncidentCount.ShouldBe(0);

        (await Archive.AppendAsync(write, default)).ShouldBe(new BookReceipt(frames.Count, 0));
        (await Archive.AppendAsync(write, default)).ShouldBe(new BookReceipt(0, frames.Count));

        (await FramesAsync(0, frames.Count)).ShouldBe(frames.Select(Encoding.UTF8.GetString));
        var sessions = await Archive.GetCaptureSessionsAsync(default);
        sessions.Select(session => session.Symbol).ShouldBe(["", "BTC/USD"]);
        var book = sessions[1];
        book.Depth.ShouldBe(depth);
        book.ConnectionId.ShouldBe(ulong.MaxValue);
        book.PricePrecision.ShouldBe(1);
        book.QuantityPrecision.ShouldBe(8);
        book.Verified.ShouldBe(book.BookMessages);
        book.BookMessages.ShouldBe(recording.BookFrames);
        (sessions[0].Messages + sessions[1].Messages).ShouldBe(frames.Count);
        var covered = await Store.GetCoverageAsync("BTC/USD", DataType.Book(depth));
        covered.Count.ShouldBe(subscriptions);
        covered[0].Grade.ShouldBe(CoverageGrade.Proven);
        covered[0].Source.ShouldBe(CandleSource.WebSocketBook);
    }

    [Fact]
    public async Task Frames_that_are_written_in_another_way_come_back_to_the_byte()
    {
        string[] texts =
        [
            """{"channel":"status","type":"update","data":[{"connection_id":16174536464690282295}]}""",
            """{ "channel":"heartbeat"}""",
            """{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":1E-8,"qty":0E0}],"asks":[],"checksum":1}]}""",
            """{"channel":"book","data":[{"symbol":"BTC/USD","asks":[{"price":2.50,"qty":79228162514.2643375935}],"bids":[],"timestamp":"2026-08-01T02:53:53.398143789Z"}],"type":"snapshot"}""",
            "not a message \u0001 ä",
            "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"A\\u0000\"}]}",
            "{\"method\":\"pong\",\"n\":1e99999}",
            "",
            new string('x', 300_000),
        ];
        await Archive.AppendAsync(Recording(texts.Select(Encoding.UTF8.GetBytes)).Take(), default);

        (await FramesAsync(0, 100)).ShouldBe(texts);
        var batch = await Archive.ReadFramesAsync(7, 0, 100, symbol: null, default);
        batch.Rows[3].ExchangeTime.ShouldBe(1785552833398143789);
        batch.Levels(batch.Rows[3]).ToArray().ShouldBe([new WireLevel(250, 2, UInt128.Parse("792281625142643375935", System.Globalization.CultureInfo.InvariantCulture), 10)]);
        batch.Rows[4].Kind.ShouldBe(BookFrameKind.Unreadable);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_back()
    {
        byte[] bytes = [0xFF, 0x00, 0xC3, 0x28, (byte)'"'];
        await Archive.AppendAsync(Recording([bytes]).Take(), default);

        var batch = await Archive.ReadFramesAsync(7, 0, 1, symbol: null, default);
        batch.Text(batch.Rows[0]).ToArray().ShouldBe(bytes);
        (await Archive.GetIncidentsAsync(default)).Single().Kind.ShouldBe("unreadable");
    }

    [Fact]
    public async Task Many_small_writes_are_one_recording_with_one_range()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        var recording = new BookRecording(new KrakenBookWire(), 7, "test");
        for (var index = 0; index < frames.Count; index++)
        {
            recording.Add(frames[index], Time(index)).ShouldBeNull();
            if (index % 300 == 299)
            {
                await Archive.AppendAsync(recording.Take(), default);
            }
        }

        await Archive.AppendAsync(recording.Take(), default);

        (await FramesAsync(0, frames.Count)).ShouldBe(frames.Select(Encoding.UTF8.GetString));
        (await FramesAsync(500, 502)).ShouldBe(frames[500..502].Select(Encoding.UTF8.GetString));
        var covered = await Store.GetCoverageAsync("BTC/USD", DataType.Book(25));
        covered.Select(range => range.Range).ShouldBe([new TimeRange(Time(2) / 1000, (Time(frames.Count - 1) / 1000) + 1)]);
        (await Archive.GetCaptureSessionsAsync(default))[1].LastSequence.ShouldBe(frames.Count - 1);
        (await Archive.FindSequencesAsync(7, Time(10), Time(20), byExchangeTime: false, default)).ShouldBe((10, 20));
        var keyframe = (await Archive.FindKeyframeAsync(7, "BTC/USD", Time(frames.Count), byExchangeTime: false, long.MaxValue, default))!;
        BookPacking.TryUnpack(keyframe.Levels, out var bids, out var asks).ShouldBeTrue();
        new BookChain(25, new KrakenBookWire()).TryResume(bids, asks, keyframe.Checksum).ShouldBeTrue();
        (await Archive.FindKeyframeAsync(7, "BTC/USD", long.MaxValue, byExchangeTime: true, keyframe.Sequence, default))!.Sequence.ShouldBeLessThan(keyframe.Sequence);
        (await Archive.FindKeyframeAsync(7, "ETH/USD", long.MaxValue, byExchangeTime: false, long.MaxValue, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Symbols_of_one_connection_are_told_apart()
    {
        var frames = CaptureText.Frames(CaptureText.Names[0])
            .SelectMany(frame => (byte[][])[frame, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(frame).Replace("BTC/USD", "ETH/EUR", StringComparison.Ordinal))])
            .ToList();
        await Archive.AppendAsync(Recording(frames).Take(), default);

        foreach (var symbol in (string[])["BTC/USD", "ETH/EUR"])
        {
            var batch = await Archive.ReadFramesAsync(7, 10, 300, symbol, default);
            Text(batch).ShouldBe(frames[10..300].Select(Encoding.UTF8.GetString).Where(frame => frame.Contains(symbol, StringComparison.Ordinal)));
            (await Store.GetCoverageAsync(symbol, DataType.Book(10))).Count.ShouldBe(5, "each subscription begins anew");
        }
    }

    [Fact]
    public async Task A_wrong_checksum_ends_the_range_and_is_kept_with_its_evidence()
    {
        var frames = CaptureText.Frames(CaptureText.Names[0]);
        var at = frames.FindIndex(frame => Encoding.UTF8.GetString(frame).Contains("\"update\",\"data\":[{\"symbol\":\"BTC", StringComparison.Ordinal)) + 4;
        var text = Encoding.UTF8.GetString(frames[at]);
        text.ShouldContain("\"checksum\":");
        var start = text.IndexOf("\"checksum\":", StringComparison.Ordinal) + 11;
        var digits = text[start..text.IndexOf(',', start)];
        frames[at] = Encoding.UTF8.GetBytes(text.Replace(digits, "1", StringComparison.Ordinal));
        var recording = new BookRecording(new KrakenBookWire(), 7, "test");
        var told = frames.Select((frame, index) => recording.Add(frame, Time(index))).OfType<string>().ToList();
        told.ShouldBe(["BTC/USD"]);

        await Archive.AppendAsync(recording.Take(), default);

        var incident = (await Archive.GetIncidentsAsync(default)).ShouldHaveSingleItem();
        incident.Kind.ShouldBe("mismatch");
        incident.Sequence.ShouldBe(at);
        incident.Expected.ShouldBe(1u);
        incident.Computed.ShouldBe(uint.Parse(digits, System.Globalization.CultureInfo.InvariantCulture));
        incident.BookBefore.ShouldContain("63005");
        incident.Frame.ShouldBe(Encoding.UTF8.GetString(frames[at]));
        var covered = await Store.GetCoverageAsync("BTC/USD", DataType.Book(10));
        covered.Count.ShouldBe(5);
        covered[0].Range.EndMicroseconds.ShouldBeLessThanOrEqualTo(Time(at) / 1000);
        (await FramesAsync(0, frames.Count)).ShouldBe(frames.Select(Encoding.UTF8.GetString));
    }

    private protected abstract Task<IMarketStore> OpenAsync();

    private static long Time(int index) => Start + (index * 1_234_567L);

    private static BookRecording Recording(IEnumerable<byte[]> frames)
    {
        var recording = new BookRecording(new KrakenBookWire(), 7, "test", ulong.MaxValue);
        var index = 0;
        foreach (var frame in frames)
        {
            recording.Add(frame, Time(index++));
        }

        return recording;
    }

    private async Task<List<string>> FramesAsync(long from, long to)
    {
        var batch = await Archive.ReadFramesAsync(7, from, to, symbol: null, default);
        return Text(batch);
    }

    /// <summary>The documents' statements, on an engine that takes them.</summary>
    private protected static string[] DocumentedQueries =>
    [
        "SELECT COUNT(*) FROM kraken_orderbook_messages",
        "SELECT COUNT(*) FROM kraken_orderbook_entries",
        "SELECT * FROM kraken_orderbook_messages ORDER BY timestamp DESC LIMIT 5",
        "SELECT * FROM kraken_orderbook_entries ORDER BY timestamp DESC LIMIT 10",
        "SELECT DISTINCT symbol FROM kraken_orderbook_messages",
        "SELECT COUNT(*) as total_messages, COUNT(DISTINCT symbol) as unique_symbols, MIN(timestamp) as first_message, MAX(timestamp) as last_message FROM kraken_orderbook_messages",
        "SELECT * FROM kraken_orderbook_entries WHERE symbol = 'BTC/USD' ORDER BY timestamp DESC",
    ];

    private protected async Task FillAsync() => await Archive.AppendAsync(Recording(CaptureText.Frames(CaptureText.Names[0])).Take(), default);

    private static List<string> Text(BookBatch batch)
    {
        var wire = new KrakenBookWire();
        var buffer = new byte[16];
        var texts = new List<string>();
        foreach (ref readonly var row in batch.Rows)
        {
            texts.Add(Encoding.UTF8.GetString(batch.Frame(row, wire, ref buffer)));
        }

        return texts;
    }
}
