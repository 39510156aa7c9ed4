namespace KrakenDb;

/// <summary>What the checksum said of a book after a message.</summary>
internal enum BookVerdict : byte
{
    /// <summary>The book is the exchange's.</summary>
    Verified,

    /// <summary>The checksums differ: a message is missing or wrong. The book is unknown until the next snapshot.</summary>
    Mismatch,

    /// <summary>The message has no checksum, so that it proves nothing; the book is unknown until the next snapshot.</summary>
    NoChecksum,

    /// <summary>An update came before any snapshot.</summary>
    NoSnapshot,

    /// <summary>An update of a book that is unknown since an earlier message.</summary>
    AfterBreak,
}
