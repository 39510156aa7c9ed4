namespace KrakenDb.Kraken;

/// <summary>A line that could not be taken.</summary>
/// <param name="Line">Its number in the file, from 1, header and blank lines counted.</param>
/// <param name="Reason">Why, for a person.</param>
/// <param name="Text">The line as it is in the file, without its end.</param>
/// <param name="Time">Its time in microseconds since 1970, where that much can be read; for a candle only when it is the start of one.</param>
/// <param name="Index">How many rows of the same batch stand before it.</param>
internal readonly record struct RejectedRow(long Line, string Reason, byte[] Text, long? Time, int Index);
