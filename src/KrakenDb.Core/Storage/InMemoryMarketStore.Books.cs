namespace KrakenDb;

public sealed partial class InMemoryMarketStore : IBookArchive
{
    private readonly SortedDictionary<(long Session, long Sequence), StoredFrame> _frames = [];
    private readonly Dictionary<(long Session, string Symbol), CaptureSession> _sessions = [];
    private readonly List<(long Session, BookKeyframe Keyframe)> _keyframes = [];
    private readonly List<BookIncident> _incidents = [];

    Task<BookReceipt> IBookArchive.AppendAsync(BookWrite write, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var session = write.Batch.SessionId;
            var plan = BookAppendPlan.Of(write, [.. _sessions.Values.Where(row => row.SessionId == session)]);
            var rows = write.Batch.Rows;
            foreach (ref readonly var row in rows[plan.FirstRow..])
            {
                _frames.Add((session, row.Sequence), new StoredFrame(row, write.Batch.Bids(row).ToArray(), write.Batch.Asks(row).ToArray(), row.IsUsual ? [] : write.Batch.Text(row).ToArray()));
            }

            foreach (var row in plan.Sessions)
            {
                _sessions[(session, row.Symbol)] = row;
            }

            _keyframes.AddRange(plan.Keyframes.Select(keyframe => (session, keyframe)));
            _incidents.AddRange(plan.Incidents);
            foreach (var (symbol, dataType, range) in write.Covered)
            {
                _coverage[(symbol, dataType)] = _coverage.GetValueOrDefault((symbol, dataType), CoverageSet.Empty).Add([range]);
            }

            return Task.FromResult(new BookReceipt(rows.Length - plan.FirstRow, plan.FirstRow));
        }
    }

    Task<IReadOnlyList<CaptureSession>> IBookArchive.GetCaptureSessionsAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<CaptureSession>>(
                [.. _sessions.Values.OrderBy(row => row.StartTime).ThenBy(row => row.SessionId).ThenBy(row => row.Symbol, StringComparer.Ordinal)]);
        }
    }

    Task<BookBatch> IBookArchive.ReadFramesAsync(long sessionId, long fromSequence, long toSequence, string? symbol, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var batch = new BookBatch(sessionId);
            foreach (var frame in Frames(sessionId).Where(frame => frame.Row.Sequence >= fromSequence && frame.Row.Sequence < toSequence && (symbol is null || symbol == frame.Row.Symbol)))
            {
                batch.Add(frame.Row, frame.Bids, frame.Asks, frame.Text);
            }

            return Task.FromResult(batch);
        }
    }

    Task<(long From, long To)> IBookArchive.FindSequencesAsync(long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var found = Frames(sessionId)
                .Where(frame => ((byExchangeTime ? frame.Row.ExchangeTime : null) ?? frame.Row.ReceivedTime) is var time && time >= from && time < to)
                .Select(frame => frame.Row.Sequence)
                .ToList();
            return Task.FromResult(found.Count > 0 ? (found[0], found[^1] + 1) : (0L, 0L));
        }
    }

    Task<BookKeyframe?> IBookArchive.FindKeyframeAsync(long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_keyframes
                .Where(entry => entry.Session == sessionId && entry.Keyframe.Symbol == symbol && entry.Keyframe.Sequence < beforeSequence)
                .Where(entry => (byExchangeTime ? entry.Keyframe.ExchangeTime : entry.Keyframe.ReceivedTime) <= at)
                .Select(entry => entry.Keyframe)
                .MaxBy(keyframe => keyframe.Sequence));
        }
    }

    Task<IReadOnlyList<BookIncident>> IBookArchive.GetIncidentsAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<BookIncident>>([.. _incidents.OrderBy(incident => incident.Time).ThenBy(incident => incident.SessionId).ThenBy(incident => incident.Sequence)]);
        }
    }

    async Task<IReadOnlyList<(string Symbol, long Messages)>> IBookArchive.ExpireAsync(long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken)
    {
        var proven = await BookExpiry.ProvenByOthersAsync(this, sessionId, edge, createWire, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            CaptureSession[] session = [.. _sessions.Values.Where(row => row.SessionId == sessionId).OrderBy(row => row.Symbol, StringComparer.Ordinal)];
            if (!BookExpiry.IsDue(session, edge))
            {
                return [];
            }

            var times = Frames(sessionId).ToLookup(frame => frame.Row.Symbol ?? "", frame => HistoricalTrade.FloorDivide(frame.Row.ReceivedTime, 1000), StringComparer.Ordinal);
            foreach (var row in session.Where(row => row.Symbol.Length > 0))
            {
                var range = BookExpiry.RangeOf(row, new TimeRange(times[row.Symbol].Min(), times[row.Symbol].Max() + 1));
                foreach (var (dataType, coverage) in LedgerOf(row.Symbol).ExpireBooks(range, row.Depth, BookExpiry.Of(proven, row.Symbol)).Coverage)
                {
                    _coverage[(row.Symbol, dataType)] = coverage;
                }
            }

            Array.ForEach([.. _frames.Keys.Where(key => key.Session == sessionId)], key => _frames.Remove(key));
            Array.ForEach(session, row => _sessions.Remove((sessionId, row.Symbol)));
            _keyframes.RemoveAll(entry => entry.Session == sessionId);
            _incidents.RemoveAll(incident => incident.SessionId == sessionId);
            return [.. session.Select(row => (row.Symbol, row.Messages))];
        }
    }

    private IEnumerable<StoredFrame> Frames(long sessionId) => _frames.Where(entry => entry.Key.Session == sessionId).Select(entry => entry.Value);

    private sealed record StoredFrame(BookMessageRow Row, WireLevel[] Bids, WireLevel[] Asks, byte[] Text);
}
