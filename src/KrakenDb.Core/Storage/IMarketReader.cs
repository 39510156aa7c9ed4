namespace KrakenDb;

/// <summary>What can be read from a store. Implemented by the embedded engine and its oracle; opened by <c>MarketStore.OpenAsync</c>.</summary>
public interface IMarketReader : IAsyncDisposable
{
    /// <summary>Symbols with stored data, ordinal order.</summary>
    Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default);

    /// <summary>One row per symbol and data type, ordinal order.</summary>
    /// <param name="symbol">Null for all symbols.</param>
    /// <param name="cancellationToken"></param>
    Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default);

    /// <summary>What is stored of one data type; empty for an unknown symbol.</summary>
    /// <param name="symbol">As stored: <c>BTC/USD</c>.</param>
    /// <param name="dataType">See <see cref="DataType"/>.</param>
    /// <param name="cancellationToken"></param>
    Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default);

    /// <summary>From when on the symbol's history is wanted: only what lies later can be a gap. Null when nothing was ever imported.</summary>
    Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default);

    /// <summary>Ids of trades that the exchange did not show, ascending.</summary>
    Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default);

    /// <summary>Names that were added to the built-in catalog for this store.</summary>
    Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default);

    /// <summary>What was found changed in the list of markets, oldest first.</summary>
    Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default);

    /// <summary>Values of an external indicator in a range, ascending in time, then source.</summary>
    Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default);

    /// <summary>Engine, versions and size.</summary>
    Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Stored candles of <paramref name="stored"/> in <paramref name="range"/>, aggregated to <paramref name="bucket"/> where that is larger.
    /// Ascending in time. Callers bound the range: the answer is held in memory. The caller disposes the batch.
    /// </summary>
    internal Task<CandleBatch> ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken);

    /// <summary>At most <paramref name="limit"/> trades of the range with an id above <paramref name="afterId"/>, ascending in id.</summary>
    internal Task<TradeBatch> ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken);
}
