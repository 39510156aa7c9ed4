namespace KrakenDb.Simulator;

/// <summary>Which fault a message or subscription gets: those asked for by name first, then those drawn by chance.</summary>
internal sealed class FeedFaultQueue
{
    private readonly List<(FeedFault Fault, string? Symbol, int Left)> _asked = [];
    private readonly Lock _lock = new();
    private volatile bool _isAsked;
    private volatile FeedFaults _byChance = FeedFaults.None;
    private long _messages;
    private long _subscriptions;

    public FeedFaults ByChance { get => _byChance; set => _byChance = value; }

    public void Add(FeedFault fault, int count, string? symbol)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            _asked.Add((fault, symbol, count));
            _isAsked = true;
        }
    }

    /// <summary>One that was asked for and meets a whole connection; null for none.</summary>
    public FeedFault? NextOfConnection() => _isAsked ? NextAsked(FeedFaults.IsOfConnection, symbol: null) : null;

    /// <summary>That of the next message of trades.</summary>
    public FeedFault? NextOfTrades(string symbol)
    {
        var asked = _isAsked ? NextAsked(fault => !FeedFaults.IsOfConnection(fault) && !FeedFaults.IsOfSubscription(fault), symbol) : null;
        return asked ?? (_byChance.PerMillion.Count == 0 ? null : _byChance.Draw(Interlocked.Increment(ref _messages), ofSubscription: false));
    }

    public FeedFault? NextOfSubscription(string symbol)
    {
        var asked = _isAsked ? NextAsked(FeedFaults.IsOfSubscription, symbol) : null;
        return asked ?? (_byChance.PerMillion.Count == 0 ? null : _byChance.Draw(Interlocked.Increment(ref _subscriptions), ofSubscription: true));
    }

    private FeedFault? NextAsked(Predicate<FeedFault> fits, string? symbol)
    {
        lock (_lock)
        {
            var at = _asked.FindIndex(asked => fits(asked.Fault) && (asked.Symbol is null || symbol is null || asked.Symbol == symbol));
            if (at < 0)
                return null;

            var (fault, only, left) = _asked[at];
            if (left == 1)
                _asked.RemoveAt(at);
            else
                _asked[at] = (fault, only, left - 1);
            _isAsked = _asked.Count > 0;
            return fault;
        }
    }
}
