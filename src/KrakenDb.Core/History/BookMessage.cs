namespace KrakenDb;

/// <summary>One recorded frame.</summary>
public sealed record BookMessage
{
    public required long SessionId { get; init; }

    /// <summary>Order of arrival in its session, from 0.</summary>
    public required long Sequence { get; init; }

    /// <summary>Null for frames of the connection itself.</summary>
    public string? Symbol { get; init; }

    /// <summary><c>book</c>, <c>heartbeat</c>, <c>status</c>; null for answers and what could not be read.</summary>
    public string? Channel { get; init; }

    /// <summary><c>snapshot</c>, <c>update</c>, or the method that is answered.</summary>
    public string? Type { get; init; }

    /// <summary>When it was received: nanoseconds since 1970 UTC.</summary>
    public required long ReceivedNanoseconds { get; init; }

    /// <summary>When the exchange says it happened: nanoseconds since 1970 UTC; null where the frame says no time.</summary>
    public long? ExchangeNanoseconds { get; init; }

    /// <summary>CRC-32 of the ten best prices a side; null where the frame has none.</summary>
    public uint? Checksum { get; init; }

    /// <summary>Whether the checksum was right; null where there was nothing to verify.</summary>
    public bool? Verified { get; init; }

    /// <summary>The very bytes that came.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }
}
