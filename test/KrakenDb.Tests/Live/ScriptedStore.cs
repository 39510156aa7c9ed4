namespace KrakenDb.Tests.Live;

/// <summary>A store whose writes wait, fail or are refused as a test says.</summary>
internal sealed class ScriptedStore(IMarketStore inner) : ForwardingStore
{
    private int _writes;

    /// <summary>Runs before each write; throws to fail it.</summary>
    public Func<StoreWrite, CancellationToken, Task>? Before { get; set; }

    protected override IMarketStore Reader => inner;

    public int Writes => Volatile.Read(ref _writes);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override async Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        if (Before is { } before)
        {
            await before(write, cancellationToken);
        }

        Interlocked.Increment(ref _writes);
        return await inner.WriteAsync(write, cancellationToken);
    }
}
