namespace KrakenDb.Simulator;

/// <summary>Cloudflare's limit: 150 connections of an address in 10 minutes, then none for 10 minutes.</summary>
internal sealed class ConnectionLimiter(TimeProvider timeProvider)
{
    private const int Most = 150;
    private const int WindowSeconds = 600;

    private readonly Dictionary<string, (Queue<long> Attempts, long BannedAt)> _hosts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>How many times as short as Cloudflare's the 10 minutes are; 0 for no limit.</summary>
    public double Scale { get; set; }

    public bool TryConnect(string host)
    {
        var scale = Scale;
        if (scale <= 0)
            return true;

        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            var (attempts, bannedAt) = _hosts.TryGetValue(host, out var known) ? known : (new Queue<long>(), -1);
            var window = TimeSpan.FromSeconds(WindowSeconds / scale);
            if (bannedAt >= 0 && timeProvider.GetElapsedTime(bannedAt, now) < window)
                return false;

            while (attempts.TryPeek(out var oldest) && timeProvider.GetElapsedTime(oldest, now) >= window)
                attempts.Dequeue();
            attempts.Enqueue(now);
            var allowed = attempts.Count <= Most;
            _hosts[host] = (attempts, allowed ? -1 : now);
            return allowed;
        }
    }
}
