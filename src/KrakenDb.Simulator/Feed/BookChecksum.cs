using System.Runtime.InteropServices;

namespace KrakenDb.Simulator;

/// <summary>
/// The checksum of a book: CRC-32 over the digits of price and quantity of the ten best asks, then bids, without dots and leading
/// zeros. Those are exactly the digits of ticks and lots.
/// </summary>
internal static class BookChecksum
{
    private const int LevelsMax = 10;

    public static uint Of(List<BookLevel> asks, List<BookLevel> bids)
    {
        Span<byte> digits = stackalloc byte[2 * LevelsMax * 40];
        var length = 0;
        Append(asks, digits, ref length);
        Append(bids, digits, ref length);
        return Crc32.Of(digits[..length]);
    }

    private static void Append(List<BookLevel> levels, Span<byte> digits, ref int length)
    {
        foreach (ref readonly var level in CollectionsMarshal.AsSpan(levels)[..Math.Min(LevelsMax, levels.Count)])
        {
            Append(level.Ticks, digits, ref length);
            Append(level.Lots, digits, ref length);
        }
    }

    private static void Append(long value, Span<byte> digits, ref int length)
    {
        unchecked
        {
            var count = CsvBuffer.DigitCount((ulong)value);
            for (var at = length + count - 1; at >= length; at--)
            {
                digits[at] = (byte)('0' + (value % 10));
                value /= 10;
            }

            length += count;
        }
    }
}
