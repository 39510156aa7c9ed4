using System.Buffers;

namespace KrakenDb;

/// <summary>Frames of one session in their order of arrival, with their levels and texts in common buffers.</summary>
internal sealed class BookBatch(long sessionId)
{
    private Stretch<BookMessageRow> _rows;
    private Stretch<WireLevel> _levels;
    private Stretch<byte> _text;

    public long SessionId { get; } = sessionId;

    public int Count => _rows.Count;

    public int LevelCount => _levels.Count;

    public int TextBytes => _text.Count;

    public Span<BookMessageRow> Rows => _rows.Span;

    public ReadOnlySpan<WireLevel> Levels(BookMessageRow row) => _levels.Span.Slice(row.FirstLevel, row.LevelCount);

    public ReadOnlySpan<WireLevel> Bids(BookMessageRow row) => _levels.Span.Slice(row.FirstLevel, row.BidCount);

    public ReadOnlySpan<WireLevel> Asks(BookMessageRow row) => _levels.Span.Slice(row.FirstLevel + row.BidCount, row.LevelCount - row.BidCount);

    public ReadOnlySpan<byte> Text(BookMessageRow row) => _text.Span.Slice(row.TextStart, row.TextLength);

    /// <summary>A copy, for writers that wait while they send it.</summary>
    public byte[] TextBytesOf(BookMessageRow row) => Text(row).ToArray();

    /// <summary>Adds a frame; the places of its levels and text are filled in.</summary>
    public void Add(BookMessageRow row, ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks, ReadOnlySpan<byte> text)
    {
        row.FirstLevel = _levels.Count;
        row.BidCount = bids.Length;
        row.LevelCount = bids.Length + asks.Length;
        row.TextStart = _text.Count;
        row.TextLength = text.Length;
        _levels.AddRange(bids);
        _levels.AddRange(asks);
        _text.AddRange(text);
        _rows.Add(row);
    }

    /// <summary>Adds a frame as a store has it, whose levels follow with <see cref="AddLevel"/>.</summary>
    public void Begin(BookMessageRow row, ReadOnlySpan<byte> text)
    {
        row.FirstLevel = _levels.Count;
        row.BidCount = row.LevelCount = 0;
        row.TextStart = _text.Count;
        row.TextLength = text.Length;
        _text.AddRange(text);
        _rows.Add(row);
    }

    /// <summary>Adds a level to the last frame; bids before asks.</summary>
    public void AddLevel(in WireLevel level, bool isBid)
    {
        ref var row = ref _rows.Span[^1];
        _levels.Add(level);
        row.LevelCount++;
        row.BidCount += isBid ? 1 : 0;
    }

    /// <summary>Adds so many frames, which the caller fills in.</summary>
    public Span<BookMessageRow> AddRows(int count) => _rows.Extend(count);

    /// <summary>Adds so many levels, which the caller fills in and <see cref="TrimLevels"/> cuts.</summary>
    public Span<WireLevel> AddLevels(int count) => _levels.Extend(count);

    public void TrimLevels(int count) => _levels.Trim(count);

    /// <summary>The bytes of a frame that cannot be written from its fields.</summary>
    public void SetText(ref BookMessageRow row, ReadOnlySpan<byte> text)
    {
        row.TextStart = _text.Count;
        row.TextLength = text.Length;
        _text.AddRange(text);
    }

    public void Clear()
    {
        _rows.Trim(0);
        _levels.Trim(0);
        _text.Trim(0);
    }

    /// <summary>Gives the memory to the next batch. Nothing of this one may be in use; it is empty afterwards. Who does not call it leaves the memory to the garbage collector.</summary>
    public void Recycle()
    {
        _rows.Return();
        _levels.Return();
        _text.Return();
    }

    /// <summary>The frame's bytes as they came.</summary>
    /// <exception cref="MarketStoreException">A usual frame could not be written from its fields: the rows were changed.</exception>
    public ReadOnlySpan<byte> Frame(BookMessageRow row, IBookWire wire, ref byte[] buffer)
    {
        if (row.TextLength > 0 || !row.IsUsual)
        {
            return Text(row);
        }

        var length = wire.Write(row.Kind, row.Symbol, Bids(row), Asks(row), row.Checksum, row.ExchangeTime, ref buffer);
        return length > 0
            ? buffer.AsSpan(0, length)
            : throw new MarketStoreException($"Message {row.Sequence} of session {SessionId} cannot be written from what is stored of it: its row was changed. Check the archive: kraken-db book verify");
    }

    /// <summary>A list in pooled memory, which a window after the other fills: a new one for each would be as much memory again as the replayed frames.</summary>
    private struct Stretch<T>
    {
        private const int FirstItems = 256;

        private T[]? _items;

        public int Count { get; private set; }

        public readonly Span<T> Span => _items.AsSpan(0, Count);

        public void Add(T item) => Extend(1)[0] = item;

        public void AddRange(ReadOnlySpan<T> items)
        {
            if (!items.IsEmpty)
            {
                items.CopyTo(Extend(items.Length));
            }
        }

        /// <summary>What is there now may be anything.</summary>
        public Span<T> Extend(int count)
        {
            var first = Count;
            if (_items is null || count > _items.Length - first)
            {
                var larger = ArrayPool<T>.Shared.Rent(Math.Max(Math.Max(first + count, 2 * first), FirstItems));
                Span.CopyTo(larger);
                if (_items is not null)
                {
                    ArrayPool<T>.Shared.Return(_items);
                }

                _items = larger;
            }

            Count = first + count;
            return _items.AsSpan(first, count);
        }

        public void Trim(int count) => Count = count;

        public void Return()
        {
            if (_items is not null)
            {
                ArrayPool<T>.Shared.Return(_items);
            }

            (_items, Count) = (null, 0);
        }
    }
}
