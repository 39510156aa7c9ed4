namespace KrakenDb.Kraken;

/// <summary>A frame of a capture file, with the session that it belongs to.</summary>
/// <param name="SessionId">The same for the same recording, whatever file it is read from.</param>
/// <param name="ConnectionId">0 where the file does not say.</param>
/// <param name="Source">What the recording came from first.</param>
/// <param name="ReceivedTime">Nanoseconds since 1970 UTC.</param>
/// <param name="Text">As it came; valid until the next frame is read.</param>
internal readonly record struct CaptureFrame(long SessionId, ulong ConnectionId, string Source, long ReceivedTime, ReadOnlyMemory<byte> Text);
