namespace KrakenDb;

/// <summary>Checks an archive of order books against itself: every frame is written from what is stored, read again, applied, and its checksum computed.</summary>
internal sealed class BookVerifier(IMarketReader store, Func<IBookWire> createWire)
{
    /// <summary>More sentences than that say no more.</summary>
    public const int DamageMax = 100;

    private const int WindowFrames = 65_536;

    private readonly IBookArchive _archive = BookArchive.Of(store);
    private readonly List<string> _damage = [];
    private byte[] _buffer = new byte[1024];

    public async Task<BookCertificate> VerifyAsync(IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var certificate = new BookCertificate { Ranges = [], Damage = _damage };
        var proven = new Dictionary<(string Symbol, string DataType), CoverageSet>();
        foreach (var session in (await _archive.GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false)).GroupBy(row => row.SessionId))
        {
            certificate = await VerifyAsync([.. session], certificate, proven, progress, cancellationToken).ConfigureAwait(false);
        }

        var incidents = await _archive.GetIncidentsAsync(cancellationToken).ConfigureAwait(false);
        var ranges = new List<(string, string, CoverageRange)>();
        foreach (var ((symbol, dataType), covered) in proven.OrderBy(entry => entry.Key.Symbol, StringComparer.Ordinal).ThenBy(entry => entry.Key.DataType, StringComparer.Ordinal))
        {
            ranges.AddRange(covered.Select(range => (symbol, dataType, range)));
            foreach (var range in (await store.GetCoverageAsync(symbol, dataType, cancellationToken).ConfigureAwait(false)).Stored())
            {
                foreach (var gap in covered.Gaps(range))
                {
                    Report($"{symbol} {dataType}: coverage claims {gap}, which no unbroken chain of checksums proves.");
                }
            }
        }

        return certificate with { Incidents = incidents.Count, Ranges = ranges };
    }

    private async Task<BookCertificate> VerifyAsync(
        List<CaptureSession> session, BookCertificate certificate, Dictionary<(string Symbol, string DataType), CoverageSet> proven, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var wire = createWire();
        var id = session[0].SessionId;
        var last = session.Max(row => row.LastSequence);
        var recording = new BookRecording(createWire(), id, session[0].Source, session[0].ConnectionId, session.Max(row => row.Depth));
        foreach (var row in session.Where(row => row.Depth is not null))
        {
            // What coverage claims of it is checked even where nothing of it is proven any more.
            proven.TryAdd((row.Symbol, DataType.Book(row.Depth!.Value)), CoverageSet.Empty);
        }

        long messages = 0;
        long mismatches = 0;
        for (long from = 0; from <= last; from += WindowFrames)
        {
            var stored = await _archive.ReadFramesAsync(id, from, from + WindowFrames, symbol: null, cancellationToken).ConfigureAwait(false);
            Replay(stored, from, Math.Min(last + 1, from + WindowFrames), recording, wire);
            messages += stored.Count;
            var again = recording.Take();
            Compare(stored, again.Batch);
            mismatches += again.Incidents.Count(incident => incident.Kind == "mismatch");
            foreach (var (symbol, dataType, range) in again.Covered)
            {
                proven[(symbol, dataType)] = proven.GetValueOrDefault((symbol, dataType), CoverageSet.Empty).Add([range]);
            }

            progress?.Report(stored.Count);
        }

        if (messages != session.Sum(row => row.Messages))
        {
            Report($"Session {id}: {messages} messages are stored, {session.Sum(row => row.Messages)} were recorded.");
        }

        return certificate with
        {
            Sessions = certificate.Sessions + 1,
            Messages = certificate.Messages + messages,
            BookMessages = certificate.BookMessages + recording.BookFrames,
            Verified = certificate.Verified + recording.Verified,
            Mismatches = certificate.Mismatches + mismatches,
        };
    }

    private void Replay(BookBatch stored, long from, long to, BookRecording recording, IBookWire wire)
    {
        var expected = from;
        foreach (ref readonly var row in stored.Rows)
        {
            if (row.Sequence != expected)
            {
                Report($"Session {stored.SessionId}: sequences {expected} to {row.Sequence - 1} are missing.");
                recording.BreakAll();
            }

            expected = row.Sequence + 1;
            try
            {
                recording.Add(stored.Frame(row, wire, ref _buffer), row.ReceivedTime);
            }
            catch (MarketStoreException exception)
            {
                Report(exception.Message);
            }
        }

        if (expected != to)
        {
            Report($"Session {stored.SessionId}: sequences {expected} to {to - 1} are missing.");
            recording.BreakAll();
        }
    }

    // Rows that could not be replayed are reported already; the others pair up in order.
    private void Compare(BookBatch stored, BookBatch again)
    {
        for (var index = 0; index < Math.Min(stored.Count, again.Count); index++)
        {
            ref readonly var row = ref stored.Rows[index];
            ref readonly var now = ref again.Rows[index];
            if (row.Verified == true && now.Verified != true)
            {
                ReportMessage($"Session {stored.SessionId}, sequence {row.Sequence}: the checksum {row.Checksum} of {row.Symbol}, right when it was recorded, is wrong now.");
            }
            else if (row.Symbol != now.Symbol || row.Kind != now.Kind || row.Checksum != now.Checksum || row.ExchangeTime != now.ExchangeTime || !stored.Levels(row).SequenceEqual(again.Levels(now)))
            {
                ReportMessage($"Session {stored.SessionId}, sequence {row.Sequence}: the message and its fields differ.");
            }
        }
    }

    // One broken message makes thousands: what coverage claims must still find room.
    private void ReportMessage(string sentence)
    {
        if (_damage.Count < DamageMax / 2)
        {
            _damage.Add(sentence);
        }
    }

    private void Report(string sentence)
    {
        if (_damage.Count < DamageMax)
        {
            _damage.Add(sentence);
        }
    }
}
