namespace KrakenDb.Simulator;

/// <summary>Equal requests within a time get equal bytes: Kraken's edge answers them without asking the exchange.</summary>
internal sealed class EdgeCache(TimeSpan keep, TimeProvider timeProvider)
{
    private const int EntriesMax = 256;

    private readonly Dictionary<string, (byte[] Body, DateTimeOffset Time)> _bodies = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public bool IsOn => keep > TimeSpan.Zero;

    public byte[]? Find(string address)
    {
        lock (_lock)
        {
            return _bodies.TryGetValue(address, out var entry) && timeProvider.GetUtcNow() - entry.Time < keep ? entry.Body : null;
        }
    }

    public void Keep(string address, byte[] body)
    {
        lock (_lock)
        {
            if (_bodies.Count >= EntriesMax)
                _bodies.Clear();
            _bodies[address] = (body, timeProvider.GetUtcNow());
        }
    }
}
