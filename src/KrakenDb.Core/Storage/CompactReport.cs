namespace KrakenDb;

/// <summary>Bytes on disk before and after <see cref="IMarketStore.CompactAsync"/>.</summary>
public sealed record CompactReport(long BytesBefore, long BytesAfter);
