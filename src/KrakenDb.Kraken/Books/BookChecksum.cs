using System.Buffers.Text;
using System.Diagnostics;

namespace KrakenDb.Kraken;

/// <summary>
/// Kraken's checksum of an order book: CRC-32 over the digits of the ten best asks, price and quantity of each, then of the ten best bids, without point and leading
/// zeros and with the wire's trailing ones (docs.kraken.com/api/docs/guides/spot-ws-book-v2). A book of fewer prices uses those that it has.
/// </summary>
internal static class BookChecksum
{
    private const int LevelsMax = 10;

    // 19 digits of a price, 29 of a quantity.
    private const int BytesMax = 2 * LevelsMax * 48;

    public static uint Compute(OrderBook book)
    {
        Span<byte> text = stackalloc byte[BytesMax];
        var length = Append(text, 0, book.Asks);
        length = Append(text, length, book.Bids);
        return Crc32.Compute(text[..length]);
    }

    private static int Append(Span<byte> text, int at, ReadOnlySpan<WireLevel> levels)
    {
        foreach (ref readonly var level in levels[..Math.Min(levels.Length, LevelsMax)])
        {
            at += Digits(text[at..], (ulong)level.PriceDigits);
            at += level.HasShortQuantity ? Digits(text[at..], level.ShortQuantityDigits) : Digits(text[at..], level.QuantityDigits);
        }

        return at;
    }

    private static int Digits(Span<byte> text, ulong value) =>
        Utf8Formatter.TryFormat(value, text, out var written) ? written : throw new UnreachableException("The text is sized for all digits.");

    private static int Digits(Span<byte> text, UInt128 value) =>
        value.TryFormat(text, out var written, default, System.Globalization.CultureInfo.InvariantCulture) ? written : throw new UnreachableException("The text is sized for all digits.");
}
