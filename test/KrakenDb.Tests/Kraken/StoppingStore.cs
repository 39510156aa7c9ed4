namespace KrakenDb.Tests.Kraken;

/// <summary>A store that fails at its n-th write, as if the process were killed before that commit.</summary>
internal sealed class StoppingStore(IMarketStore inner, int writes) : IMarketStore, ITableStore, IBookArchive
{
    private int _left = writes;

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => inner.GetSymbolsAsync(cancellationToken);

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => inner.GetSyncStatusAsync(symbol, cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => inner.GetCoverageAsync(symbol, dataType, cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) => inner.GetWantedFromAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => inner.GetAbsentTradeIdsAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => inner.GetInstrumentsAsync(cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => inner.GetInstrumentChangesAsync(cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        inner.GetExternalIndicatorsAsync(indicatorName, range, cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => inner.GetStatusAsync(cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => inner.CompactAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) =>
        inner.ReadCandlesAsync(symbol, stored, bucket, range, cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        inner.ReadTradesAsync(symbol, range, afterId, limit, cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new MarketStoreException("killed") : inner.WriteAsync(write, cancellationToken);

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => inner.GetImportCursorAsync(file, cancellationToken);

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => inner.WriteIndicatorsAsync(indicators, cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => inner.AddInstrumentsAsync(instruments, cancellationToken);

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

    private IBookArchive Books => BookArchive.Of(inner);

    private ITableStore Tables => (ITableStore)inner;
}
