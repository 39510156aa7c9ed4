namespace KrakenDb.Simulator;

/// <summary>
/// The time that a replay has reached, from its beginning to its end, where it stands still. At speed 0 it is moved by those who read: on to what comes next, as soon as
/// everyone has been sent what there was. Timers stay those of the clock behind it.
/// </summary>
internal sealed class ReplayClock : TimeProvider
{
    // At speed 0: so that every event is not a step of its own.
    private const long StepTicks = TimeSpan.TicksPerSecond;

    private readonly TimeProvider _source;
    private readonly Lock _lock = new();
    private readonly Dictionary<object, long?> _readers = [];
    private long _ticks;
    private long _since;
    private decimal _speed;
    private bool _isPaused;
    private int _seeks;

    public ReplayClock(TimeProvider source, DateTimeOffset from, DateTimeOffset to, decimal speed)
    {
        (_source, From, To, _speed) = (source, from, to, speed);
        (_ticks, _since) = (from.UtcTicks, source.GetTimestamp());
    }

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    /// <summary>0: as fast as it is read.</summary>
    public decimal Speed
    {
        get
        {
            lock (_lock)
            {
                return _speed;
            }
        }
    }

    public bool IsPaused
    {
        get
        {
            lock (_lock)
            {
                return _isPaused;
            }
        }
    }

    public bool HasEnded => GetUtcNow() >= To;

    public override long TimestampFrequency => _source.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => new(Read().Nanoseconds / 100 + DateTimeOffset.UnixEpoch.Ticks, TimeSpan.Zero);

    public override long GetTimestamp() => _source.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _source.CreateTimer(callback, state, dueTime, period);

    /// <summary>The time (nanoseconds since 1970) and how many seeks there were: between two of them it never goes back.</summary>
    public (long Nanoseconds, int Seeks) Read()
    {
        lock (_lock)
        {
            return ((Ticks() - DateTimeOffset.UnixEpoch.Ticks) * 100, _seeks);
        }
    }

    public void Pause() => Change(() => _isPaused = true);

    public void Resume() => Change(() => _isPaused = false);

    /// <exception cref="FormatException">Below 0.</exception>
    public void SetSpeed(decimal speed) => Change(() => _speed = speed >= 0 ? speed : throw new FormatException("A speed is 0 (as fast as it is read) or a positive number."));

    /// <exception cref="FormatException">Outside the replay.</exception>
    public void Seek(DateTimeOffset time)
    {
        if (time < From || time > To)
            throw new FormatException($"{WireTime.Iso(time)} is outside the replay, which is from {WireTime.Iso(From)} to {WireTime.Iso(To)}.");

        Change(() =>
        {
            _ticks = time.UtcTicks;
            _seeks++;
        });
    }

    /// <summary>From now on a clock of speed 0 waits for this reader.</summary>
    public void Join(object reader)
    {
        lock (_lock)
        {
            _readers.TryAdd(reader, null);
        }
    }

    public void Leave(object reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
        }
    }

    /// <summary>A reader was sent everything up to a time. Gives whether the clock, at speed 0, went on.</summary>
    /// <param name="position">Nanoseconds since 1970.</param>
    /// <param name="next">When the reader is to be sent something next.</param>
    public bool CaughtUp(object reader, long position, long next)
    {
        lock (_lock)
        {
            var now = (Ticks() - DateTimeOffset.UnixEpoch.Ticks) * 100;
            if (_speed != 0 || _isPaused || position < now || _ticks >= To.UtcTicks || !_readers.ContainsKey(reader))
                return false;

            _readers[reader] = next;
            long first = long.MaxValue;
            foreach (var other in _readers.Values)
            {
                if (other is not { } time)
                    return false;
                first = Math.Min(first, time);
            }

            foreach (var key in _readers.Keys)
                _readers[key] = null;
            var due = first == long.MaxValue ? To.UtcTicks : (first / 100) + DateTimeOffset.UnixEpoch.Ticks;
            _ticks = Math.Min(To.UtcTicks, Math.Max(_ticks, due) + StepTicks);
            return true;
        }
    }

    private long Ticks() => _speed == 0 || _isPaused ? _ticks : Math.Min(To.UtcTicks, _ticks + Elapsed());

    // A speed of millions must not leave the numbers.
    private long Elapsed() => (long)Math.Min(_source.GetElapsedTime(_since).Ticks * _speed, TimeSpan.FromDays(365_000).Ticks);

    private void Change(Action change)
    {
        lock (_lock)
        {
            _ticks = Ticks();
            _since = _source.GetTimestamp();
            change();
        }
    }
}
