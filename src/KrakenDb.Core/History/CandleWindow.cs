namespace KrakenDb;

/// <summary>A bounded run of candles on their way from a store to a caller, with the completeness of each. Disposing returns the columns.</summary>
internal sealed class CandleWindow(CandleBatch rows, bool[] complete) : IDisposable
{
    public int Count => rows.Count;

    public Candle ToCandle(string symbol, Interval interval, int index)
    {
        var quoteVolume = rows.QuoteVolume[index];
        var vwap = rows.Vwap[index];
        return new Candle
        {
            Symbol = symbol,
            Timestamp = UnixTime.ToDateTimeOffset(rows.Timestamp[index]),
            Interval = interval,
            Open = FixedPoint.ToDecimal(rows.Open[index]),
            High = FixedPoint.ToDecimal(rows.High[index]),
            Low = FixedPoint.ToDecimal(rows.Low[index]),
            Close = FixedPoint.ToDecimal(rows.Close[index]),
            Volume = FixedPoint.ToDecimal(rows.Volume[index]),
            QuoteVolume = quoteVolume == CandleRow.UnknownVolume ? null : FixedPoint.ToDecimal(quoteVolume),
            TradeCount = rows.TradeCount[index],
            Vwap = vwap == CandleRow.UnknownPrice ? null : FixedPoint.ToDecimal(vwap),
            Complete = complete[index],
        };
    }

    public void Dispose() => rows.Dispose();
}
