namespace KrakenDb.DuckDb;

/// <summary>A small write that waits for the writer; the one before it may take it along in its own transaction, because a commit costs more than a page.</summary>
internal sealed class PendingWrite(StoreWrite write, CancellationToken cancellationToken)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    // With more of them a group's transaction would no longer be short.
    private const int RowsMax = 4_096;

    private readonly TaskCompletionSource<StoreReceipt> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    public StoreWrite Write => write;

    /// <summary>Of the transaction that took it along.</summary>
    public Task<StoreReceipt> Completion => _completion.Task;

    public bool IsSmall => (write.Candles?.Count ?? 0) + (write.Trades?.Count ?? 0) <= RowsMax;

    /// <summary>For the transaction of another, or for its own.</summary>
    public bool TryTake() => !cancellationToken.IsCancellationRequested && Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>False where a transaction has it: that one says what became of it.</summary>
    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) is Waiting or Abandoned;

    public void Complete(StoreReceipt receipt) => _completion.SetResult(receipt);

    /// <summary>The transaction that took it along failed, and perhaps not by its fault: its own turn comes.</summary>
    public void GiveBack()
    {
        Volatile.Write(ref _state, Waiting);
        if (cancellationToken.IsCancellationRequested && TryAbandon())
        {
            _completion.SetCanceled(cancellationToken);
        }
    }
}
