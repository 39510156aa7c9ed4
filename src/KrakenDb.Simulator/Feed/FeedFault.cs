namespace KrakenDb.Simulator;

/// <summary>What can go wrong on a WebSocket connection.</summary>
internal enum FeedFault
{
    /// <summary>The connection ends in the middle of a frame, without a close frame.</summary>
    CutConnection,

    /// <summary>Nothing more is sent and nothing is answered, but the connection stays.</summary>
    HalfOpen,

    /// <summary>A close frame with 1001.</summary>
    GoingAway,

    /// <summary>A close frame with 1012.</summary>
    ServiceRestart,

    /// <summary>The next 20 messages come as many small WebSocket frames, in many small writes.</summary>
    Fragments,

    /// <summary>Nothing is sent for 250 ms, then everything at once.</summary>
    Joined,

    /// <summary>Trades come after messages of other channels and symbols that happened later.</summary>
    LateTrades,

    /// <summary>Trades come after the symbol's next trades.</summary>
    SwappedTrades,

    /// <summary>A message of trades comes twice.</summary>
    DuplicateTrades,

    /// <summary>Trades are never sent here; REST has them.</summary>
    OmittedTrades,

    /// <summary>A symbol's trades are not sent for a while (<see cref="SimulatedExchangeOptions.FeedSilence"/>), or until it is subscribed anew; everything else goes on.</summary>
    SilentTrades,

    /// <summary>Candles, book and ticker of a trade come before it.</summary>
    WrongOrder,

    /// <summary>An extra message with a trade that cannot be: a price or quantity of zero or less, a time in 1969 or 9999.</summary>
    ImpossibleTrade,

    /// <summary>The next message of a book has a wrong checksum.</summary>
    WrongChecksum,

    /// <summary>A message whose text breaks off.</summary>
    MalformedJson,

    UnknownChannel,

    /// <summary>A message of trades with fields that nobody knows.</summary>
    UnknownField,

    /// <summary>A subscription is answered, and begins, 3 s late.</summary>
    SlowAck,

    /// <summary>A subscription begins without being answered.</summary>
    MissingAck,

    /// <summary>A request for a subscription has no effect and no answer.</summary>
    LostRequest,

    /// <summary>A subscription is refused as if the pair were unknown.</summary>
    RefusedSymbol,
}
