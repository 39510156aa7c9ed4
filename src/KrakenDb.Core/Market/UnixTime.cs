namespace KrakenDb;

/// <summary>Times as microseconds since 1970-01-01 00:00 UTC, the resolution of both engines' timestamps.</summary>
internal static class UnixTime
{
    public const long MicrosecondsPerMinute = 60_000_000;

    public static long Microseconds(DateTimeOffset time) => Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, TimeSpan.TicksPerMicrosecond) is var (quotient, remainder) && remainder < 0
        ? quotient - 1
        : quotient;

    public static long MicrosecondsCeiling(DateTimeOffset time)
    {
        var floor = Microseconds(time);
        return ToDateTimeOffset(floor) == time ? floor : floor + 1;
    }

    public static DateTimeOffset ToDateTimeOffset(long microseconds) =>
        new(DateTimeOffset.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
