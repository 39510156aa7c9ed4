using System.Numerics;

namespace KrakenDb.Simulator;

/// <summary>A minute's candle from its trades, with what only trades can tell.</summary>
/// <param name="Row">The candle as Kraken's files have it.</param>
/// <param name="Value">Sum of price times volume, exact, scaled by 10^20.</param>
internal readonly record struct TradedMinute(SeededCandle Row, BigInteger Value)
{
    /// <summary>Rounded once to 10 decimals, half away from zero; scaled by 10^10.</summary>
    public Int128 QuoteVolume => (Int128)DivideRounded(Value, Scale.One);

    /// <summary>The exact value over the volume, rounded once to 10 decimals; scaled by 10^10.</summary>
    public long Vwap => (long)DivideRounded(Value, Row.Volume);

    /// <summary>The minutes that have trades, in the order of the trades, which must be sorted by time.</summary>
    public static IEnumerable<TradedMinute> FromTrades(IEnumerable<SeededTrade> trades)
    {
        TradedMinute? open = null;
        foreach (var trade in trades)
        {
            var minute = trade.UnixNanoseconds / 60_000_000_000 * 60;
            if (open is { } current && current.Row.UnixSeconds == minute)
            {
                open = current.With(trade);
                continue;
            }

            if (open is { } finished)
                yield return finished;
            open = new TradedMinute(
                new SeededCandle(minute, trade.Price, trade.Price, trade.Price, trade.Price, trade.Volume, 1, trade.Id),
                (BigInteger)trade.Price * trade.Volume);
        }

        if (open is { } last)
            yield return last;
    }

    private TradedMinute With(in SeededTrade trade) => new(
        Row with
        {
            High = Math.Max(Row.High, trade.Price),
            Low = Math.Min(Row.Low, trade.Price),
            Close = trade.Price,
            Volume = Row.Volume + trade.Volume,
            Trades = Row.Trades + 1,
        },
        Value + ((BigInteger)trade.Price * trade.Volume));

    private static BigInteger DivideRounded(BigInteger value, BigInteger divisor) => ((2 * value) + divisor) / (2 * divisor);
}
