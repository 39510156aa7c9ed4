using System.Globalization;

namespace KrakenDb;

/// <summary>One stored trade: scaled integers (<see cref="FixedPoint"/>), exchange time in nanoseconds since 1970 UTC.</summary>
internal readonly record struct TradeRow
{
    public required long Id { get; init; }

    public required long TimestampNanoseconds { get; init; }

    public required long Price { get; init; }

    public required Int128 Volume { get; init; }

    public required TradeSide Side { get; init; }

    /// <summary><c>market</c>, <c>limit</c>, or null where unknown.</summary>
    public required string? OrderType { get; init; }

    public required string Misc { get; init; }

    /// <summary>What SQL users read: the wire's nanoseconds, floored.</summary>
    public long TimestampMicroseconds => HistoricalTrade.FloorDivide(TimestampNanoseconds, 1000);

    /// <summary>What is wrong with the values, or null. The same on every engine and for every source.</summary>
    public string? Fault() => this switch
    {
        { Id: <= 0 } => "the trade id is not above 0",
        { Price: <= 0 or >= FixedPoint.PriceLimit } => "the price is not in (0, 10^8)",
        { Volume: var volume } when volume <= 0 || volume >= FixedPoint.VolumeLimit => "the volume is not in (0, 10^18)",
        _ => null,
    };

    /// <summary>The same trade, whatever the source's clock rounding: price, volume and side agree.</summary>
    public bool SameExecution(in TradeRow other) => Price == other.Price && Volume == other.Volume && Side == other.Side;

    /// <summary>
    /// Positive when <paramref name="left"/> stays of two rows with one id: the earlier time (REST and WebSocket differ by about a microsecond), then the
    /// ordinally greater text. A total order, so that the result never depends on the order of arrival.
    /// </summary>
    public static int ComparePrecedence(in TradeRow left, in TradeRow right) => left.TimestampNanoseconds != right.TimestampNanoseconds
        ? right.TimestampNanoseconds.CompareTo(left.TimestampNanoseconds)
        : string.CompareOrdinal(left.ToText(), right.ToText());

    /// <exception cref="ArgumentOutOfRangeException">A value does not fit.</exception>
    public static TradeRow FromTrade(HistoricalTrade trade) => new()
    {
        Id = trade.Id,
        TimestampNanoseconds = trade.TimestampNanoseconds,
        Price = FixedPoint.PriceFromDecimal(trade.Price),
        Volume = FixedPoint.VolumeFromDecimal(trade.Volume),
        Side = trade.Side,
        OrderType = trade.OrderType,
        Misc = trade.Misc,
    };

    public HistoricalTrade ToTrade(string symbol) => new()
    {
        Id = Id,
        Symbol = symbol,
        TimestampNanoseconds = TimestampNanoseconds,
        Price = FixedPoint.ToDecimal(Price),
        Volume = FixedPoint.ToDecimal(Volume),
        Side = Side,
        OrderType = OrderType,
        Misc = Misc,
    };

    private string ToText() => string.Create(CultureInfo.InvariantCulture, $"{FixedPoint.ToText(Price)},{FixedPoint.ToText(Volume)},{Side},{OrderType},{Misc}");
}
