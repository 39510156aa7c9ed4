namespace KrakenDb;

/// <summary>
/// Where a stored candle comes from. The value is its rank (column <c>candles.source</c>): a lower rank never overwrites a higher one.
/// </summary>
public enum CandleSource : byte
{
    /// <summary>No source: what retention has dropped.</summary>
    None = 0,

    /// <summary>A minute at the edge of a time-and-sales file, or beside a row that had to be left out: some of its trades may be missing. Never covered.</summary>
    TimeAndSalesEdge = 5,

    /// <summary>The WebSocket's ohlc channel, where trades are not subscribed.</summary>
    WebSocketOhlc = 10,

    /// <summary>Kraken's OHLCVT archive.</summary>
    OhlcvtCsv = 20,

    /// <summary>Built from the trades of a time-and-sales file.</summary>
    TimeAndSales = 30,

    /// <summary>REST OHLC.</summary>
    RestOhlc = 40,

    /// <summary>Built from stored trades with contiguous ids.</summary>
    ProvenTrades = 50,

    /// <summary>The WebSocket's book channel; of coverage only, no candle has it.</summary>
    WebSocketBook = 60,
}
