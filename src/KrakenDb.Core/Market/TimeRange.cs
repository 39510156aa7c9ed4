namespace KrakenDb;

/// <summary>Times from <see cref="Start"/> (included) to <see cref="End"/> (excluded), UTC, in whole microseconds.</summary>
public readonly record struct TimeRange
{
    /// <param name="start">Included; a fraction of a microsecond is cut off.</param>
    /// <param name="end">Excluded; a fraction of a microsecond is cut off.</param>
    /// <exception cref="ArgumentException">The start lies after the end.</exception>
    public TimeRange(DateTimeOffset start, DateTimeOffset end)
        : this(UnixTime.Microseconds(start), UnixTime.Microseconds(end))
    {
    }

    internal TimeRange(long startMicroseconds, long endMicroseconds)
    {
        if (startMicroseconds > endMicroseconds)
        {
            throw new ArgumentException($"The start {UnixTime.ToDateTimeOffset(startMicroseconds):u} lies after the end {UnixTime.ToDateTimeOffset(endMicroseconds):u}.", nameof(startMicroseconds));
        }

        StartMicroseconds = startMicroseconds;
        EndMicroseconds = endMicroseconds;
    }

    public DateTimeOffset Start => UnixTime.ToDateTimeOffset(StartMicroseconds);

    public DateTimeOffset End => UnixTime.ToDateTimeOffset(EndMicroseconds);

    public TimeSpan Duration => TimeSpan.FromMicroseconds(EndMicroseconds - StartMicroseconds);

    public bool IsEmpty => StartMicroseconds == EndMicroseconds;

    internal long StartMicroseconds { get; }

    internal long EndMicroseconds { get; }

    public bool Contains(DateTimeOffset time) => UnixTime.Microseconds(time) is var at && at >= StartMicroseconds && at < EndMicroseconds;

    public bool Overlaps(TimeRange other) => StartMicroseconds < other.EndMicroseconds && other.StartMicroseconds < EndMicroseconds;

    public override string ToString() => $"[{Start:yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'}, {End:yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'})";
}
