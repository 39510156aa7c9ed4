namespace KrakenDb.Kraken;

/// <summary>What became of one file.</summary>
internal sealed record ImportedCapture
{
    public required string File { get; init; }

    /// <summary>Sessions in the file, in order.</summary>
    public required IReadOnlyList<long> Sessions { get; init; }

    /// <summary>Frames of any kind.</summary>
    public long Messages { get; init; }

    /// <summary>Frames that were not stored yet.</summary>
    public long Inserted { get; init; }

    /// <summary>Frames that were stored already, to the byte.</summary>
    public long Unchanged { get; init; }

    /// <summary>Snapshots and updates.</summary>
    public long BookMessages { get; init; }

    /// <summary>Of those, how many have the right checksum.</summary>
    public long Verified { get; init; }

    public long Incidents { get; init; }

    /// <summary>Why the file ends before its last frame does; null where it is whole.</summary>
    public string? Cut { get; init; }
}
