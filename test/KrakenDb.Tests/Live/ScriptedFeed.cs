using System.Collections.Concurrent;

namespace KrakenDb.Tests.Live;

/// <summary>A live feed that brings what a test says.</summary>
internal sealed class ScriptedFeed(TimeProvider clock) : ILiveFeed
{
    private readonly TaskCompletionSource<ILiveFeedHandler> _handler = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<(string Symbol, string Reason)> Reconnects { get; } = new();

    public LiveSubscription? Subscription { get; private set; }

    private long Now => UnixTime.Microseconds(clock.GetUtcNow());

    public async Task RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken)
    {
        Subscription = subscription;
        handler.OnConnected(0, ulong.MaxValue, Now);
        foreach (var symbol in subscription.Symbols)
        {
            handler.OnSubscribed(0, symbol, "trade", Now);
        }

        _handler.SetResult(handler);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public void Reconnect(string symbol, string reason) => Reconnects.Enqueue((symbol, reason));

    public void ResubscribeBook(string symbol)
    {
    }

    public async Task BringAsync(string symbol, params IEnumerable<TradeRow> trades) => (await _handler.Task).OnTrades(0, symbol, [.. trades], isSnapshot: false, Now);

    public async Task<ILiveFeedHandler> HandlerAsync() => await _handler.Task;

    public async Task CutAsync(string symbol)
    {
        var handler = await _handler.Task;
        handler.OnDisconnected(0, "cut", Now);
        handler.OnConnected(0, 1, Now);
        handler.OnSubscribed(0, symbol, "trade", Now);
    }
}
