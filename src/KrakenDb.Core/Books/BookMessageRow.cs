namespace KrakenDb;

/// <summary>One frame of a recording, in a <see cref="BookBatch"/>.</summary>
internal struct BookMessageRow
{
    /// <summary>Order of arrival in its session, from 0.</summary>
    public long Sequence;

    /// <summary>When we got it; nanoseconds since 1970 UTC.</summary>
    public long ReceivedTime;

    /// <summary>When the exchange says it happened; nanoseconds since 1970 UTC, null where the frame says no time.</summary>
    public long? ExchangeTime;

    public BookFrameKind Kind;

    /// <summary>Null for frames of the connection itself.</summary>
    public string? Symbol;

    public string? Channel;

    public string? Type;

    public uint? Checksum;

    /// <summary>Whether the book was the exchange's after this message; null where a frame has nothing to verify.</summary>
    public bool? Verified;

    /// <summary>Whether writing the parsed fields gives the very bytes. If not, the bytes themselves are stored.</summary>
    public bool IsUsual;

    public int FirstLevel;

    public int BidCount;

    public int LevelCount;

    public int TextStart;

    /// <summary>0 where a usual frame was read from a store: it is written from its fields.</summary>
    public int TextLength;

    /// <summary>The documents' <c>timestamp</c>: exchange time, else received time; microseconds since 1970 UTC, rounded down.</summary>
    public readonly long Timestamp => HistoricalTrade.FloorDivide(ExchangeTime ?? ReceivedTime, 1000);
}
