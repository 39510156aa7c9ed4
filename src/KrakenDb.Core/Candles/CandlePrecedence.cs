namespace KrakenDb;

/// <summary>Which of two candles of one key stays: a total order, so that the result never depends on the order of arrival.</summary>
internal static class CandlePrecedence
{
    /// <summary>Positive when <paramref name="left"/> stays, 0 when both are the same candle.</summary>
    public static int Compare(in CandleRow left, in CandleRow right)
    {
        if (left.Source != right.Source)
        {
            return left.Source.CompareTo(right.Source);
        }

        if (left.TradeCount != right.TradeCount)
        {
            return left.TradeCount.CompareTo(right.TradeCount);
        }

        if (left.Volume != right.Volume)
        {
            return left.Volume.CompareTo(right.Volume);
        }

        return left == right ? 0 : string.CompareOrdinal(left.ToText(), right.ToText());
    }
}
