namespace KrakenDb;

/// <summary>Recorded order books of a store. Every engine's store is one, too: see <see cref="BookArchive.Of"/>.</summary>
internal interface IBookArchive
{
    /// <summary>Commits frames, levels, keyframes, incidents, the session's rows and coverage together, or nothing. What is stored already changes nothing.</summary>
    Task<BookReceipt> AppendAsync(BookWrite write, CancellationToken cancellationToken);

    /// <summary>Rows of <c>capture_sessions</c>: by start, then session, then symbol, the connection's own first.</summary>
    Task<IReadOnlyList<CaptureSession>> GetCaptureSessionsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Frames from a sequence (included) to another (excluded), ascending. Callers bound the range: the answer is held in memory.
    /// </summary>
    /// <param name="sessionId">An unknown one has no frames.</param>
    /// <param name="fromSequence">Included.</param>
    /// <param name="toSequence">Excluded.</param>
    /// <param name="symbol">Null for all frames; else only those of this symbol.</param>
    /// <param name="cancellationToken"></param>
    Task<BookBatch> ReadFramesAsync(long sessionId, long fromSequence, long toSequence, string? symbol, CancellationToken cancellationToken);

    /// <summary>The sequences from the first frame received in a range to behind the last; empty where there is none.</summary>
    /// <param name="sessionId">An unknown one has no frames.</param>
    /// <param name="from">Nanoseconds since 1970 UTC, included.</param>
    /// <param name="to">Excluded.</param>
    /// <param name="byExchangeTime">By the exchange's time where a frame has one.</param>
    /// <param name="cancellationToken"></param>
    Task<(long From, long To)> FindSequencesAsync(long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken);

    /// <summary>The last keyframe of a symbol whose time is not after <paramref name="at"/> and whose sequence is below <paramref name="beforeSequence"/>; null where there is none.</summary>
    Task<BookKeyframe?> FindKeyframeAsync(long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken);

    /// <summary>All incidents, in order of time.</summary>
    Task<IReadOnlyList<BookIncident>> GetIncidentsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// One step of retention, one transaction: drops a recording with all that belongs to it, if its last frame was received before a time, and marks the time of
    /// its books expired, but for what recordings that are not as old prove of it.
    /// </summary>
    /// <param name="sessionId">An unknown one has nothing to drop.</param>
    /// <param name="edge">From <see cref="RetentionPolicy.Edge"/>.</param>
    /// <param name="createWire">Reads the recordings that stay where they recorded the same market at the same time.</param>
    /// <param name="cancellationToken"></param>
    /// <returns>How many frames went, by symbol (empty for the connection's own); nothing where the recording has gone or is not old enough.</returns>
    Task<IReadOnlyList<(string Symbol, long Messages)>> ExpireAsync(long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken);
}
