using System.Collections.Concurrent;

namespace KrakenDb.Kraken;

/// <summary>
/// The pace of all calls to one host, however many symbols run in parallel: one call per interval, first come, first served. A refusal doubles the interval
/// and pauses every caller; calls that succeed shorten it again, never below where it started.
/// </summary>
/// <remarks>Kraken publishes no number for public calls; 1 per second held in measurements, the 30th call at 10 per second was refused.</remarks>
internal sealed class AdaptiveRateLimiter : IDisposable
{
    private const int SuccessesBeforeFaster = 10;
    private static readonly TimeSpan IntervalMax = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<(string Host, TimeProvider Clock), AdaptiveRateLimiter> OfHosts = new();

    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _shortest;
    private readonly TimeSpan _firstPause;
    private readonly Random? _chance;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private TimeSpan _interval;
    private TimeSpan _pause;
    private DateTimeOffset _next;
    private DateTimeOffset _pausedUntil;
    private int _successes;

    /// <param name="interval">Between two calls at the start, and at best.</param>
    /// <param name="firstPause">After a refusal; doubled by each further one, up to twelve times as long.</param>
    /// <param name="timeProvider">Of the pauses.</param>
    /// <param name="chance">Makes each pause up to a quarter longer, so that programs that were refused together do not come back together; null for none.</param>
    public AdaptiveRateLimiter(TimeSpan interval, TimeSpan firstPause, TimeProvider timeProvider, Random? chance = null)
    {
        _chance = chance;
        (_interval, _shortest) = (interval, interval);
        (_pause, _firstPause) = (firstPause, firstPause);
        _timeProvider = timeProvider;
    }

    /// <summary>Between two calls now.</summary>
    public TimeSpan Interval
    {
        get
        {
            lock (_lock)
            {
                return _interval;
            }
        }
    }

    /// <summary>The limiter of a host, one per process: the first caller's pace is everybody's.</summary>
    public static AdaptiveRateLimiter OfHost(Uri address, TimeSpan interval, TimeSpan firstPause, TimeProvider timeProvider) =>
        OfHosts.GetOrAdd((address.Authority, timeProvider), _ => new AdaptiveRateLimiter(
            interval, firstPause, timeProvider, new Random(HashCode.Combine(timeProvider.GetTimestamp(), Environment.ProcessId))));

    /// <summary>Ends when the caller may make one call.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (TimeLeft() is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A call was answered.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            _pause = _firstPause;
            if (_interval > _shortest && ++_successes >= SuccessesBeforeFaster)
            {
                _successes = 0;
                _interval = Max(_shortest, _interval * 3 / 4);
            }
        }
    }

    /// <summary>A call was refused because there were too many.</summary>
    /// <param name="until">When the host wants to be asked again; null where it does not say.</param>
    public void Refused(DateTimeOffset? until)
    {
        lock (_lock)
        {
            var now = _timeProvider.GetUtcNow();
            _successes = 0;

            // Calls that were under way together are refused together and count once.
            if (now >= _pausedUntil)
            {
                _interval = Min(IntervalMax, _interval * 2);
                _pausedUntil = now + _pause + Jitter();
                _pause = Min(_firstPause * 12, _pause * 2);
            }

            if (until is { } asked && asked > _pausedUntil && asked < now + TimeSpan.FromMinutes(15))
            {
                _pausedUntil = asked;
            }
        }
    }

    public void Dispose() => _turn.Dispose();

    private TimeSpan Jitter() => _chance is null ? TimeSpan.Zero : TimeSpan.FromTicks(_chance.NextInt64((_pause.Ticks / 4) + 1));

    private TimeSpan TimeLeft()
    {
        lock (_lock)
        {
            var now = _timeProvider.GetUtcNow();
            var at = _next > _pausedUntil ? _next : _pausedUntil;
            if (at > now)
            {
                // A clock that was set back must not stop everything.
                return Min(at - now, Max(_firstPause * 12, _interval));
            }

            _next = now + _interval;
            return TimeSpan.Zero;
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
