namespace KrakenDb;

/// <summary>
/// Copies recorded order books: each window of a session commits with its incidents, its keyframes, which are built anew, and the coverage that the source claims and
/// the chain of checksums proves once more. What the destination has of a session is where its copy goes on.
/// </summary>
internal sealed class BookCopy(IBookArchive source, IBookArchive destination, IReadOnlyList<StoreLedger> ledgers, Func<IBookWire> createWire, IProgress<StoreCopyProgress>? progress)
{
    private readonly IBookWire _wire = createWire();
    private byte[] _buffer = new byte[1024];
    private long _copied;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var stored = (await BookFrames.SessionsAsync(destination, cancellationToken).ConfigureAwait(false)).ToDictionary(rows => rows[0].SessionId, rows => rows.Max(row => row.LastSequence));
        var incidents = (await source.GetIncidentsAsync(cancellationToken).ConfigureAwait(false)).ToLookup(incident => incident.SessionId);
        foreach (var session in await BookFrames.SessionsAsync(source, cancellationToken).ConfigureAwait(false))
        {
            var last = stored.GetValueOrDefault(session[0].SessionId, -1);
            if (last < session.Max(row => row.LastSequence))
            {
                await CopyAsync(session, last, [.. incidents[session[0].SessionId]], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task CopyAsync(IReadOnlyList<CaptureSession> session, long last, IReadOnlyList<BookIncident> incidents, CancellationToken cancellationToken)
    {
        var recording = new BookRecording(createWire(), session[0].SessionId, session[0].Source, session[0].ConnectionId, session.Max(row => row.Depth));
        var depths = session.Where(row => row.Depth is not null).ToDictionary(row => row.Symbol, row => row.Depth!.Value, StringComparer.Ordinal);
        await foreach (var (stored, from, to) in BookFrames.ReadAsync(source, session, cancellationToken).ConfigureAwait(false))
        {
            // What is there already is read all the same: the books behind the next keyframe come from it.
            var batch = Replay(stored, recording);
            var derived = recording.Take();
            if (to - 1 <= last || batch.Count == 0)
            {
                continue;
            }

            await destination.AppendAsync(
                new BookWrite
                {
                    Batch = batch,
                    Source = session[0].Source,
                    ConnectionId = session[0].ConnectionId,
                    Depths = depths,
                    Keyframes = derived.Keyframes,
                    Incidents = [.. incidents.Where(incident => incident.Sequence >= from && incident.Sequence < to)],
                    Covered = [.. derived.Covered.SelectMany(Claimed)],
                },
                cancellationToken).ConfigureAwait(false);
            _copied += batch.Count;
            progress?.Report(new StoreCopyProgress("kraken_orderbook_messages", "", _copied));
        }
    }

    // With the bytes of every frame, which a store may not keep of those that its fields give again.
    private BookBatch Replay(BookBatch stored, BookRecording recording)
    {
        var batch = new BookBatch(stored.SessionId);
        foreach (ref readonly var row in stored.Rows)
        {
            var frame = stored.Frame(row, _wire, ref _buffer);
            recording.ContinueAt(row.Sequence);
            recording.Add(frame, row.ReceivedTime);
            batch.Add(row, stored.Bids(row), stored.Asks(row), frame);
        }

        return batch;
    }

    private IEnumerable<(string Symbol, string DataType, CoverageRange Range)> Claimed((string Symbol, string DataType, CoverageRange Range) proven) =>
        ledgers.FirstOrDefault(ledger => ledger.Symbol == proven.Symbol && ledger.DataType == proven.DataType) is { } ledger
            ? ledger.CoveredIn(proven.Range.Range).Select(covered => (proven.Symbol, covered.DataType, covered.Range))
            : [];
}
