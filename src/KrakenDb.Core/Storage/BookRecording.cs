using System.Globalization;
using System.Text;
using System.Text.Json;

namespace KrakenDb;

/// <summary>
/// The frames of one connection on their way into a store: read, applied to their books, verified, written again to see whether their bytes must be kept, and
/// gathered in batches with the keyframes, incidents and coverage that belong to them. No thread and no clock of its own.
/// </summary>
internal sealed class BookRecording(IBookWire wire, long sessionId, string source, ulong connectionId = 0, int? depth = null)
{
    private static readonly int[] Depths = [10, 25, 100, 500, 1000];

    private readonly BookFrame _frame = new();
    private readonly Dictionary<string, SymbolBook> _books = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _depths = new(StringComparer.Ordinal);
    private BookBatch _batch = new(sessionId);
    private List<BookKeyframe> _keyframes = [];
    private List<BookIncident> _incidents = [];
    private List<(string Symbol, string DataType, CoverageRange Range)> _covered = [];
    private byte[] _written = new byte[1024];
    private long _sequence;

    public long SessionId => sessionId;

    /// <summary>Frames in the batch.</summary>
    public int Count => _batch.Count;

    public int BatchBytes => _batch.TextBytes;

    /// <summary>How many frames there were, whatever became of them.</summary>
    public long Frames => _sequence;

    public long BookFrames { get; private set; }

    public long Verified { get; private set; }

    public long IncidentCount { get; private set; }

    /// <summary>Takes the next frame.</summary>
    /// <param name="text">As it came.</param>
    /// <param name="receivedTime">Nanoseconds since 1970 UTC.</param>
    /// <returns>The symbol whose book is unknown since this frame and must be subscribed again; null where all is well.</returns>
    public string? Add(ReadOnlySpan<byte> text, long receivedTime)
    {
        wire.Read(text, _frame);
        return Add(_frame, text, receivedTime);
    }

    /// <summary>Takes a frame that was read already.</summary>
    public string? Add(BookFrame frame, ReadOnlySpan<byte> text, long receivedTime)
    {
        var row = new BookMessageRow
        {
            Sequence = _sequence++,
            ReceivedTime = receivedTime,
            ExchangeTime = frame.ExchangeTime,
            Kind = frame.Kind,
            Symbol = frame.Symbol,
            Channel = frame.Channel,
            Type = frame.Type,
            Checksum = frame.Checksum,
        };
        string? broken = null;
        if (frame.IsBook)
        {
            broken = Verify(frame, ref row, text);
        }
        else if (frame is { Kind: BookFrameKind.Answer, Depth: { } subscribed, Symbol: { } symbol })
        {
            Begin(symbol, subscribed);
        }
        else if (frame is { Kind: BookFrameKind.Answer, Type: "unsubscribe", Channel: "book", Symbol: { } left, Error: null } && _books.TryGetValue(left, out var ended))
        {
            // What happens until the next snapshot nobody tells us.
            ended.Break();
            ended.Chain.Break();
        }
        else if (frame.Kind == BookFrameKind.Unreadable)
        {
            AddIncident(row, "unreadable", frame.Symbol ?? "", computed: null, book: null, text);
        }

        var length = wire.Write(frame.Kind, frame.Symbol, frame.Bids, frame.Asks, frame.Checksum, frame.ExchangeTime, ref _written);
        row.IsUsual = length > 0 && text.SequenceEqual(_written.AsSpan(0, length));
        _batch.Add(row, frame.Bids, frame.Asks, text);
        return broken;
    }

    /// <summary>Nothing continues after this: the connection is gone.</summary>
    public void BreakAll()
    {
        foreach (var book in _books.Values)
        {
            book.Break();
            book.Chain.Break();
        }
    }

    /// <summary>The next frame has this sequence; where frames are missing before it, nothing continues over them.</summary>
    public void ContinueAt(long sequence)
    {
        if (sequence != _sequence)
        {
            BreakAll();
            _sequence = sequence;
        }
    }

