namespace KrakenDb.Tests.Kraken;

/// <summary>A store that fails at its n-th write, as if the process were killed before that commit.</summary>
internal sealed class StoppingStore(IMarketStore inner, int writes) : ForwardingStore, ITableStore, IBookArchive
{
    private int _left = writes;

    protected override IMarketStore Reader => inner;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new MarketStoreException("killed") : inner.WriteAsync(write, cancellationToken);

    Task<string> ITableStore.GetIdentityAsync(CancellationToken cancellationToken) => Tables.GetIdentityAsync(cancellationToken);

    Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ITableStore.GetTablesAsync(CancellationToken cancellationToken) => Tables.GetTablesAsync(cancellationToken);

    Task<IReadOnlyList<string?[]>> ITableStore.ReadRowsAsync(StoreTable table, string[]? after, int limit, CancellationToken cancellationToken) => Tables.ReadRowsAsync(table, after, limit, cancellationToken);

    Task ITableStore.WriteRowsAsync(StoreTable table, IReadOnlyList<string?[]> rows, bool replaces, ImportCursor? cursor, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new MarketStoreException("killed") : Tables.WriteRowsAsync(table, rows, replaces, cursor, cancellationToken);

    Task ITableStore.DeleteCursorsAsync(string prefix, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new MarketStoreException("killed") : Tables.DeleteCursorsAsync(prefix, cancellationToken);

    Task<BookReceipt> IBookArchive.AppendAsync(BookWrite write, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new MarketStoreException("killed") : Books.AppendAsync(write, cancellationToken);

    Task<IReadOnlyList<CaptureSession>> IBookArchive.GetCaptureSessionsAsync(CancellationToken cancellationToken) => Books.GetCaptureSessionsAsync(cancellationToken);

    Task<BookBatch> IBookArchive.ReadFramesAsync(long sessionId, long fromSequence, long toSequence, string? symbol, CancellationToken cancellationToken) =>
        Books.ReadFramesAsync(sessionId, fromSequence, toSequence, symbol, cancellationToken);

    Task<(long From, long To)> IBookArchive.FindSequencesAsync(long sessionId, long from, long to, bool byExchangeTime, CancellationToken cancellationToken) =>
        Books.FindSequencesAsync(sessionId, from, to, byExchangeTime, cancellationToken);

    Task<BookKeyframe?> IBookArchive.FindKeyframeAsync(long sessionId, string symbol, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken) =>
        Books.FindKeyframeAsync(sessionId, symbol, at, byExchangeTime, beforeSequence, cancellationToken);

    Task<IReadOnlyList<BookIncident>> IBookArchive.GetIncidentsAsync(CancellationToken cancellationToken) => Books.GetIncidentsAsync(cancellationToken);

    Task<IReadOnlyList<(string Symbol, long Messages)>> IBookArchive.ExpireAsync(long sessionId, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new MarketStoreException("killed") : Books.ExpireAsync(sessionId, edge, createWire, cancellationToken);

    private IBookArchive Books => BookArchive.Of(inner);

    private ITableStore Tables => (ITableStore)inner;
}
