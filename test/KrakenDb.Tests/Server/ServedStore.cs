using KrakenDb.Client;
using KrakenDb.Server;

namespace KrakenDb.Tests.Server;

/// <summary>A store of this process whose reads go over its endpoint: server and client between the test and the engine.</summary>
internal sealed class ServedStore : IMarketStore
{
    private readonly IMarketStore _store;
    private readonly OwnerEndpoint _endpoint;
    private readonly IMarketReader _reader;

    private ServedStore(IMarketStore store, OwnerEndpoint endpoint, IMarketReader reader) => (_store, _endpoint, _reader) = (store, endpoint, reader);

    public static async Task<ServedStore> OpenAsync(IMarketStore store, TimeProvider clock)
    {
        var endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions { TimeProvider = clock });
        return new ServedStore(store, endpoint, await RemoteMarketReader.ConnectAsync(new EndpointAddress(endpoint.Address, endpoint.Token), locate: null, default));
    }

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

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => _store.CompactAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _endpoint.DisposeAsync();
        await _store.DisposeAsync();
    }

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) =>
        _reader.ReadCandlesAsync(symbol, stored, bucket, range, cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        _reader.ReadTradesAsync(symbol, range, afterId, limit, cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken) => _store.WriteAsync(write, cancellationToken);

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) => _store.GetImportCursorAsync(file, cancellationToken);

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => _store.WriteIndicatorsAsync(indicators, cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => _store.AddInstrumentsAsync(instruments, cancellationToken);
}
