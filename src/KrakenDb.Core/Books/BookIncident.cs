namespace KrakenDb;

/// <summary>Evidence of something wrong in a recording of an order book: a row of <c>orderbook_incidents</c>.</summary>
public sealed record BookIncident
{
    public required long SessionId { get; init; }

    /// <summary>The frame at which it showed.</summary>
    public required long Sequence { get; init; }

    public required string Symbol { get; init; }

    /// <summary>
    /// <c>mismatch</c>: the checksum is another; <c>no_checksum</c>; <c>no_snapshot</c>: an update came before any; <c>crossed</c>: a buyer pays what a seller asks;
    /// <c>unreadable</c>: the frame cannot be.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>When the frame was received, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The frame's checksum; null where it has none.</summary>
    public uint? Expected { get; init; }

    /// <summary>The checksum of our book after the frame; null where there was no book.</summary>
    public uint? Computed { get; init; }

    /// <summary>The book before the frame, at most 25 prices a side: JSON with <c>bids</c> and <c>asks</c>, each price and quantity as text.</summary>
    public required string BookBefore { get; init; }

    /// <summary>The frame as it came; of an unreadable one what UTF-8 makes of it.</summary>
    public required string Frame { get; init; }
}
