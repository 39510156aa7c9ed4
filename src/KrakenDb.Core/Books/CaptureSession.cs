namespace KrakenDb;

/// <summary>
/// One symbol of one recorded connection, or, with an empty <see cref="Symbol"/>, the connection's own frames (status, heartbeats, answers that name no symbol).
/// A row of <c>capture_sessions</c>. Rows with one <see cref="SessionId"/> are one connection, and share its order of arrival.
/// </summary>
public sealed record CaptureSession
{
    /// <summary>Computed from what the recording begins with, so that the same recording imported again is the same session.</summary>
    public required long SessionId { get; init; }

    /// <summary>As the exchange writes it; empty for the connection itself.</summary>
    public required string Symbol { get; init; }

    /// <summary>The exchange's id of the connection; 0 where it gave none.</summary>
    public ulong ConnectionId { get; init; }

    /// <summary><c>websocket</c>, or the name of the file that was imported.</summary>
    public required string Source { get; init; }

    /// <summary>Prices a side that were subscribed; null where no book was.</summary>
    public int? Depth { get; init; }

    /// <summary>Most decimals seen of a price.</summary>
    public int PricePrecision { get; init; }

    /// <summary>Most decimals seen of a quantity.</summary>
    public int QuantityPrecision { get; init; }

    /// <summary>When the first frame was received, UTC.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When the last frame was received, UTC.</summary>
    public required DateTimeOffset EndTime { get; init; }

    /// <summary>Order of arrival of the first frame.</summary>
    public long FirstSequence { get; init; }

    /// <summary>Order of arrival of the last frame.</summary>
    public long LastSequence { get; init; }

    /// <summary>Frames of any kind.</summary>
    public long Messages { get; init; }

    /// <summary>Snapshots and updates of the book.</summary>
    public long BookMessages { get; init; }

    /// <summary>Of those, how many were verified by their checksum.</summary>
    public long Verified { get; init; }

    /// <summary>Levels of all snapshots and updates.</summary>
    public long LevelChanges { get; init; }
}
