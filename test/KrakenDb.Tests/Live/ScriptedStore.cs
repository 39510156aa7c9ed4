namespace KrakenDb.Tests.Live;

/// <summary>A store whose writes wait, fail or are refused as a test says.</summary>
internal sealed class ScriptedStore(IMarketStore inner) : IMarketStore
{
    private int _writes;

    /// <summary>Runs before each write; throws to fail it.</summary>
    public Func<StoreWrite, CancellationToken, Task>? Before { get; set; }

    public int Writes => Volatile.Read(ref _writes);

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

    async Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        if (Before is { } before)
        {
            await before(write, cancellationToken);
        }

        Interlocked.Increment(ref _writes);
        return await inner.WriteAsync(write, cancellationToken);
    }

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => inner.GetImportCursorAsync(file, cancellationToken);

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => inner.WriteIndicatorsAsync(indicators, cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => inner.AddInstrumentsAsync(instruments, cancellationToken);
}
