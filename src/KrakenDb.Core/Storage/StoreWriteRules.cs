namespace KrakenDb;

/// <summary>What every engine asks of a write before it touches a row: callers' mistakes are named, not stored.</summary>
internal static class StoreWriteRules
{
    /// <exception cref="ArgumentException">A row is out of order, off the grid, or does not fit; the message carries the row.</exception>
    public static void Check(StoreWrite write)
    {
        if (write.RebuildMinutes.Count > 0 && write.Candles is not null)
        {
            throw new ArgumentException("A write has candles or rebuilds them from trades, not both.", nameof(write));
        }

        if (write.Candles is { } candles)
        {
            if (write.CandleInterval.Minutes > short.MaxValue)
            {
                throw new ArgumentException($"Candles of {write.CandleInterval.Minutes} minutes cannot be stored: the documents' column interval_minutes ends at {short.MaxValue}.", nameof(write));
            }

            if (candles.Count > 0 && write.CandleInterval != Interval.Minute && write.Covered.Any(entry => entry.DataType == DataType.Candles(Interval.Minute) && entry.Range.Grade == CoverageGrade.Proven))
            {
                throw new ArgumentException($"A write that proves minutes has no candles of {write.CandleInterval}.", nameof(write));
            }

            if (!candles.IsOrdered())
            {
                throw new ArgumentException("Candles of one write must ascend in time without repetition.", nameof(write));
            }

            for (var index = 0; index < candles.Count; index++)
            {
                if (CandleRow.Fault(candles.Open[index], candles.High[index], candles.Low[index], candles.Close[index], candles.Volume[index], candles.TradeCount[index]) is not null
                    || candles.QuoteVolume[index] != CandleRow.UnknownVolume || candles.Vwap[index] != CandleRow.UnknownPrice)
                {
                    Check(write, candles[index]);
                }

                if (write.CandleInterval.Floor(candles.Timestamp[index]) != candles.Timestamp[index])
                {
                    throw new ArgumentException($"{write.Symbol} {write.CandleInterval}: a candle at {UnixTime.ToDateTimeOffset(candles.Timestamp[index]):u} is not at the start of its interval.", nameof(write));
                }
            }
        }

        if (write.Trades is { } trades)
        {
            if (!trades.IsOrdered())
            {
                throw new ArgumentException("Trades of one write must ascend in id without repetition.", nameof(write));
            }

            for (var index = 0; index < trades.Count; index++)
            {
                if (trades[index].Fault() is { } fault)
                {
                    throw new ArgumentException($"{write.Symbol} trade {trades.Id[index]}: {fault}.", nameof(write));
                }
            }
        }
    }

    private static void Check(StoreWrite write, in CandleRow row)
    {
        if (row.Fault() is { } fault)
        {
            throw new ArgumentException($"{write.Symbol} {write.CandleInterval} candle at {UnixTime.ToDateTimeOffset(row.Timestamp):u} ({row.ToText()}): {fault}.", nameof(write));
        }
    }
}
