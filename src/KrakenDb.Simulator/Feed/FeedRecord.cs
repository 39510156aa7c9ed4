namespace KrakenDb.Simulator;

/// <summary>What one WebSocket connection was sent, and what it was not. For any number of readers.</summary>
internal sealed class FeedRecord(ulong connectionId, DateTimeOffset opened)
{
    private const int FaultsMax = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<IdRange>> _sent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<IdRange>> _omitted = new(StringComparer.Ordinal);
    private readonly List<FeedFaultMet> _faults = [];
    private long _messages;
    private string? _ended;

    public ulong ConnectionId => connectionId;

    public DateTimeOffset Opened => opened;

    /// <summary>Text frames.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Why the connection ended; null while it lasts.</summary>
    public string? Ended
    {
        get => _ended;
        set => _ended ??= value;
    }

    public IReadOnlyList<FeedFaultMet> Faults
    {
        get
        {
            lock (_lock)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>Trades that were sent as updates, in the order in which they were; a duplicate makes a range of its own.</summary>
    public IReadOnlyList<IdRange> Sent(string symbol) => Read(_sent, symbol);

    /// <summary>Trades that happened while their symbol was subscribed and were not sent.</summary>
    public IReadOnlyList<IdRange> Omitted(string symbol) => Read(_omitted, symbol);

    public IReadOnlyList<string> Symbols
    {
        get
        {
            lock (_lock)
            {
                return [.. _sent.Keys.Union(_omitted.Keys, StringComparer.Ordinal)];
            }
        }
    }

    public void AddMessage() => Interlocked.Increment(ref _messages);

    public void AddSent(string symbol, IdRange ids) => Add(_sent, symbol, ids);

    public void AddOmitted(string symbol, IdRange ids) => Add(_omitted, symbol, ids);

    public void AddFault(FeedFaultMet fault)
    {
        lock (_lock)
        {
            if (_faults.Count < FaultsMax)
                _faults.Add(fault);
        }
    }

    private List<IdRange> Read(Dictionary<string, List<IdRange>> ranges, string symbol)
    {
        lock (_lock)
        {
            return ranges.TryGetValue(symbol, out var found) ? [.. found] : [];
        }
    }

    private void Add(Dictionary<string, List<IdRange>> ranges, string symbol, IdRange ids)
    {
        lock (_lock)
        {
            if (!ranges.TryGetValue(symbol, out var list))
                ranges.Add(symbol, list = []);
            if (list.Count > 0 && list[^1].Last + 1 == ids.First)
                list[^1] = new(list[^1].First, ids.Last);
            else
                list.Add(ids);
        }
    }
}
