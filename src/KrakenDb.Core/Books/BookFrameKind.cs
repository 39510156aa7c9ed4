namespace KrakenDb;

/// <summary>What a frame of a live connection is to the recorder of order books. The values are stored.</summary>
internal enum BookFrameKind : byte
{
    /// <summary>Text that is no message of the exchange.</summary>
    Unreadable = 0,

    Snapshot = 1,

    Update = 2,

    Heartbeat = 3,

    /// <summary>The exchange's state; begins every connection.</summary>
    Status = 4,

    /// <summary>The answer to a request: subscribed, refused, pong.</summary>
    Answer = 5,

    /// <summary>A message of another channel.</summary>
    Other = 6,
}
