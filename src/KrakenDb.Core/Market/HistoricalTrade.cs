using System.Numerics;

namespace KrakenDb;

/// <summary>
/// One execution on Kraken, identified by (<see cref="Symbol"/>, <see cref="Id"/>).
/// <see href="https://docs.kraken.com/api/docs/rest-api/get-recent-trades"/>
/// </summary>
public sealed record HistoricalTrade
{
    /// <summary>Kraken's own trade_id, consecutive per symbol, greater than 0.</summary>
    public required long Id { get; init; }

    public required string Symbol { get; init; }

    /// <summary>Exchange time in nanoseconds since 1970-01-01 UTC, as it came over the wire.</summary>
    public required long TimestampNanoseconds { get; init; }

    /// <summary>In units of the quote currency.</summary>
    public required decimal Price { get; init; }

    /// <summary>In units of the base currency.</summary>
    public required decimal Volume { get; init; }

    public required TradeSide Side { get; init; }

    /// <summary>The taker's order: <c>market</c> or <c>limit</c>; null where the source did not say.</summary>
    public string? OrderType { get; init; }

    /// <summary>Kraken's miscellaneous flags, nearly always empty.</summary>
    public string Misc { get; init; } = "";

    /// <summary>Exchange time, UTC, nanoseconds cut to 100.</summary>
    public DateTimeOffset Timestamp => new(DateTimeOffset.UnixEpoch.Ticks + FloorDivide(TimestampNanoseconds, 100), TimeSpan.Zero);

    /// <summary>Price × volume in the quote currency, exact at up to 20 decimals, rounded half away from zero to what <see cref="decimal"/> holds.</summary>
    public decimal Value => TradeValue.ToDecimal(new BigInteger(FixedPoint.PriceFromDecimal(Price)) * FixedPoint.VolumeFromDecimal(Volume));

    internal static long FloorDivide(long value, long divisor) => Math.DivRem(value, divisor) is var (quotient, remainder) && remainder < 0 ? quotient - 1 : quotient;
}
