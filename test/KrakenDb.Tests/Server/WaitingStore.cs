namespace KrakenDb.Tests.Server;

/// <summary>A store whose reads of candles take until they are cancelled.</summary>
internal sealed class WaitingStore : IMarketStore
{
    private readonly IMarketStore _store = new InMemoryMarketStore(TimeProvider.System);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Started => _started.Task;

    public Task Cancelled => _cancelled.Task;

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => _store.GetSymbolsAsync(cancellationToken);

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => _store.GetSyncStatusAsync(symbol, cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => _store.GetCoverageAsync(symbol, dataType, cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) => _store.GetWantedFromAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => _store.GetAbsentTradeIdsAsync(symbol, cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => _store.GetInstrumentsAsync(cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => _store.GetInstrumentChangesAsync(cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        _store.GetExternalIndicatorsAsync(indicatorName, range, cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _store.GetStatusAsync(cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => _store.CompactAsync(cancellationToken);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    async Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken)
    {
        _started.SetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _cancelled.SetResult();
            throw;
        }

        return CandleBatch.Rent(0);
    }

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        _store.ReadTradesAsync(symbol, range, afterId, limit, cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken) => _store.WriteAsync(write, cancellationToken);

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => _store.GetImportCursorAsync(file, cancellationToken);

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => _store.WriteIndicatorsAsync(indicators, cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => _store.AddInstrumentsAsync(instruments, cancellationToken);
}
