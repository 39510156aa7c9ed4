namespace KrakenDb.Simulator;

/// <summary>A clock that leaves the present, now or at a given moment, and then goes some times as fast. Timers stay those of the clock behind it.</summary>
internal sealed class FastClock : TimeProvider
{
    private readonly TimeProvider _source;
    private readonly decimal _speed;
    private readonly DateTimeOffset _start;
    private readonly long _startTimestamp;

    /// <param name="source">The present.</param>
    /// <param name="speed">How many times as fast.</param>
    /// <param name="origin">When both showed the same: several processes with one origin have one clock. Null: now.</param>
    public FastClock(TimeProvider source, decimal speed, DateTimeOffset? origin = null)
    {
        _source = source;
        _speed = speed;
        var now = source.GetUtcNow();
        _start = origin is { } past ? past.AddTicks((long)((now - past).Ticks * speed)) : now;
        _startTimestamp = source.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow() =>
        _start.AddTicks((long)(_source.GetElapsedTime(_startTimestamp).Ticks * _speed));

    public override long GetTimestamp() => _source.GetTimestamp();

    public override long TimestampFrequency => _source.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _source.CreateTimer(callback, state, dueTime, period);
}
