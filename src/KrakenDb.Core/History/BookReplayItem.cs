namespace KrakenDb;

/// <summary>One step of a replay: a message, with the book after it where asked for, or a trade.</summary>
public sealed record BookReplayItem
{
    public BookMessage? Message { get; init; }

    /// <summary>After the message, where books are asked for and the message is one of a book; null while it is unknown.</summary>
    public BookState? Book { get; init; }

    public HistoricalTrade? Trade { get; init; }

    /// <summary>By which items are merged: nanoseconds since 1970 UTC.</summary>
    public required long Nanoseconds { get; init; }
}
