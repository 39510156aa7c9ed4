using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>
/// A clock that showed the present at one moment and goes some times as fast, timers included: a process with it lives in simulated time.
/// <c>KRAKENDB_CLOCK=60@2026-01-31T12:00:00Z</c> makes it this program's, for a simulated exchange with the same clock.
/// </summary>
internal sealed class SimulatedClock : TimeProvider
{
    public const string Variable = "KRAKENDB_CLOCK";

    private readonly TimeProvider _source;
    private readonly long _factor;
    private readonly DateTimeOffset _start;
    private readonly long _startTimestamp;

    /// <param name="source">The present.</param>
    /// <param name="factor">How many times as fast.</param>
    /// <param name="origin">When both showed the same: several processes with one origin have one clock.</param>
    public SimulatedClock(TimeProvider source, int factor, DateTimeOffset origin)
    {
        (_source, _factor) = (source, factor);
        _startTimestamp = source.GetTimestamp();
        _start = origin + ((source.GetUtcNow() - origin) * factor);
    }

    public override long TimestampFrequency => _source.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _start + (_source.GetElapsedTime(_startTimestamp) * _factor);

    public override long GetTimestamp() => (_source.GetTimestamp() - _startTimestamp) * _factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(_source.CreateTimer(callback, state, Real(dueTime), Real(period)), this);

    /// <exception cref="UsageException">The variable is not of this form.</exception>
    public static TimeProvider FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return System;
        }

        return text.Split('@') is [var given, var at]
            && int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var factor) && factor is >= 1 and <= 1000
            && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var origin)
                ? new SimulatedClock(System, factor, origin)
                : throw new UsageException($"{Variable} is '{text}'. Give a whole factor up to 1000 and the time at which that clock showed the present, such as 60@2026-01-31T12:00:00Z, or unset it.");
    }

    // A millisecond at least: timers of nothing would spin.
    private TimeSpan Real(TimeSpan time) => time == Timeout.InfiniteTimeSpan || time == TimeSpan.Zero ? time : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, time.Ticks / _factor));

    private sealed class Timer(ITimer timer, SimulatedClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Real(dueTime), clock.Real(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
