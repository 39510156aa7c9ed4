using System.Globalization;

namespace KrakenDb.Timescale.Wire;

/// <summary>PostgreSQL counts microseconds from 2000-01-01 00:00 UTC.</summary>
internal static class PgTime
{
    private const long EpochMicroseconds = 946_684_800_000_000;

    /// <summary>Of microseconds since 1970.</summary>
    public static long ToWire(long microseconds) => microseconds - EpochMicroseconds;

    public static long FromWire(long wire) => wire + EpochMicroseconds;

    public static DateTime ToDateTime(long microseconds) => UnixTime.ToDateTimeOffset(microseconds).UtcDateTime;

    /// <summary>A literal for the commands that take no parameters (COPY).</summary>
    public static string Literal(long microseconds) => string.Create(CultureInfo.InvariantCulture, $"'{UnixTime.ToDateTimeOffset(microseconds):yyyy-MM-dd HH:mm:ss.ffffff}+00'::timestamptz");
}
