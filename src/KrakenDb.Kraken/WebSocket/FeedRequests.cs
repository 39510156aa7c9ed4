using System.Collections.Concurrent;

namespace KrakenDb.Kraken;

/// <summary>What callers want of one connection, from any thread; its session takes them in order.</summary>
internal sealed class FeedRequests
{
    private readonly ConcurrentQueue<FeedRequest> _queue = new();

    public void Add(FeedRequest request) => _queue.Enqueue(request);

    public bool TryTake(out FeedRequest request) => _queue.TryDequeue(out request);

    /// <summary>A new connection subscribes everything anyway.</summary>
    public void Clear() => _queue.Clear();
}

/// <param name="ResubscribeChannel">Null: make the whole connection anew.</param>
internal readonly record struct FeedRequest(string Symbol, FrameChannel? ResubscribeChannel, string Reason);

/// <summary>What outlives a socket of a connection.</summary>
internal sealed record FrameParserSource(FeedCounters Counters, FeedLog Log, FrameParser Parser);
