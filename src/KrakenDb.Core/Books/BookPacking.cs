namespace KrakenDb;

/// <summary>A book as few bytes: numbers of levels, decimals, then per level the distance from the price before and the quantity, in groups of seven bits.</summary>
internal static class BookPacking
{
    /// <returns>Null for a book whose levels differ in their decimals, which no market has: it gets no keyframe.</returns>
    public static byte[]? TryPack(OrderBook book)
    {
        var bids = book.Bids;
        var asks = book.Asks;
        var first = bids.Length > 0 ? bids[0] : asks.Length > 0 ? asks[0] : default;
        var bytes = new List<byte>(16 + ((bids.Length + asks.Length) * 8));
        Write(bytes, (UInt128)bids.Length);
        Write(bytes, (UInt128)asks.Length);
        bytes.Add(first.PriceDecimals);
        bytes.Add(first.QuantityDecimals);
        return TryPack(bytes, bids, first) && TryPack(bytes, asks, first) ? [.. bytes] : null;
    }

    /// <summary>False for bytes that no book gave.</summary>
    public static bool TryUnpack(ReadOnlySpan<byte> bytes, out WireLevel[] bids, out WireLevel[] asks)
    {
        bids = asks = [];
        if (!TryRead(ref bytes, out var bidCount) || !TryRead(ref bytes, out var askCount) || bytes.Length < 2 || bidCount > (UInt128)bytes.Length || askCount > (UInt128)bytes.Length
            || bytes[0] > FixedPoint.Scale || bytes[1] > FixedPoint.Scale)
        {
            return false;
        }

        var (priceDecimals, quantityDecimals) = (bytes[0], bytes[1]);
        bytes = bytes[2..];
        return TryUnpack(ref bytes, bids = new WireLevel[(int)bidCount], -1, priceDecimals, quantityDecimals)
            && TryUnpack(ref bytes, asks = new WireLevel[(int)askCount], 1, priceDecimals, quantityDecimals) && bytes.IsEmpty;
    }

    private static bool TryPack(List<byte> bytes, ReadOnlySpan<WireLevel> levels, in WireLevel first)
    {
        long before = 0;
        foreach (ref readonly var level in levels)
        {
            if (level.PriceDecimals != first.PriceDecimals || level.QuantityDecimals != first.QuantityDecimals)
            {
                return false;
            }

            Write(bytes, (UInt128)Math.Abs(level.PriceDigits - before));
            Write(bytes, level.QuantityDigits);
            before = level.PriceDigits;
        }

        return true;
    }

    // Prices of asks rise, those of bids fall; the first is its own distance from zero.
    private static bool TryUnpack(ref ReadOnlySpan<byte> bytes, WireLevel[] levels, int direction, byte priceDecimals, byte quantityDecimals)
    {
        long price = 0;
        for (var index = 0; index < levels.Length; index++)
        {
            if (!TryRead(ref bytes, out var distance) || distance > (UInt128)FixedPoint.PriceLimit || !TryRead(ref bytes, out var quantity) || quantity >> 96 != 0)
            {
                return false;
            }

            price += index == 0 ? (long)distance : direction * (long)distance;
            if (price is <= 0 or >= FixedPoint.PriceLimit)
            {
                return false;
            }

            levels[index] = new WireLevel(price, priceDecimals, quantity, quantityDecimals);
        }

        return true;
    }

    private static void Write(List<byte> bytes, UInt128 value)
    {
        while (value > 127)
        {
            bytes.Add((byte)((byte)(value & 127) | 128));
            value >>= 7;
        }

        bytes.Add((byte)value);
    }

    private static bool TryRead(ref ReadOnlySpan<byte> bytes, out UInt128 value)
    {
        value = 0;
        for (var index = 0; index < bytes.Length && index < 14; index++)
        {
            value |= (UInt128)(bytes[index] & 127) << (7 * index);
            if (bytes[index] < 128)
            {
                bytes = bytes[(index + 1)..];
                return true;
            }
        }

        return false;
    }
}
