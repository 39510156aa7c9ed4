namespace KrakenDb;

/// <summary>A store in front of another: every call goes on, but for those that a derived class takes itself.</summary>
internal abstract class ForwardingStore : IMarketStore
{
    protected abstract IMarketReader Reader { get; }

    protected virtual IMarketStore Writer => (IMarketStore)Reader;

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => Reader.GetSymbolsAsync(cancellationToken);

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => Reader.GetSyncStatusAsync(symbol, cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => Reader.GetCoverageAsync(symbol, dataType, cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) => Reader.GetWantedFromAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => Reader.GetAbsentTradeIdsAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => Reader.GetInstrumentsAsync(cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => Reader.GetInstrumentChangesAsync(cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        Reader.GetExternalIndicatorsAsync(indicatorName, range, cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Reader.GetStatusAsync(cancellationToken);

    public virtual Task<CandleBatch> ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) =>
        Reader.ReadCandlesAsync(symbol, stored, bucket, range, cancellationToken);

    public Task<TradeBatch> ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        Reader.ReadTradesAsync(symbol, range, afterId, limit, cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => Writer.CompactAsync(cancellationToken);

    public virtual Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken) => Writer.WriteAsync(write, cancellationToken);

    public Task<ImportCursor?> GetImportCursorAsync(string file, CancellationToken cancellationToken) => Writer.GetImportCursorAsync(file, cancellationToken);

    public Task WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => Writer.WriteIndicatorsAsync(indicators, cancellationToken);

    public Task AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => Writer.AddInstrumentsAsync(instruments, cancellationToken);

    public Task<long> RefreshRollupsAsync(TimeRange? range, CancellationToken cancellationToken) => Writer.RefreshRollupsAsync(range, cancellationToken);

    public Task<IReadOnlyList<TableCompression>> GetCompressionAsync(CancellationToken cancellationToken) => Writer.GetCompressionAsync(cancellationToken);

    public Task<long> CompressAsync(TimeSpan? olderThan, CancellationToken cancellationToken) => Writer.CompressAsync(olderThan, cancellationToken);

    public Task<IReadOnlyList<RetentionPolicy>> GetRetentionAsync(CancellationToken cancellationToken) => Writer.GetRetentionAsync(cancellationToken);

    public Task SetRetentionAsync(string dataType, int? keepDays, CancellationToken cancellationToken) => Writer.SetRetentionAsync(dataType, keepDays, cancellationToken);

    public Task<ExpiredRows> ExpireAsync(string symbol, string dataType, DateTimeOffset end, CancellationToken cancellationToken) =>
        Writer.ExpireAsync(symbol, dataType, end, cancellationToken);

    public abstract ValueTask DisposeAsync();
}
