using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>Numbers and times for people.</summary>
internal static class Readable
{
    private static readonly string[] ByteUnits = ["B", "KB", "MB", "GB", "TB"];

    /// <summary><c>1,204,331</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1 row</c>, <c>1,204,331 rows</c>.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary><c>12.3 MB</c>, in powers of 1000.</summary>
    public static string Bytes(long bytes)
    {
        var value = (decimal)bytes;
        var unit = 0;
        for (; value >= 1000 && unit < ByteUnits.Length - 1; unit++)
        {
            value /= 1000;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? value.ToString("0", CultureInfo.InvariantCulture) : value.ToString("0.0", CultureInfo.InvariantCulture))} {ByteUnits[unit]}");
    }

    /// <summary><c>0.4 s</c>, <c>3 min 12 s</c>, <c>5 h 3 min</c>, <c>12 d 4 h</c>.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / 1_000_000 / 10m:0.0} s"),
        { TotalMinutes: < 60 } => Two(duration.Minutes, "min", duration.Seconds, "s"),
        { TotalHours: < 24 } => Two(duration.Hours, "h", duration.Minutes, "min"),
        _ => Two(duration.Days, "d", duration.Hours, "h"),
    };

    /// <summary><c>2024-01-31 12:00</c>, with seconds only where there are some; UTC.</summary>
    public static string Time(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return utc.ToString(utc.Ticks % TimeSpan.TicksPerMinute == 0 ? "yyyy-MM-dd HH:mm" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static string Two(int large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? $"{large} {largeUnit}" : $"{large} {largeUnit} {small} {smallUnit}";
}
