namespace KrakenDb;

/// <summary>How well a covered range is known. A greater value takes precedence where ranges overlap.</summary>
public enum CoverageGrade : byte
{
    /// <summary>Dropped by retention: not stored, not a gap, never fetched again.</summary>
    Expired = 1,

    /// <summary>The source says that this is all; a minute without a row may still have had trades.</summary>
    Claimed = 2,

    /// <summary>Trade ids are contiguous: a minute without a row had no trade.</summary>
    Proven = 3,
}
