using KrakenDb.Client;
using KrakenDb.Server;

namespace KrakenDb.Tests.Server;

/// <summary>A store of this process whose reads go over its endpoint: server and client between the test and the engine.</summary>
internal sealed class ServedStore : ForwardingStore
{
    private readonly IMarketStore _store;
    private readonly OwnerEndpoint _endpoint;
    private readonly IMarketReader _reader;

    private ServedStore(IMarketStore store, OwnerEndpoint endpoint, IMarketReader reader) => (_store, _endpoint, _reader) = (store, endpoint, reader);

    protected override IMarketReader Reader => _reader;

    protected override IMarketStore Writer => _store;

    public static async Task<ServedStore> OpenAsync(IMarketStore store, TimeProvider clock)
    {
        var endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions { TimeProvider = clock });
        return new ServedStore(store, endpoint, await RemoteMarketReader.ConnectAsync(new EndpointAddress(endpoint.Address, endpoint.Token), locate: null, default));
    }

    public override async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _endpoint.DisposeAsync();
        await _store.DisposeAsync();
    }
}