    /// <summary>What was gathered since the last call.</summary>
    public BookWrite Take()
    {
        var covered = _covered;
        foreach (var (symbol, book) in _books)
        {
            AddCovered(covered, symbol, book);
        }

        var write = new BookWrite
        {
            Batch = _batch,
            Source = source,
            ConnectionId = connectionId,
            Depths = new Dictionary<string, int>(_depths, StringComparer.Ordinal),
            Keyframes = _keyframes,
            Incidents = _incidents,
            Covered = covered,
        };
        (_batch, _keyframes, _incidents, _covered) = (new BookBatch(sessionId), [], [], []);
        return write;
    }

    /// <summary>A number of 63 bits from what a recording begins with.</summary>
    public static long SessionIdOf(params ReadOnlySpan<string> parts)
    {
        // FNV-1a, 64 bits: no defence, only a name that two recordings will not share.
        unchecked
        {
            var hash = 0xCBF2_9CE4_8422_2325;
            foreach (var part in parts)
            {
                foreach (var value in Encoding.UTF8.GetBytes(part))
                {
                    hash = (hash ^ value) * 0x100_0000_01B3;
                }

                hash = (hash ^ 0xFF) * 0x100_0000_01B3;
            }

            // The low bits of FNV know little of the first characters.
            hash ^= hash >> 32;
            hash *= 0xD6E8_FEB8_6659_FD93;
            hash ^= hash >> 32;
            return (long)(hash & long.MaxValue);
        }
    }

    private string? Verify(BookFrame frame, ref BookMessageRow row, ReadOnlySpan<byte> text)
    {
        BookFrames++;
        var symbol = frame.Symbol!;
        if (!_books.TryGetValue(symbol, out var book))
        {
            // A capture that lost its answer still says how deep it is by its snapshot.
            book = Begin(symbol, depth ?? Depths.FirstOrDefault(known => known >= Math.Max(frame.BidCount, frame.Asks.Length), 1000));
        }

        book.Remember();
        var verdict = book.Chain.Apply(frame.Kind == BookFrameKind.Snapshot, frame.Bids, frame.Asks, frame.Checksum);
        row.Verified = verdict == BookVerdict.Verified;
        if (verdict != BookVerdict.Verified)
        {
            // Told once; a snapshot that fails is a new failure, for nothing else would end it.
            var isNew = !book.IsBroken || frame.Kind == BookFrameKind.Snapshot;
            book.Break();
            if (!isNew)
            {
                return null;
            }

            var kind = verdict switch { BookVerdict.Mismatch => "mismatch", BookVerdict.NoChecksum => "no_checksum", _ => "no_snapshot" };
            AddIncident(row, kind, symbol, verdict is BookVerdict.Mismatch or BookVerdict.NoChecksum ? book.Chain.Computed : null, book, text);
            return symbol;
        }

        Verified++;
        book.Verified(row.ReceivedTime);
        if (book.Chain.Book.IsCrossed && !book.WasCrossed)
        {
            AddIncident(row, "crossed", symbol, book.Chain.Computed, book, text);
        }

        book.WasCrossed = book.Chain.Book.IsCrossed;
        if (book.IsKeyframeDue && BookPacking.TryPack(book.Chain.Book) is { } packed)
        {
            _keyframes.Add(new BookKeyframe
            {
                Symbol = symbol,
                Sequence = row.Sequence,
                ReceivedTime = row.ReceivedTime,
                ExchangeTime = row.ExchangeTime ?? row.ReceivedTime,
                Checksum = book.Chain.Computed,
                Levels = packed,
            });
        }

        return null;
    }

    private static void AddCovered(List<(string Symbol, string DataType, CoverageRange Range)> covered, string symbol, SymbolBook book)
    {
        foreach (var range in book.TakeCovered())
        {
            covered.Add((symbol, DataType.Book(book.Depth), new CoverageRange { Range = range, Source = CandleSource.WebSocketBook, Grade = CoverageGrade.Proven }));
        }
    }

