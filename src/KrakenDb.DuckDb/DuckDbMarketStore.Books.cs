namespace KrakenDb.DuckDb;

internal sealed partial class DuckDbMarketStore : IBookArchive
{
    Task<BookReceipt> IBookArchive.AppendAsync(BookWrite write, CancellationToken cancellationToken) => Writer.RunAsync(
        session =>
        {
            var ledgers = _file.Ledgers.Load(session);
            var (receipt, changed) = InTransaction(
                session,
                () =>
                {
                    var plan = BookAppendPlan.Of(write, BookTables.ReadSessions(session, write.Batch.SessionId));
                    BookTables.Write(session, write, plan);
                    var after = new List<SymbolLedger>();
                    foreach (var symbol in write.Covered.GroupBy(covered => covered.Symbol, StringComparer.Ordinal))
                    {
                        var before = ledgers.GetValueOrDefault(symbol.Key) ?? new SymbolLedger(symbol.Key);
                        var covered = new StoreWrite { Symbol = symbol.Key, Covered = [.. symbol.Select(range => (range.DataType, range.Range))] };
                        var ledger = before.After(covered, default, new HashSet<string>(StringComparer.Ordinal), tradeTimes: null, candleTimes: null, _options.TimeProvider.GetUtcNow());
                        LedgerTables.Write(session, before, ledger);
                        after.Add(ledger);
                    }

                    return (new BookReceipt(write.Batch.Count - plan.FirstRow, plan.FirstRow), after);
                },
                cancellationToken);
            foreach (var ledger in changed)
            {
                ledgers[ledger.Symbol] = ledger;
            }

            return receipt;
        },
        cancellationToken);

    Task<IReadOnlyList<CaptureSession>> IBookArchive.GetCaptureSessionsAsync(CancellationToken cancellationToken) =>
        Readers.RunAsync<IReadOnlyList<CaptureSession>>(session => BookTables.ReadSessions(session, sessionId: null), cancellationToken);

    Task<BookBatch> IBookArchive.ReadFramesAsync(long sessionId, long fromSequence, long toSequence, string? symbol, CancellationToken cancellationToken) =>
        Readers.RunAsync(session => BookTables.Read(session, sessionId, fromSequence, toSequence, symbol), cancellationToken);

    Task<(long From, long To)> IBookArchive.FindSequencesAsync(long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken) =>
        Readers.RunAsync(session => BookTables.FindSequences(session, sessionId, from, to, byExchangeTime), cancellationToken);

    Task<BookKeyframe?> IBookArchive.FindKeyframeAsync(long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken) =>
        Readers.RunAsync(session => BookTables.FindKeyframe(session, sessionId, symbol, at, byExchangeTime, beforeSequence), cancellationToken);

    Task<IReadOnlyList<BookIncident>> IBookArchive.GetIncidentsAsync(CancellationToken cancellationToken) =>
        Readers.RunAsync<IReadOnlyList<BookIncident>>(BookTables.ReadIncidents, cancellationToken);

    async Task<IReadOnlyList<(string Symbol, long Messages)>> IBookArchive.ExpireAsync(long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken)
    {
        var proven = await BookExpiry.ProvenByOthersAsync(this, sessionId, edge, createWire, cancellationToken).ConfigureAwait(false);
        return await Writer.RunAsync(
            session =>
            {
                var ledgers = _file.Ledgers.Load(session);
                var (rows, changed) = InTransaction(session, () => Expire(session, ledgers, sessionId, edge, proven), cancellationToken);
                foreach (var ledger in changed)
                {
                    ledgers[ledger.Symbol] = ledger;
                }

                return rows;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static (IReadOnlyList<(string Symbol, long Messages)> Rows, IReadOnlyList<SymbolLedger> Changed) Expire(
        DuckDbSession session, IReadOnlyDictionary<string, SymbolLedger> ledgers, long sessionId, DateTimeOffset edge, IReadOnlyList<(string Symbol, string DataType, CoverageRange Range)> proven)
    {
        var recorded = BookTables.ReadSessions(session, sessionId);
        if (!BookExpiry.IsDue(recorded, edge))
        {
            return ([], []);
        }

        var times = BookTables.ReadTimes(session, sessionId);
        var changed = new List<SymbolLedger>();
        foreach (var row in recorded.Where(row => row.Symbol.Length > 0))
        {
            var before = ledgers.GetValueOrDefault(row.Symbol) ?? new SymbolLedger(row.Symbol);
            var after = before.ExpireBooks(BookExpiry.RangeOf(row, times.TryGetValue(row.Symbol, out var frames) ? frames : null), row.Depth, BookExpiry.Of(proven, row.Symbol));
            LedgerTables.Write(session, before, after);
            changed.Add(after);
        }

        BookTables.Delete(session, sessionId);
        return ([.. recorded.OrderBy(row => row.Symbol, StringComparer.Ordinal).Select(row => (row.Symbol, row.Messages))], changed);
    }
}
