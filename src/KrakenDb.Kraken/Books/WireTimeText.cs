using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>Kraken's times of book frames, <c>2026-08-01T02:53:53.398143Z</c>, as nanoseconds since 1970 UTC. The day, which rarely changes, is remembered.</summary>
internal sealed class WireTimeText
{
    private const long NanosecondsPerDay = 86_400_000_000_000;
    private const int DayBytes = 10;

    // The text up to the T, and the time at which that day began.
    private readonly byte[] _readDay = new byte[DayBytes];
    private readonly byte[] _writtenDay = new byte[DayBytes];
    private long _readStart;
    private long _writtenStart = -1;

    private static ReadOnlySpan<long> NanosecondsOfDigit => [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

    /// <summary>Up to nine digits behind the point, or no point.</summary>
    public bool TryRead(ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (text.Length < 20 || text.Length > 30 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[^1] != 'Z'
            || !TryTwo(text[11..], out var hour) || !TryTwo(text[14..], out var minute) || !TryTwo(text[17..], out var second) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var fraction = text[19..^1];
        long part = 0;
        if (!fraction.IsEmpty)
        {
            if (fraction[0] != '.' || fraction.Length == 1)
            {
                return false;
            }

            for (var index = 1; index < fraction.Length; index++)
            {
                var digit = fraction[index] - '0';
                if (digit is < 0 or > 9)
                {
                    return false;
                }

                part += digit * NanosecondsOfDigit[index - 1];
            }
        }

        if (!TryDay(text[..DayBytes], out var start))
        {
            return false;
        }

        nanoseconds = start + (((((hour * 60) + minute) * 60L) + second) * 1_000_000_000) + part;
        return true;
    }

    /// <summary>With six digits, as Kraken writes it; more digits than that are cut off, which shows when the frame is compared.</summary>
    public int Write(long nanoseconds, Span<byte> text)
    {
        var start = nanoseconds - (((nanoseconds % NanosecondsPerDay) + NanosecondsPerDay) % NanosecondsPerDay);
        if (start != _writtenStart)
        {
            DateTimeOffset.FromUnixTimeSeconds(start / 1_000_000_000).TryFormat(_writtenDay, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            _writtenStart = start;
        }

        _writtenDay.CopyTo(text);
        var micros = (nanoseconds - start) / 1000;
        var seconds = (int)(micros / 1_000_000);
        var fraction = (int)(micros % 1_000_000);
        text[10] = (byte)'T';
        Two(text[11..], seconds / 3600);
        text[13] = (byte)':';
        Two(text[14..], seconds / 60 % 60);
        text[16] = (byte)':';
        Two(text[17..], seconds % 60);
        text[19] = (byte)'.';
        Two(text[20..], fraction / 10_000);
        Two(text[22..], fraction / 100 % 100);
        Two(text[24..], fraction % 100);
        text[26] = (byte)'Z';
        return 27;
    }

    private static void Two(Span<byte> text, int value)
    {
        text[1] = (byte)('0' + (value % 10));
        text[0] = (byte)('0' + (value / 10));
    }

    private static bool TryTwo(ReadOnlySpan<byte> text, out int value)
    {
        var (tens, ones) = (text[0] - '0', text[1] - '0');
        value = (tens * 10) + ones;
        return tens is >= 0 and <= 9 && ones is >= 0 and <= 9;
    }

    private bool TryDay(ReadOnlySpan<byte> text, out long start)
    {
        if (text.SequenceEqual(_readDay))
        {
            start = _readStart;
            return true;
        }

        start = 0;
        Span<char> characters = stackalloc char[DayBytes];
        if (!System.Text.Ascii.IsValid(text) || System.Text.Encoding.ASCII.GetChars(text, characters) != DayBytes
            || !DateTimeOffset.TryParseExact(characters, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
            || day.Year is < 1970 or > 2200)
        {
            return false;
        }

        text.CopyTo(_readDay);
        start = _readStart = day.ToUnixTimeSeconds() * 1_000_000_000;
        return true;
    }
}
