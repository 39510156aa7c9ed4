namespace KrakenDb.Simulator;

/// <summary>
/// The limit of public calls per client address. Kraken publishes no number; this one agrees with what was measured: the 31st call at
/// 0.1 s spacing is refused, 1 call/s holds for 20 calls, calls every 1.5 s are refused in the long run, every 3 s they are not.
/// </summary>
internal sealed class CallLimiter(TimeProvider timeProvider)
{
    private const double Burst = 29;

    private const double RefillPerSecond = 0.5;

    private readonly Dictionary<string, (double Calls, long Timestamp)> _left = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>How many times as fast as Kraken's the allowance comes back; 0 for no limit.</summary>
    public double Scale { get; set; }

    public bool TryCall(string host)
    {
        var scale = Scale;
        if (scale <= 0)
            return true;

        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            var left = _left.TryGetValue(host, out var before)
                ? Math.Min(Burst, before.Calls + (timeProvider.GetElapsedTime(before.Timestamp, now).TotalSeconds * RefillPerSecond * scale))
                : Burst;
            var allowed = left >= 1;
            _left[host] = (allowed ? left - 1 : left, now);
            return allowed;
        }
    }
}
