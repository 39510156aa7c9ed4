namespace KrakenDb.Kraken;

/// <summary>How long to wait before the next attempt to connect: a handful at once, then 5 to 30 seconds. Kraken asks for no more than that.</summary>
internal sealed class ReconnectSchedule(KrakenLiveFeedOptions options, int connection)
{
    private const int JitterMilliseconds = 750;
    private static readonly TimeSpan BanFirst = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BanMax = TimeSpan.FromMinutes(10);

#pragma warning disable CA5394 // Jitter needs no secret.
    private readonly Random _random = new(unchecked(options.JitterSeed + connection));
    private int _attempts;
    private int _bans;

    /// <param name="lasted">How long the connection was open; zero where none came about.</param>
    /// <param name="isMaintenance">The exchange said that it is not online.</param>
    /// <param name="isBanned">The edge refused the attempt because there were too many (HTTP 403 or 429).</param>
    public TimeSpan Next(TimeSpan lasted, bool isMaintenance, bool isBanned)
    {
        if (isBanned)
        {
            return Doubled(BanFirst, _bans++, BanMax) + Jitter();
        }

        _bans = 0;
        _attempts = lasted >= options.StableAfter ? 1 : _attempts + 1;
        if (_attempts > options.QuickReconnects)
        {
            return Doubled(options.ReconnectDelay, _attempts - options.QuickReconnects - 1, options.ReconnectDelayMax) + Jitter();
        }

        if (isMaintenance)
        {
            return options.ReconnectDelay + Jitter();
        }

        return _attempts == 1 ? TimeSpan.Zero : Jitter();
    }

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan most)
    {
        var delay = first * (1 << Math.Min(times, 10));
        return delay < most ? delay : most;
    }

    private TimeSpan Jitter() => options.ReconnectDelay > TimeSpan.Zero ? TimeSpan.FromMilliseconds(_random.Next(JitterMilliseconds)) : TimeSpan.Zero;
#pragma warning restore CA5394
}
