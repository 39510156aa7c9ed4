namespace KrakenDb.Simulator;

/// <summary>A clock that starts at the present and then goes some times as fast. Timers stay those of the clock behind it.</summary>
internal sealed class FastClock : TimeProvider
{
    private readonly TimeProvider _source;
    private readonly decimal _speed;
    private readonly DateTimeOffset _start;
    private readonly long _startTimestamp;

    public FastClock(TimeProvider source, decimal speed)
    {
        _source = source;
        _speed = speed;
        _start = source.GetUtcNow();
        _startTimestamp = source.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow() =>
        _start.AddTicks((long)(_source.GetElapsedTime(_startTimestamp).Ticks * _speed));

    public override long GetTimestamp() => _source.GetTimestamp();

    public override long TimestampFrequency => _source.TimestampFrequency;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _source.CreateTimer(callback, state, dueTime, period);
}
