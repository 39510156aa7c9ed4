using System.Globalization;

namespace KrakenDb.Simulator;

/// <summary>Times as Kraken's REST interface writes and reads them.</summary>
internal static class WireTime
{
    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>Nanoseconds since 1970.</summary>
    public static long Nanoseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100;

    /// <summary>Through a binary float, as Kraken sends trades: hundreds of nanoseconds are lost.</summary>
    public static double FloatSeconds(long unixNanoseconds)
    {
        var (seconds, nanoseconds) = Math.DivRem(unixNanoseconds, 1_000_000_000);
        return seconds + (nanoseconds * 1e-9);
    }

    /// <summary>What Kraken calls RFC 1123: <c>Tue, 11 Nov 25 00:17:04 +0000</c>, <c>Sun,  7 Jun 20 04:07:53 +0000</c>.</summary>
    public static string Rfc1123(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        return string.Create(CultureInfo.InvariantCulture,
            $"{Days[(int)utc.DayOfWeek]}, {utc.Day,2} {Months[utc.Month - 1]} {utc.Year % 100:00} {utc.Hour:00}:{utc.Minute:00}:{utc.Second:00} +0000");
    }

    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// Trades' <c>since</c> in nanoseconds: seconds, seconds with a fraction, or nanoseconds; the magnitude decides. A fraction reaches
    /// 10 ms back, as a real reply did.
    /// </summary>
    public static bool TryReadSince(string text, out long nanoseconds)
    {
        const decimal nanosecondsFrom = 1_000_000_000_000;
        nanoseconds = 0;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > long.MaxValue)
            return false;

        if (value >= nanosecondsFrom)
        {
            nanoseconds = (long)value;
            return true;
        }

        nanoseconds = (long)(value * 1_000_000_000);
        if (value != decimal.Truncate(value))
            nanoseconds = Math.Max(0, nanoseconds - 10_000_000);
        return true;
    }
}
