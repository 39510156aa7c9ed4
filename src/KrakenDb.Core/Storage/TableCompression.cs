namespace KrakenDb;

/// <summary>How well one table is compressed. Bytes are of the compressed chunks alone, indexes included.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Chunks">All chunks.</param>
/// <param name="CompressedChunks">Those of them that are compressed.</param>
/// <param name="BytesBefore">What the compressed chunks took before.</param>
/// <param name="BytesAfter">What they take now.</param>
internal sealed record TableCompression(string Table, long Chunks, long CompressedChunks, long BytesBefore, long BytesAfter);
