namespace KrakenDb.Tests.Cli;

/// <summary>A store whose every call fails as no store should.</summary>
internal sealed class BrokenStore : IMarketStore
{
    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => throw Fault();

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => throw Fault();

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => throw Fault();

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) => throw Fault();

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => throw Fault();

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => throw Fault();

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => throw Fault();

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        throw Fault();

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => throw Fault();

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => throw Fault();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) => throw Fault();

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) => throw Fault();

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken) => throw Fault();

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => throw Fault();

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => throw Fault();

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => throw Fault();

    private static NotSupportedException Fault() => new("broken on purpose");
}
