namespace KrakenDb.Benchmarks;

/// <summary>A store that takes every write and keeps nothing: what is left of an import is reading, parsing and checking.</summary>
internal sealed class DiscardingStore : ForwardingStore
{
    private readonly IMarketStore _empty = new InMemoryMarketStore();

    protected override IMarketStore Reader => _empty;

    public override ValueTask DisposeAsync() => _empty.DisposeAsync();

    public override Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        StoreWriteRules.Check(write);
        return Task.FromResult(default(StoreReceipt) with { CandlesInserted = write.Candles?.Count ?? 0 });
    }
}
