namespace KrakenDb.Timescale;

internal sealed partial class TimescaleMarketStore : IBookArchive
{
    private static readonly HashSet<string> NoRows = [];

    async Task<BookReceipt> IBookArchive.AppendAsync(BookWrite write, CancellationToken cancellationToken)
    {
        var isCommitting = false;
        return await RunAsync(
            async connection =>
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var plan = BookAppendPlan.Of(write, await BookTables.ReadSessionsAsync(connection, write.Batch.SessionId, cancellationToken).ConfigureAwait(false));
                    await BookTables.WriteAsync(connection, write, plan, cancellationToken).ConfigureAwait(false);

                    // In one order everywhere, so that two writers never wait for each other.
                    foreach (var symbol in write.Covered.GroupBy(covered => covered.Symbol, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
                    {
                        var covered = new StoreWrite { Symbol = symbol.Key, Covered = [.. symbol.Select(range => (range.DataType, range.Range))] };
                        var before = await LedgerTables.LockAsync(connection, symbol.Key, cancellationToken).ConfigureAwait(false);
                        var after = before.After(covered, default, NoRows, tradeTimes: null, candleTimes: null, _options.TimeProvider.GetUtcNow());
                        await LedgerTables.WriteAsync(connection, before, after, covered, [], cancellationToken).ConfigureAwait(false);
                    }

                    cancellationToken.ThrowIfCancellationRequested();
                    isCommitting = true;
                    await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                    return new BookReceipt(write.Batch.Count - plan.FirstRow, plan.FirstRow);
                }
            },
            cancellationToken,
            () => !isCommitting).ConfigureAwait(false);
    }

    Task<IReadOnlyList<CaptureSession>> IBookArchive.GetCaptureSessionsAsync(CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<CaptureSession>>(async connection => await BookTables.ReadSessionsAsync(connection, sessionId: null, cancellationToken).ConfigureAwait(false), cancellationToken);

    Task<BookBatch> IBookArchive.ReadFramesAsync(long sessionId, long fromSequence, long toSequence, string? symbol, CancellationToken cancellationToken) =>
        RunAsync(connection => BookTables.ReadAsync(connection, sessionId, fromSequence, toSequence, symbol, cancellationToken), cancellationToken);

    Task<(long From, long To)> IBookArchive.FindSequencesAsync(long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken) =>
        RunAsync(connection => BookTables.FindSequencesAsync(connection, sessionId, from, to, byExchangeTime, cancellationToken), cancellationToken);

    Task<BookKeyframe?> IBookArchive.FindKeyframeAsync(long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken) =>
        RunAsync(connection => BookTables.FindKeyframeAsync(connection, sessionId, symbol, at, byExchangeTime, beforeSequence, cancellationToken), cancellationToken);

    Task<IReadOnlyList<BookIncident>> IBookArchive.GetIncidentsAsync(CancellationToken cancellationToken) =>
        RunAsync<IReadOnlyList<BookIncident>>(async connection => await BookTables.ReadIncidentsAsync(connection, cancellationToken).ConfigureAwait(false), cancellationToken);

    Task<IReadOnlyList<(string Symbol, long Messages)>> IBookArchive.ExpireAsync(long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken) =>
        RunAsync(connection => RetentionTables.ExpireRecordingAsync(connection, sessionId, edge, cancellationToken), cancellationToken);
}
