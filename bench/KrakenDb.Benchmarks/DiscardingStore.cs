namespace KrakenDb.Benchmarks;

/// <summary>A store that takes every write and keeps nothing: what is left of an import is reading, parsing and checking.</summary>
internal sealed class DiscardingStore : IMarketStore
{
    private readonly IMarketStore _empty = new InMemoryMarketStore();

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => _empty.GetSymbolsAsync(cancellationToken);

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => _empty.GetSyncStatusAsync(symbol, cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => _empty.GetCoverageAsync(symbol, dataType, cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) => _empty.GetWantedFromAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => _empty.GetInstrumentsAsync(cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => _empty.GetAbsentTradeIdsAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => _empty.GetInstrumentChangesAsync(cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        _empty.GetExternalIndicatorsAsync(indicatorName, range, cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _empty.GetStatusAsync(cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => _empty.CompactAsync(cancellationToken);

    public ValueTask DisposeAsync() => _empty.DisposeAsync();

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) =>
        _empty.ReadCandlesAsync(symbol, stored, bucket, range, cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        _empty.ReadTradesAsync(symbol, range, afterId, limit, cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        StoreWriteRules.Check(write);
        return Task.FromResult(default(StoreReceipt) with { CandlesInserted = write.Candles?.Count ?? 0 });
    }

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => _empty.GetImportCursorAsync(file, cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => Task.CompletedTask;

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => Task.CompletedTask;
}
