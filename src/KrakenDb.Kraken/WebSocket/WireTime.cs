namespace KrakenDb.Kraken;

/// <summary>Times of the WebSocket, <c>2026-09-10T17:44:43.105760475Z</c>, as nanoseconds since 1970 UTC: every digit of the text, cut behind the ninth.</summary>
internal static class WireTime
{
    private const int WholeLength = 19;
    private const int NanosecondDigits = 9;

    // Up to 2261 nanoseconds fit a long.
    private const int YearMin = 1970;
    private const int YearMax = 2261;

    private static ReadOnlySpan<long> NanosecondsPerUnit => [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

    private static ReadOnlySpan<int> DaysBeforeMonth => [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

    public static bool TryNanoseconds(ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (text.Length <= WholeLength || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)' ') || text[13] != ':' || text[16] != ':')
        {
            return false;
        }

        var (year, month, day) = (Digits(text[..4]), Digits(text[5..7]), Digits(text[8..10]));
        var (hour, minute, second) = (Digits(text[11..13]), Digits(text[14..16]), Digits(text[17..19]));

        // A leap second is the first of the next minute, as everywhere in computers.
        if (year is < YearMin or > YearMax || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60)
        {
            return false;
        }

        var rest = text[WholeLength..];
        long fraction = 0;
        if (rest[0] == '.')
        {
            var digits = 1;
            while (digits < rest.Length && rest[digits] is >= (byte)'0' and <= (byte)'9')
            {
                if (digits <= NanosecondDigits)
                {
                    fraction = (fraction * 10) + (rest[digits] - '0');
                }

                digits++;
            }

            if (digits == 1)
            {
                return false;
            }

            fraction *= NanosecondsPerUnit[Math.Min(digits - 1, NanosecondDigits)];
            rest = rest[digits..];
        }

        if (!rest.SequenceEqual("Z"u8) && !rest.SequenceEqual("+00:00"u8))
        {
            return false;
        }

        unchecked
        {
            var before = year - 1;
            var leapDays = (before / 4) - (before / 100) + (before / 400) - 477;
            var days = ((year - YearMin) * 365) + leapDays + DaysBeforeMonth[month - 1] + day - 1 + (month > 2 && DateTime.IsLeapYear(year) ? 1 : 0);
            nanoseconds = (((((((long)days * 24) + hour) * 60) + minute) * 60) + second) * 1_000_000_000 + fraction;
            return true;
        }
    }

    // Negative where a character is no digit.
    private static int Digits(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var character in text)
        {
            if (character is < (byte)'0' or > (byte)'9')
            {
                return -1;
            }

            value = (value * 10) + (character - '0');
        }

        return value;
    }
}
