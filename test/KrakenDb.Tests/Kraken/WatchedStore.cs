namespace KrakenDb.Tests.Kraken;

/// <summary>A store that watches how many imports write at once.</summary>
internal sealed class WatchedStore(IMarketStore inner) : ForwardingStore
{
    private readonly int[] _inWrite = [0];

    protected override IMarketStore Reader => inner;

    public int AtOnceMax { get; private set; }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override async Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        lock (_inWrite)
        {
            AtOnceMax = Math.Max(AtOnceMax, ++_inWrite[0]);
        }

        // Long enough for another import to come in between if it may.
        await Task.Delay(20, cancellationToken);
        lock (_inWrite)
        {
            _inWrite[0]--;
        }

        return await inner.WriteAsync(write, cancellationToken);
    }
}
