namespace KrakenDb;

/// <summary>A whole book at a message, from which a later moment is reached in few steps. Derived: whoever uses it compares it with <see cref="Checksum"/>.</summary>
internal sealed record BookKeyframe
{
    /// <summary>Updates of a symbol between two keyframes.</summary>
    public const int Spacing = 1000;

    public required string Symbol { get; init; }

    /// <summary>The message after which the book was so.</summary>
    public required long Sequence { get; init; }

    /// <summary>Of that message; nanoseconds since 1970 UTC.</summary>
    public required long ReceivedTime { get; init; }

    /// <summary>Of that message, else its received time; nanoseconds since 1970 UTC.</summary>
    public required long ExchangeTime { get; init; }

    /// <summary>Of that message.</summary>
    public required uint Checksum { get; init; }

    /// <summary>See <see cref="BookPacking"/>.</summary>
    public required byte[] Levels { get; init; }
}
