namespace KrakenDb.Kraken;

/// <summary>Takes what a <see cref="FrameParser"/> reads; spans are valid during the call only.</summary>
internal interface IFrameSink
{
    /// <param name="system">The state of the exchange.</param>
    /// <param name="connectionId">0 where the message has none.</param>
    void OnStatus(string system, ulong connectionId);

    void OnAcknowledged(in Acknowledgement acknowledgement);

    void OnTrades(string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot);

    void OnCandle(string symbol, Interval interval, in CandleRow candle, bool isSnapshot);

    void OnTicker(string symbol, in TickerRow ticker, bool isSnapshot);

    /// <summary>A book frame of this symbol; its levels were not read.</summary>
    void OnBook(string symbol, bool isSnapshot);

    void OnInstruments(IReadOnlyList<Instrument> instruments, bool isSnapshot);

    /// <summary>The exchange's clock as an answer printed it, nanoseconds since 1970 UTC.</summary>
    void OnExchangeTime(long nanoseconds);
}
