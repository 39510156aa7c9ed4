namespace KrakenDb.Client;

/// <summary>A store that another process owns, where a whole store is asked for. It reads; its writes say who can carry them out.</summary>
internal sealed class RemoteMarketStore(RemoteMarketReader reader) : IMarketStore
{
    private readonly IMarketReader _reader = reader;

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => _reader.GetSymbolsAsync(cancellationToken);

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => _reader.GetSyncStatusAsync(symbol, cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => _reader.GetCoverageAsync(symbol, dataType, cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) => _reader.GetWantedFromAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => _reader.GetAbsentTradeIdsAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => _reader.GetInstrumentsAsync(cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => _reader.GetInstrumentChangesAsync(cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        _reader.GetExternalIndicatorsAsync(indicatorName, range, cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _reader.GetStatusAsync(cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => throw NotHere();

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) =>
        _reader.ReadCandlesAsync(symbol, stored, bucket, range, cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        _reader.ReadTradesAsync(symbol, range, afterId, limit, cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken) => throw NotHere();

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => throw NotHere();

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => throw NotHere();

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => throw NotHere();

    Task<long> IMarketStore.RefreshRollupsAsync(TimeRange? range, CancellationToken cancellationToken) => throw NotHere();

    Task<IReadOnlyList<TableCompression>> IMarketStore.GetCompressionAsync(CancellationToken cancellationToken) => throw NotHere();

    Task<long> IMarketStore.CompressAsync(TimeSpan? olderThan, CancellationToken cancellationToken) => throw NotHere();

    private MarketStoreException NotHere() => new(
        $"This store is owned by another process ({reader.Address}) and can only be read from here. Writes go to the owner: import, fill-gaps, backfill and the other commands of kraken-db are carried out there.");
}
