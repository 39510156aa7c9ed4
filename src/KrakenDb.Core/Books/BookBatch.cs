using System.Runtime.InteropServices;

namespace KrakenDb;

/// <summary>Frames of one session in their order of arrival, with their levels and texts in common buffers.</summary>
internal sealed class BookBatch(long sessionId)
{
    private readonly List<BookMessageRow> _rows = [];
    private readonly List<WireLevel> _levels = [];
    private readonly List<byte> _text = [];

    public long SessionId { get; } = sessionId;

    public int Count => _rows.Count;

    public int LevelCount => _levels.Count;

    public int TextBytes => _text.Count;

    public Span<BookMessageRow> Rows => CollectionsMarshal.AsSpan(_rows);

    public ReadOnlySpan<WireLevel> Levels(BookMessageRow row) => CollectionsMarshal.AsSpan(_levels).Slice(row.FirstLevel, row.LevelCount);

    public ReadOnlySpan<WireLevel> Bids(BookMessageRow row) => CollectionsMarshal.AsSpan(_levels).Slice(row.FirstLevel, row.BidCount);

    public ReadOnlySpan<WireLevel> Asks(BookMessageRow row) => CollectionsMarshal.AsSpan(_levels).Slice(row.FirstLevel + row.BidCount, row.LevelCount - row.BidCount);

    public ReadOnlySpan<byte> Text(BookMessageRow row) => CollectionsMarshal.AsSpan(_text).Slice(row.TextStart, row.TextLength);

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
        ref var row = ref CollectionsMarshal.AsSpan(_rows)[^1];
        _levels.Add(level);
        row.LevelCount++;
        row.BidCount += isBid ? 1 : 0;
    }

    /// <summary>Adds so many frames, which the caller fills in.</summary>
    public Span<BookMessageRow> AddRows(int count)
    {
        var first = _rows.Count;
        CollectionsMarshal.SetCount(_rows, first + count);
        return CollectionsMarshal.AsSpan(_rows)[first..];
    }

    /// <summary>Adds so many levels, which the caller fills in and <see cref="TrimLevels"/> cuts.</summary>
    public Span<WireLevel> AddLevels(int count)
    {
        var first = _levels.Count;
        CollectionsMarshal.SetCount(_levels, first + count);
        return CollectionsMarshal.AsSpan(_levels)[first..];
    }

    public void TrimLevels(int count) => CollectionsMarshal.SetCount(_levels, count);

    /// <summary>The bytes of a frame that cannot be written from its fields.</summary>
    public void SetText(ref BookMessageRow row, ReadOnlySpan<byte> text)
    {
        row.TextStart = _text.Count;
        row.TextLength = text.Length;
        _text.AddRange(text);
    }

    public void Clear()
    {
        _rows.Clear();
        _levels.Clear();
        _text.Clear();
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
}
