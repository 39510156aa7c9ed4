using System.Globalization;

namespace KrakenDb;

/// <summary>One stored candle: scaled integers (<see cref="FixedPoint"/>), open time in microseconds since 1970 UTC.</summary>
internal readonly record struct CandleRow
{
    /// <summary>Marks an unknown <see cref="QuoteVolume"/>.</summary>
    public static readonly Int128 UnknownVolume = Int128.MinValue;

    /// <summary>Marks an unknown <see cref="Vwap"/>.</summary>
    public const long UnknownPrice = long.MinValue;

    public required long Timestamp { get; init; }

    public required long Open { get; init; }

    public required long High { get; init; }

    public required long Low { get; init; }

    public required long Close { get; init; }

    public required Int128 Volume { get; init; }

    public required Int128 QuoteVolume { get; init; }

    public required long TradeCount { get; init; }

    public required long Vwap { get; init; }

    public required CandleSource Source { get; init; }

    /// <summary>What is wrong with the values, or null. The same on every engine and for every source.</summary>
    public string? Fault() => Fault(Open, High, Low, Close, Volume, TradeCount) ?? this switch
    {
        { QuoteVolume: var quote } when quote != UnknownVolume && (quote < 0 || quote >= FixedPoint.VolumeLimit) => "the quote volume is not in [0, 10^18)",
        // Else the average price of a bucket with it would not fit.
        { QuoteVolume: var quote } when quote != UnknownVolume && quote > Volume * 100_000_000 => "the quote volume is above volume × 10^8, the limit of prices",
        { Vwap: var vwap } when vwap != UnknownPrice && (vwap <= 0 || vwap >= FixedPoint.PriceLimit) => "the vwap is not in (0, 10^8)",
        _ => null,
    };

    public static string? Fault(long open, long high, long low, long close, Int128 volume, long tradeCount)
    {
        if (low <= 0 || open <= 0 || high <= 0 || close <= 0)
        {
            return "a price is not above 0";
        }

        if (high >= FixedPoint.PriceLimit || open >= FixedPoint.PriceLimit || close >= FixedPoint.PriceLimit || low >= FixedPoint.PriceLimit)
        {
            return "a price is not below 10^8";
        }

        if (high < low)
        {
            return "high < low";
        }

        if (open > high || close > high || open < low || close < low)
        {
            return "open or close lies outside low to high";
        }

        if (volume < 0)
        {
            return "the volume is negative";
        }

        if (volume >= FixedPoint.VolumeLimit)
        {
            return "the volume is not below 10^18";
        }

        return tradeCount < 0 ? "the trade count is negative" : null;
    }

    /// <summary>The values as text, for the last tie-break of <see cref="CandlePrecedence"/>.</summary>
    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{FixedPoint.ToText(Open)},{FixedPoint.ToText(High)},{FixedPoint.ToText(Low)},{FixedPoint.ToText(Close)},{FixedPoint.ToText(Volume)},{(QuoteVolume == UnknownVolume ? "" : FixedPoint.ToText(QuoteVolume))},{TradeCount},{(Vwap == UnknownPrice ? "" : FixedPoint.ToText(Vwap))}");
}
