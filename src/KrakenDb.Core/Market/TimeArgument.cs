using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KrakenDb;

/// <summary>
/// Times on the command line: RFC 3339 (<c>2024-01-31T12:00:00Z</c>; seconds and offset may be left out, a space may stand for the T), a date
/// (<c>2024-01-31</c>, midnight), relative to now (<c>-7d</c>, <c>-12h</c>, <c>-30m</c>, <c>-2w</c>) or <c>now</c>. UTC unless an offset is given.
/// </summary>
internal static class TimeArgument
{
    public const string Forms = "RFC 3339 (2024-01-31T12:00:00Z), a date (2024-01-31), or relative to now (-7d, -12h, -30m, now)";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd' 'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd' 'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK",
    ];

    /// <exception cref="FormatException">None of the forms, or outside the years 1 to 9999.</exception>
    public static DateTimeOffset Parse(string text, DateTimeOffset now) => TryParse(text, now, out var time)
        ? time.Value
        : throw new FormatException($"'{text}' is not a time. Give {Forms}; UTC unless an offset is given.");

    private static bool TryParse(string text, DateTimeOffset now, [NotNullWhen(true)] out DateTimeOffset? time)
    {
        text = text.Trim();
        time = null;
        if (text.Equals("now", StringComparison.OrdinalIgnoreCase))
        {
            time = now;
        }
        else if (text.StartsWith('-'))
        {
            time = Before(now, text.AsSpan(1));
        }
        else if (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var absolute))
        {
            time = absolute;
        }

        return time is not null;
    }

    private static DateTimeOffset? Before(DateTimeOffset now, ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        long? minutesPerUnit = text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 1440, 'w' => 10080, _ => null };
        return minutesPerUnit is { } unit && count <= now.UtcTicks / TimeSpan.TicksPerMinute / unit
            ? now - TimeSpan.FromMinutes(count * unit)
            : null;
    }
}
