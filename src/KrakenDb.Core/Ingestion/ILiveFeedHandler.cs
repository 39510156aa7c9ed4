namespace KrakenDb;

/// <summary>
/// Takes what a live feed brings, in the order of the wire. Implementations return at once: they queue, they never wait for a store. Spans are valid during
/// the call only. Times of receipt are microseconds since 1970 UTC.
/// </summary>
internal interface ILiveFeedHandler
{
    /// <summary>The exchange said hello. Nothing of an earlier connection of the same number goes on: subscriptions follow anew.</summary>
    /// <param name="connection">Number of the connection in this feed, from 0.</param>
    /// <param name="connectionId">The exchange's unsigned 64-bit id; 0 where it gave none.</param>
    /// <param name="receivedAt">Microseconds since 1970 UTC.</param>
    void OnConnected(int connection, ulong connectionId, long receivedAt)
    {
    }

    /// <summary>The connection is gone: trades and books after this are not continuous with those before.</summary>
    void OnDisconnected(int connection, string reason, long receivedAt)
    {
    }

    /// <summary>The exchange's state: <c>online</c>, <c>cancel_only</c>, <c>maintenance</c>, <c>post_only</c>.</summary>
    void OnSystemStatus(int connection, string system, long receivedAt)
    {
    }

    /// <summary>The exchange accepted a subscription. Everything of this symbol and channel after this call is continuous until it is unsubscribed or the connection ends.</summary>
    void OnSubscribed(int connection, string symbol, string channel, long receivedAt)
    {
    }

    /// <summary>The exchange refused a symbol; the others go on.</summary>
    void OnRefused(int connection, string symbol, string channel, string error)
    {
    }

    /// <summary>Trades of one symbol of one frame. Impossible ones were taken out and counted by the feed.</summary>
    void OnTrades(int connection, string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot, long receivedAt)
    {
    }

    /// <summary>The exchange's running candle; final only when a later one of the same interval has come, or the clock has passed its end.</summary>
    void OnCandle(int connection, string symbol, Interval interval, in CandleRow candle, bool isSnapshot, long receivedAt)
    {
    }

    /// <summary>Every frame as it came, before it is parsed: UTF-8 text of one message.</summary>
    void OnFrame(int connection, ReadOnlySpan<byte> message, long receivedAt)
    {
    }
}
