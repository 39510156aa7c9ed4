using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>A recorded session read from end to end in bounded windows of its order of arrival.</summary>
internal static class BookFrames
{
    // A quarter of the embedded engine's row group; snapshots of a thousand prices a side make it less.
    private const int WindowMax = 30_720;
    private const int WindowMin = 512;
    private const int LevelsMax = 1_000_000;

    /// <summary>Frames ascending in sequence with the window that they were looked for in; a window without any has an empty batch.</summary>
    public static async IAsyncEnumerable<(BookBatch Batch, long From, long To)> ReadAsync(IBookArchive archive, IReadOnlyCollection<CaptureSession> session, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = session.Max(row => row.LastSequence) + 1;
        var width = WindowMin;
        for (var from = session.Min(row => row.FirstSequence); from < end;)
        {
            var to = Math.Min(end, from + width);
            var batch = await archive.ReadFramesAsync(session.First().SessionId, from, to, symbol: null, cancellationToken).ConfigureAwait(false);
            yield return (batch, from, to);
            from = to;
            width = batch.LevelCount > LevelsMax / 2 ? Math.Max(width / 2, WindowMin)
                : batch.LevelCount < LevelsMax / 8 ? Math.Min(width * 2, WindowMax)
                : width;
        }
    }

    /// <summary>Rows of <c>capture_sessions</c> by session, in the order in which the sessions began.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<CaptureSession>>> SessionsAsync(IBookArchive archive, CancellationToken cancellationToken) =>
        [.. (await archive.GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false)).GroupBy(row => row.SessionId).Select(group => (IReadOnlyList<CaptureSession>)[.. group])];
}
