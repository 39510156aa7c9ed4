using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KrakenDb;

/// <summary>
/// The length of a candle: whole minutes from 1 to 525,600 (a year of 365 days). Parses <c>60</c> (minutes), <c>5m</c>, <c>1h</c>, <c>4h</c>, <c>1d</c>, <c>1w</c>.
/// Buckets of any interval start at 2000-01-03 00:00 UTC (a Monday) plus a whole number of intervals, on every engine.
/// </summary>
public readonly record struct Interval : IComparable<Interval>, ISpanParsable<Interval>
{
    /// <summary>The largest interval, in minutes.</summary>
    public const int MaxMinutes = 525_600;

    /// <summary>2000-01-03 00:00 UTC in microseconds since 1970.</summary>
    internal const long OriginMicroseconds = 946_857_600_000_000;

    private readonly int _minutesLessOne;

    /// <param name="minutes">1 to 525,600.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside that range.</exception>
    public Interval(int minutes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minutes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minutes, MaxMinutes);
        _minutesLessOne = minutes - 1;
    }

    public static Interval Minute => new(1);

    public static Interval Hour => new(60);

    public static Interval Day => new(1440);

    /// <summary>Monday 00:00 UTC to the next.</summary>
    public static Interval Week => new(10080);

    /// <summary>The intervals that have a rollup of their own: 5m, 15m, 30m, 1h, 4h, 12h, 1d, 1w.</summary>
    public static IReadOnlyList<Interval> Rollups { get; } = [new(5), new(15), new(30), new(60), new(240), new(720), new(1440), new(10080)];

    // Stored less one, so that default(Interval) is one minute and not an invalid zero.
    public int Minutes => _minutesLessOne + 1;

    public TimeSpan Duration => TimeSpan.FromMinutes(Minutes);

    internal long Microseconds => Minutes * 60_000_000L;

    /// <inheritdoc cref="Interval(int)"/>
    public static implicit operator Interval(int minutes) => new(minutes);

    public static bool operator <(Interval left, Interval right) => left.Minutes < right.Minutes;

    public static bool operator >(Interval left, Interval right) => left.Minutes > right.Minutes;

    public static bool operator <=(Interval left, Interval right) => left.Minutes <= right.Minutes;

    public static bool operator >=(Interval left, Interval right) => left.Minutes >= right.Minutes;

    public int CompareTo(Interval other) => Minutes.CompareTo(other.Minutes);

    /// <summary>Whether whole candles of this interval make up one of <paramref name="larger"/>.</summary>
    public bool Divides(Interval larger) => larger.Minutes % Minutes == 0;

    /// <summary>The start of the bucket that contains <paramref name="time"/>.</summary>
    public DateTimeOffset Floor(DateTimeOffset time) => UnixTime.ToDateTimeOffset(Floor(UnixTime.Microseconds(time)));

    /// <summary>The first bucket start at or after <paramref name="time"/>.</summary>
    public DateTimeOffset Ceiling(DateTimeOffset time) => UnixTime.ToDateTimeOffset(Ceiling(UnixTime.MicrosecondsCeiling(time)));

    /// <summary>The shortest spelling: <c>1m</c>, <c>90m</c>, <c>1h</c>, <c>1d</c>, <c>1w</c>.</summary>
    public override string ToString()
    {
        var (count, unit) = Minutes switch
        {
            var m when m % 10080 == 0 => (m / 10080, 'w'),
            var m when m % 1440 == 0 => (m / 1440, 'd'),
            var m when m % 60 == 0 => (m / 60, 'h'),
            var m => (m, 'm'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
    }

    /// <exception cref="FormatException">Not a number of minutes and not a number followed by m, h, d or w.</exception>
    public static Interval Parse(string s) => Parse(s.AsSpan(), provider: null);

    public static Interval Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan(), provider);

    public static Interval Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => TryParse(s, provider, out var interval)
        ? interval
        : throw new FormatException($"'{s}' is not an interval. Give whole minutes (60) or a number with m, h, d or w (5m, 4h, 1d, 1w), at most {MaxMinutes} minutes.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Interval result) => TryParse(s.AsSpan(), provider, out result);

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Interval result)
    {
        result = default;
        s = s.Trim();
        if (s.IsEmpty)
        {
            return false;
        }

        var unit = s[^1] switch { 'm' or 'M' => 1, 'h' or 'H' => 60, 'd' or 'D' => 1440, 'w' or 'W' => 10080, _ => 0 };
        var digits = unit == 0 ? s : s[..^1];
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
        {
            return false;
        }

        var minutes = (long)count * Math.Max(unit, 1);
        if (minutes > MaxMinutes)
        {
            return false;
        }

        result = new Interval((int)minutes);
        return true;
    }

    internal long Floor(long microseconds)
    {
        var width = Microseconds;
        var offset = (microseconds - OriginMicroseconds) % width;
        return microseconds - (offset < 0 ? offset + width : offset);
    }

    internal long Ceiling(long microseconds)
    {
        var floor = Floor(microseconds);
        return floor == microseconds ? floor : floor + Microseconds;
    }
}
