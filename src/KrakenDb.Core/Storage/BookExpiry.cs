namespace KrakenDb;

/// <summary>
/// What retention drops of order books: whole recordings, because only those replay to the byte. For DuckDB and memory; <c>krakendb_expire_recording</c> is the same
/// in SQL, because TimescaleDB's scheduler must be able to run it without this program.
/// </summary>
internal static class BookExpiry
{
    /// <summary>Whether the last frame of a session, of whatever symbol, was received before the edge.</summary>
    public static bool IsDue(IReadOnlyCollection<CaptureSession> session, DateTimeOffset edge) => session.Count > 0 && session.Max(row => row.EndTime) < edge;

    /// <summary>From the first frame of a symbol to behind its last, in received time: a clock that was set back may have gone below the row's start.</summary>
    public static TimeRange RangeOf(CaptureSession row, TimeRange? frames)
    {
        var (start, end) = (UnixTime.Microseconds(row.StartTime), UnixTime.Microseconds(row.EndTime) + 1);
        return frames is { } seen ? new TimeRange(Math.Min(start, seen.StartMicroseconds), Math.Max(end, seen.EndMicroseconds)) : new TimeRange(start, end);
    }

    /// <summary>What recordings that stay prove of the symbols of one that goes. They are read only where they recorded one of these symbols at the same time.</summary>
    public static async Task<IReadOnlyList<(string Symbol, string DataType, CoverageRange Range)>> ProvenByOthersAsync(
        IBookArchive archive, long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken)
    {
        var sessions = await BookFrames.SessionsAsync(archive, cancellationToken).ConfigureAwait(false);
        var going = sessions.Where(session => session[0].SessionId == sessionId).SelectMany(session => session).Where(row => row.Symbol.Length > 0).ToDictionary(row => row.Symbol, StringComparer.Ordinal);
        var proven = new List<(string Symbol, string DataType, CoverageRange Range)>();
        foreach (var session in sessions.Where(session => session[0].SessionId != sessionId && !IsDue(session, edge)))
        {
            if (session.Any(row => row.Depth is not null && going.TryGetValue(row.Symbol, out var own) && row.StartTime <= own.EndTime && row.EndTime >= own.StartTime))
            {
                await ProveAsync(archive, session, createWire, proven, cancellationToken).ConfigureAwait(false);
            }
        }

        return proven;
    }

    /// <summary>What of it is one symbol's, by data type.</summary>
    public static ILookup<string, CoverageRange> Of(IEnumerable<(string Symbol, string DataType, CoverageRange Range)> proven, string symbol) =>
        proven.Where(entry => entry.Symbol == symbol).ToLookup(entry => entry.DataType, entry => entry.Range, StringComparer.Ordinal);

    private static async Task ProveAsync(
        IBookArchive archive, IReadOnlyList<CaptureSession> session, Func<IBookWire> createWire, List<(string Symbol, string DataType, CoverageRange Range)> proven, CancellationToken cancellationToken)
    {
        var (wire, buffer) = (createWire(), new byte[1024]);
        var recording = new BookRecording(createWire(), session[0].SessionId, session[0].Source, session[0].ConnectionId, session.Max(row => row.Depth));
        await foreach (var (stored, _, _) in BookFrames.ReadAsync(archive, session, cancellationToken).ConfigureAwait(false))
        {
            for (var index = 0; index < stored.Count; index++)
            {
                Add(recording, stored, stored.Rows[index], wire, ref buffer);
            }

            proven.AddRange(recording.Take().Covered);
        }
    }

    private static void Add(BookRecording recording, BookBatch stored, BookMessageRow row, IBookWire wire, ref byte[] buffer)
    {
        recording.ContinueAt(row.Sequence);
        try
        {
            recording.Add(stored.Frame(row, wire, ref buffer), row.ReceivedTime);
        }
        catch (MarketStoreException)
        {
            // A damaged row proves nothing; book verify tells it.
            recording.BreakAll();
        }
    }
}
