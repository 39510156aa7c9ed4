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

    /// <summary>A subscription is given up for a moment and asked for again, because it went silent or its book failed: what comes after is not continuous with what came before.</summary>
    void OnUnsubscribed(int connection, string symbol, string channel, long receivedAt)
    {
    }

    /// <summary>The exchange refused a symbol; the others go on. <c>no answer …</c> where it said nothing in time: it is asked again.</summary>
    void OnRefused(int connection, string symbol, string channel, string error)
    {
    }

    /// <summary>A subscription was not answered in time: no refusal; the feed asks again by itself.</summary>
    void OnUnanswered(int connection, string symbol, string channel, TimeSpan waited)
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

    /// <summary>Best bid and ask.</summary>
    void OnTicker(int connection, string symbol, in TickerRow ticker, bool isSnapshot, long receivedAt)
    {
    }

    /// <summary>The list of markets (a snapshot), or those of which something changed. REST key and wsname are null: this channel does not say them.</summary>
    void OnInstruments(int connection, IReadOnlyList<Instrument> instruments, bool isSnapshot, long receivedAt)
    {
    }

    /// <summary>
    /// A subscribed channel brought nothing for so long that it should have, by its share of all frames of its connection. It is unsubscribed and subscribed
    /// again after this call; if it stays silent, the connection is made anew. Worth a comparison with REST.
    /// </summary>
    void OnSilent(int connection, string symbol, string channel, TimeSpan silence)
    {
    }

    /// <summary>Every frame as it came, before it is parsed: UTF-8 text of one message.</summary>
    void OnFrame(int connection, ReadOnlySpan<byte> message, long receivedAt)
    {
    }
}
