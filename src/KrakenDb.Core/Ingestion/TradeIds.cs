namespace KrakenDb;

/// <summary>Ids at the ends of covered ranges of trades.</summary>
internal static class TradeIds
{
    /// <summary>The id of the last trade before a time at which proven coverage ends; null where unknown.</summary>
    public static long? Before(CoverageSet trades, long time) =>
        trades.LastOrDefault(range => range.Range.EndMicroseconds == time && range.Grade == CoverageGrade.Proven)?.LastTradeId;

    /// <summary>The id of the first trade after a time at which coverage begins; null where unknown.</summary>
    public static long? After(CoverageSet trades, long time) => trades.FirstOrDefault(range => range.Range.StartMicroseconds == time)?.FirstTradeId;
}
