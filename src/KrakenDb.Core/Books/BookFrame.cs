namespace KrakenDb;

/// <summary>One frame, read. Filled again for each frame, so that reading allocates nothing once the largest snapshot has been seen.</summary>
internal sealed class BookFrame
{
    private WireLevel[] _levels = new WireLevel[64];
    private int _count;

    public BookFrameKind Kind { get; set; }

    /// <summary>As the exchange writes it; null where the frame concerns no symbol.</summary>
    public string? Symbol { get; set; }

    /// <summary><c>book</c>, <c>status</c>, …; null where there is none.</summary>
    public string? Channel { get; set; }

    /// <summary><c>snapshot</c> or <c>update</c>, for an answer its method; null where there is none.</summary>
    public string? Type { get; set; }

    /// <summary>Null where a book frame has none, which it should.</summary>
    public uint? Checksum { get; set; }

    /// <summary>Nanoseconds since 1970 UTC; null where the frame says no time.</summary>
    public long? ExchangeTime { get; set; }

    /// <summary>Of an accepted subscription to a book: its depth.</summary>
    public int? Depth { get; set; }

    /// <summary>Of a status frame.</summary>
    public ulong? ConnectionId { get; set; }

    /// <summary>Why a frame is <see cref="BookFrameKind.Unreadable"/>, or an answer a refusal.</summary>
    public string? Error { get; set; }

    public int BidCount { get; private set; }

    public ReadOnlySpan<WireLevel> Bids => _levels.AsSpan(0, BidCount);

    public ReadOnlySpan<WireLevel> Asks => _levels.AsSpan(BidCount, _count - BidCount);

    /// <summary>Bids, then asks, in the order of the wire.</summary>
    public ReadOnlySpan<WireLevel> Levels => _levels.AsSpan(0, _count);

    public bool IsBook => Kind is BookFrameKind.Snapshot or BookFrameKind.Update;

    public void Clear()
    {
        Kind = BookFrameKind.Unreadable;
        Symbol = Channel = Type = Error = null;
        Checksum = null;
        ExchangeTime = null;
        Depth = null;
        ConnectionId = null;
        ClearLevels();
    }

    public void ClearLevels() => _count = BidCount = 0;

    /// <summary>Adds the next level; all bids come before the first ask.</summary>
    public void Add(in WireLevel level)
    {
        if (_count == _levels.Length)
        {
            Array.Resize(ref _levels, _count * 2);
        }

        _levels[_count++] = level;
    }

    /// <summary>What was added is the bids.</summary>
    public void EndBids() => BidCount = _count;
}
