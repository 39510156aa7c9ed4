using System.Collections.Concurrent;

namespace KrakenDb.Kraken;

/// <summary>
/// The attempts to connect to one host within ten minutes, of the whole process. About 150 are Kraken's limit; then its edge bans the address for ten minutes,
/// REST too. <see href="https://support.kraken.com/articles/360044504011"/>
/// </summary>
internal sealed class ConnectBudget(int attempts, TimeProvider timeProvider) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private static readonly ConcurrentDictionary<(string Host, TimeProvider Clock), ConnectBudget> OfHosts = new();

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Queue<long> _used = new();

    /// <summary>The budget of a host, one per process: the first caller's number is everybody's.</summary>
    public static ConnectBudget OfHost(Uri address, int attempts, TimeProvider timeProvider) =>
        OfHosts.GetOrAdd((address.Authority, timeProvider), _ => new ConnectBudget(attempts, timeProvider));

    /// <summary>Ends when the caller may make one attempt; first come, first served.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (TimeLeft() is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, timeProvider, cancellationToken).ConfigureAwait(false);
            }

            _used.Enqueue(timeProvider.GetTimestamp());
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private TimeSpan TimeLeft()
    {
        var now = timeProvider.GetTimestamp();
        while (_used.TryPeek(out var oldest) && timeProvider.GetElapsedTime(oldest, now) >= Window)
        {
            _used.Dequeue();
        }

        return _used.Count < attempts ? TimeSpan.Zero : Window - timeProvider.GetElapsedTime(_used.Peek(), now);
    }
}
