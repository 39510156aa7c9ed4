namespace KrakenDb;

/// <summary>What one transaction adds to the recording of one connection.</summary>
internal sealed record BookWrite
{
    /// <summary>Ascending in sequence. Frames whose sequence is stored already change nothing.</summary>
    public required BookBatch Batch { get; init; }

    public required string Source { get; init; }

    public ulong ConnectionId { get; init; }

    /// <summary>Subscribed depths by symbol.</summary>
    public IReadOnlyDictionary<string, int> Depths { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    public IReadOnlyList<BookKeyframe> Keyframes { get; init; } = [];

    public IReadOnlyList<BookIncident> Incidents { get; init; } = [];

    /// <summary>Ranges in which the frames of this write, with those of earlier ones, are an unbroken chain of checksums.</summary>
    public IReadOnlyList<(string Symbol, string DataType, CoverageRange Range)> Covered { get; init; } = [];
}