    private SymbolBook Begin(string symbol, int levels)
    {
        if (_books.TryGetValue(symbol, out var book) && book.Depth == levels)
        {
            return book;
        }

        // A range that is not taken yet stays with the depth under which it was proven.
        if (book is not null)
        {
            book.Break();
            AddCovered(_covered, symbol, book);
        }

        var begun = new SymbolBook(levels, wire);
        _books[symbol] = begun;
        _depths[symbol] = levels;
        return begun;
    }

    private void AddIncident(BookMessageRow row, string kind, string symbol, uint? computed, SymbolBook? book, ReadOnlySpan<byte> text)
    {
        IncidentCount++;
        _incidents.Add(new BookIncident
        {
            SessionId = sessionId,
            Sequence = row.Sequence,
            Symbol = symbol,
            Kind = kind,
            Time = UnixTime.ToDateTimeOffset(HistoricalTrade.FloorDivide(row.ReceivedTime, 1000)),
            Expected = row.Checksum,
            Computed = computed,
            BookBefore = book?.Before() ?? "{\"bids\":[],\"asks\":[]}",
            Frame = Encoding.UTF8.GetString(text),
        });
    }

    private sealed class SymbolBook(int depth, IBookWire wire)
    {
        // More than the checksum looks at, less than would make an incident unreadable.
        private const int Remembered = 25;

        private readonly WireLevel[] _bids = new WireLevel[Remembered];
        private readonly WireLevel[] _asks = new WireLevel[Remembered];
        private readonly List<TimeRange> _covered = [];
        private int _bidCount;
        private int _askCount;
        private int _updates;
        private long? _from;
        private long _to;

        public int Depth => depth;

        public BookChain Chain { get; } = new(depth, wire);

        /// <summary>Since a failure was told; false again after the next snapshot that verifies.</summary>
        public bool IsBroken { get; private set; }

        public bool WasCrossed { get; set; }

        public bool IsKeyframeDue
        {
            get
            {
                if (_updates < BookKeyframe.Spacing)
                {
                    return false;
                }

                _updates = 0;
                return true;
            }
        }

        public void Remember()
        {
            _bidCount = Copy(Chain.Book.Bids, _bids);
            _askCount = Copy(Chain.Book.Asks, _asks);
        }

        /// <param name="receivedTime">Nanoseconds since 1970 UTC.</param>
        public void Verified(long receivedTime)
        {
            IsBroken = false;
            _updates++;
            var time = HistoricalTrade.FloorDivide(receivedTime, 1000);
            _from ??= time;
            _to = Math.Max(_to, time + 1);
        }

        public void Break()
        {
            IsBroken = true;
            if (_from is { } from && _to > from)
            {
                _covered.Add(new TimeRange(from, _to));
            }

            _from = null;
        }

        public IEnumerable<TimeRange> TakeCovered()
        {
            if (_from is { } from && _to > from)
            {
                _covered.Add(new TimeRange(from, _to));

                // The next range joins this one.
                _from = _to;
            }

            TimeRange[] covered = [.. _covered];
            _covered.Clear();
            return covered;
        }

        public string Before()
        {
            using var memory = new MemoryStream();
            using (var json = new Utf8JsonWriter(memory))
            {
                json.WriteStartObject();
                Write(json, "bids", _bids.AsSpan(0, _bidCount));
                Write(json, "asks", _asks.AsSpan(0, _askCount));
                json.WriteEndObject();
            }

            return Encoding.UTF8.GetString(memory.GetBuffer().AsSpan(0, (int)memory.Length));
        }

        private static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<WireLevel> levels)
        {
            json.WriteStartArray(name);
            foreach (ref readonly var level in levels)
            {
                json.WriteStartArray();
                json.WriteStringValue(FixedPoint.ToDecimal(level.Price).ToString(CultureInfo.InvariantCulture));
                json.WriteStringValue(FixedPoint.ToDecimal(level.Quantity).ToString(CultureInfo.InvariantCulture));
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        private static int Copy(ReadOnlySpan<WireLevel> levels, WireLevel[] into)
        {
            levels = levels[..Math.Min(levels.Length, Remembered)];
            levels.CopyTo(into);
            return levels.Length;
        }
    }
}
