namespace KrakenDb;

/// <summary>How an exchange writes order books: reading its frames, writing them again, and its checksum. Instances are for one thread.</summary>
internal interface IBookWire
{
    /// <summary>Reads one frame; never throws for what it contains.</summary>
    void Read(ReadOnlySpan<byte> text, BookFrame frame);

    /// <summary>
    /// Writes the frame that the parsed fields came from, if they are all that the exchange usually writes: the same bytes for all usual frames. What is unusual
    /// differs, and is then kept as it came.
    /// </summary>
    /// <returns>How many bytes; 0 where such a frame cannot be written from its fields.</returns>
    int Write(BookFrameKind kind, string? symbol, ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks, uint? checksum, long? exchangeTime, ref byte[] buffer);

    /// <summary>What the exchange's checksum of this book is.</summary>
    uint Checksum(OrderBook book);
}
