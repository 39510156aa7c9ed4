namespace KrakenDb.Tests.Server;

/// <summary>A store whose reads of candles take until they are cancelled.</summary>
internal sealed class WaitingStore : ForwardingStore
{
    private readonly IMarketStore _store = new InMemoryMarketStore(TimeProvider.System);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override IMarketStore Reader => _store;

    public Task Started => _started.Task;

    public Task Cancelled => _cancelled.Task;

    public override ValueTask DisposeAsync() => _store.DisposeAsync();

    public override async Task<CandleBatch> ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken)
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
}
