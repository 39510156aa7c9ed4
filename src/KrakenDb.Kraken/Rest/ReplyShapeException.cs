namespace KrakenDb.Kraken;

/// <summary>A reply that is whole and is not what the documentation says: nothing of it may be stored.</summary>
internal sealed class ReplyShapeException(string message) : Exception(message);
