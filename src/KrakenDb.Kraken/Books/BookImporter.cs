namespace KrakenDb.Kraken;

/// <summary>Brings recordings of order books from files into a store, verifying every checksum on the way. What is stored already is compared to the byte and left as it is.</summary>
internal sealed class BookImporter(IBookArchive archive, int? depth = null)
{
    // One row group of the embedded store, and no more memory than some snapshots of 1,000 prices need.
    private const int BatchFrames = 122_880;
    private const int BatchBytes = 64 * 1024 * 1024;

    private byte[] _buffer = new byte[1024];

    /// <exception cref="ImportException">Not a capture, broken within, or other bytes than those stored under the same session; what came before stays.</exception>
    public async Task<ImportedCapture> ImportAsync(string path, CancellationToken cancellationToken = default)
    {
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
