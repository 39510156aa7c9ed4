namespace KrakenDb;

/// <summary>What a check of all recorded order books found.</summary>
internal sealed record BookCertificate
{
    public long Sessions { get; init; }

    /// <summary>Frames of any kind.</summary>
    public long Messages { get; init; }

    /// <summary>Snapshots and updates.</summary>
    public long BookMessages { get; init; }

    /// <summary>Of those, how many the checksum proves, computed now.</summary>
    public long Verified { get; init; }

    /// <summary>Frames whose checksum is wrong, computed now. What follows one until the next snapshot is neither verified nor wrong.</summary>
    public long Mismatches { get; init; }

    public long Incidents { get; init; }

    /// <summary>Unbroken chains of checksums, by symbol and data type.</summary>
    public required IReadOnlyList<(string Symbol, string DataType, CoverageRange Range)> Ranges { get; init; }

    /// <summary>Where the archive contradicts itself: a sentence each, at most <see cref="BookVerifier.DamageMax"/>.</summary>
    public required IReadOnlyList<string> Damage { get; init; }

    public bool IsWhole => Damage.Count == 0;
}
