using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KrakenDb;

/// <summary>
/// One price of an order book as the wire wrote it: digits without the point, and how many of them stand behind it. <c>0.10</c> is 10 with 2 decimals, so that
/// trailing zeros, which the checksum is made of, are kept. A price has 63 bits, a quantity 96 (as <see cref="decimal"/>), decimals are at most <see cref="FixedPoint.Scale"/>.
/// </summary>
internal readonly struct WireLevel : IEquatable<WireLevel>
{
    private static readonly long[] PowersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000];

    private readonly ulong _quantityLow;
    private readonly uint _quantityHigh;

    public WireLevel(long priceDigits, byte priceDecimals, UInt128 quantityDigits, byte quantityDecimals)
    {
        PriceDigits = priceDigits;
        PriceDecimals = priceDecimals;
        _quantityLow = unchecked((ulong)quantityDigits);
        _quantityHigh = unchecked((uint)(quantityDigits >> 64));
        QuantityDecimals = quantityDecimals;
    }

    public long PriceDigits { get; }

    public byte PriceDecimals { get; }

    public byte QuantityDecimals { get; }

    public UInt128 QuantityDigits => new(_quantityHigh, _quantityLow);

    public bool IsRemoval => _quantityLow == 0 && _quantityHigh == 0;

    /// <summary>Whether the quantity's digits fit 64 bits: they nearly always do.</summary>
    public bool HasShortQuantity => _quantityHigh == 0;

    public ulong ShortQuantityDigits => _quantityLow;

    /// <summary>The price times 10^10.</summary>
    public long Price => unchecked(PriceDigits * PowersOfTen[FixedPoint.Scale - PriceDecimals]);

    /// <summary>The quantity times 10^10.</summary>
    public Int128 Quantity => unchecked((Int128)(QuantityDigits * (ulong)PowersOfTen[FixedPoint.Scale - QuantityDecimals]));

    /// <summary>From scaled numbers, whose last digits beyond the wire's decimals are zero.</summary>
    public static WireLevel FromScaled(long price, byte priceDecimals, Int128 quantity, byte quantityDecimals)
    {
        var divisor = PowersOfTen[FixedPoint.Scale - quantityDecimals];
        var digits = quantity >> 63 == 0 ? (ulong)((long)quantity / divisor) : (UInt128)(quantity / divisor);
        return new WireLevel(price / PowersOfTen[FixedPoint.Scale - priceDecimals], priceDecimals, digits, quantityDecimals);
    }

    public int ComparePrice(in WireLevel other) =>
        PriceDecimals == other.PriceDecimals ? PriceDigits.CompareTo(other.PriceDigits) : Price.CompareTo(other.Price);

    /// <summary>Equal to the digit: 0.1 is not 0.10.</summary>
    public bool Equals(WireLevel other) =>
        PriceDigits == other.PriceDigits && PriceDecimals == other.PriceDecimals
        && _quantityLow == other._quantityLow && _quantityHigh == other._quantityHigh && QuantityDecimals == other.QuantityDecimals;

    public override bool Equals([NotNullWhen(true)] object? obj) => obj is WireLevel other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(PriceDigits, PriceDecimals, _quantityLow, QuantityDecimals);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FixedPoint.ToDecimal(Price)} x {FixedPoint.ToDecimal(Quantity)}");
}
