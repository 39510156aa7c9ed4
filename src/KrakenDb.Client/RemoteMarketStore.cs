namespace KrakenDb.Client;

/// <summary>A store that another process owns, where a whole store is asked for. It reads; its writes say who can carry them out.</summary>
internal sealed class RemoteMarketStore(RemoteMarketReader reader) : ForwardingStore
{
    protected override IMarketReader Reader => reader;

    protected override IMarketStore Writer => throw new MarketStoreException(
        $"This store is owned by another process ({reader.Address}) and can only be read from here. Writes go to the owner: import, fill-gaps, backfill and the other commands of kraken-db are carried out there.");

    public override ValueTask DisposeAsync() => reader.DisposeAsync();
}
