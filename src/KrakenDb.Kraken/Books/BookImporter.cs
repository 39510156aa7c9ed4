using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>Brings recordings of order books from files into a store, verifying every checksum on the way. What is stored already is compared to the byte and left as it is.</summary>
/// <param name="archive">The store's.</param>
/// <param name="depth">Prices a side, for recordings that do not say.</param>
/// <param name="policy">Recordings that it would drop are refused; null where none is set, and where they are to be taken all the same.</param>
/// <param name="now">What the policy's age counts from.</param>
internal sealed class BookImporter(IBookArchive archive, int? depth = null, RetentionPolicy? policy = null, DateTimeOffset now = default)
{
    // One row group of the embedded store, and no more memory than some snapshots of 1,000 prices need.
    private const int BatchFrames = 122_880;
    private const int BatchBytes = 64 * 1024 * 1024;

    private byte[] _buffer = new byte[1024];

    /// <exception cref="ImportException">Not a capture, broken within, or other bytes than those stored under the same session; what came before stays.</exception>
    /// <exception cref="ExpiringRowsException">A recording of the file ended before the policy's edge. Nothing of the file was stored.</exception>
    public async Task<ImportedCapture> ImportAsync(string path, CancellationToken cancellationToken = default)
    {
        if (policy is not null)
        {
            await RefuseExpiringAsync(path, policy, policy.Edge(now), cancellationToken).ConfigureAwait(false);
        }

        using var file = new CaptureFile(path);
        var stored = new Dictionary<long, long>();
        foreach (var session in await archive.GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false))
        {
            stored[session.SessionId] = Math.Max(stored.GetValueOrDefault(session.SessionId, -1), session.LastSequence);
        }

        var recordings = new Dictionary<long, BookRecording>();
        var receipt = default(BookReceipt);
        try
        {
            await foreach (var frame in file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (!recordings.TryGetValue(frame.SessionId, out var recording))
                {
                    recordings[frame.SessionId] = recording = new BookRecording(new KrakenBookWire(), frame.SessionId, frame.Source, frame.ConnectionId, depth);
                }

                recording.Add(frame.Text.Span, frame.ReceivedTime);
                if (recording.Count >= BatchFrames || recording.BatchBytes >= BatchBytes)
                {
                    receipt += await WriteAsync(path, recording, stored, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (ImportException)
        {
            // The frames before the fault are whole.
            await WriteAllAsync().ConfigureAwait(false);
            throw;
        }

        await WriteAllAsync().ConfigureAwait(false);
        return new ImportedCapture
        {
            File = path,
            Sessions = [.. recordings.Keys],
            Messages = recordings.Values.Sum(recording => recording.Frames),
            Inserted = receipt.Inserted,
            Unchanged = receipt.Unchanged,
            BookMessages = recordings.Values.Sum(recording => recording.BookFrames),
            Verified = recordings.Values.Sum(recording => recording.Verified),
            Incidents = recordings.Values.Sum(recording => recording.IncidentCount),
            Cut = file.Cut,
        };

        async Task WriteAllAsync()
        {
            foreach (var recording in recordings.Values.Where(recording => recording.Count > 0))
            {
                receipt += await WriteAsync(path, recording, stored, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // When a recording ended, its last frame says: the file is read a first time.
    private static async Task RefuseExpiringAsync(string path, RetentionPolicy policy, long edge, CancellationToken cancellationToken)
    {
        using var file = new CaptureFile(path);
        var recordings = new Dictionary<long, (long Messages, long Last)>();
        try
        {
            await foreach (var frame in file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var (messages, last) = recordings.GetValueOrDefault(frame.SessionId, (0, long.MinValue));
                recordings[frame.SessionId] = (messages + 1, Math.Max(last, frame.ReceivedTime));
            }
        }
        catch (ImportException)
        {
            // What comes before the fault is judged; the fault itself is told when the file is imported.
        }

        var expiring = recordings.Values.Where(recording => HistoricalTrade.FloorDivide(recording.Last, 1000) < edge).ToList();
        if (expiring.Count > 0)
        {
            throw new ExpiringRowsException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: {expiring.Count:N0} of {recordings.Count:N0} recordings ({expiring.Sum(recording => recording.Messages):N0} of {recordings.Values.Sum(recording => recording.Messages):N0} messages) ended before {UnixTime.ToDateTimeOffset(edge):yyyy-MM-dd}, the edge of the retention policy {policy}; the first ended {UnixTime.ToDateTimeOffset(HistoricalTrade.FloorDivide(expiring.Min(recording => recording.Last), 1000)):yyyy-MM-dd HH:mm}. The next retention run would drop them, so nothing of this file was stored. Change the policy (kraken-db db retention), or store them all the same with --allow-expiring."));
        }
    }

    private async Task<BookReceipt> WriteAsync(string path, BookRecording recording, Dictionary<long, long> stored, CancellationToken cancellationToken)
    {
        var write = recording.Take();
        if (stored.TryGetValue(recording.SessionId, out var last) && write.Batch.Rows[0].Sequence <= last)
        {
            var (from, to) = (write.Batch.Rows[0].Sequence, Math.Min(last, write.Batch.Rows[^1].Sequence) + 1);
            Compare(path, write.Batch, await archive.ReadFramesAsync(recording.SessionId, from, to, symbol: null, cancellationToken).ConfigureAwait(false));
        }

        return await archive.AppendAsync(write, cancellationToken).ConfigureAwait(false);
    }

    private void Compare(string path, BookBatch read, BookBatch stored)
    {
        var wire = new KrakenBookWire();
        for (var index = 0; index < stored.Count; index++)
        {
            ref readonly var mine = ref read.Rows[index];
            ref readonly var theirs = ref stored.Rows[index];
            if (mine.Sequence != theirs.Sequence || !read.Text(mine).SequenceEqual(stored.Frame(theirs, wire, ref _buffer)))
            {
                throw new ImportException(
                    $"{path}: frame {mine.Sequence + 1} is not what is stored of the same recording (session {read.SessionId}, sequence {mine.Sequence}). One of the two was changed: kraken-db book verify says whether the store's frames still have the right checksums.");
            }
        }
    }
}
