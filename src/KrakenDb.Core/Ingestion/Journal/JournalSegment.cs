namespace KrakenDb;

/// <summary>One file of the journal: eight bytes that name the format, then records.</summary>
internal sealed class JournalSegment(long number, string path)
{
    /// <summary>"kdbjrnl" and the version.</summary>
    public static ReadOnlySpan<byte> Magic => "kdbjrnl\u0001"u8;

    public long Number { get; } = number;

    public string Path { get; } = path;

    /// <summary>Length up to the last whole record.</summary>
    public long Bytes { get; set; }

    public long Records { get; set; }

    /// <summary>Where the next record to be replayed begins.</summary>
    public long ReadTo { get; set; }

    public long RecordsRead { get; set; }

    public bool IsRead => ReadTo >= Bytes;
}
