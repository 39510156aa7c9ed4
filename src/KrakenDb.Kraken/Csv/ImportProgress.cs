namespace KrakenDb;

/// <summary>How far an import is. Bytes are those of the unpacked files.</summary>
/// <param name="BytesDone">Grows up to <paramref name="BytesTotal"/>, failed files included.</param>
/// <param name="Rows">Rows stored or found so far, those of a broken-off import included.</param>
public readonly record struct ImportProgress(long BytesDone, long BytesTotal, long Rows, int FilesDone, int FilesTotal);
