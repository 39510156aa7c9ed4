namespace KrakenDb.Simulator;

/// <summary>What can go wrong with one reply.</summary>
internal enum ExchangeFault
{
    /// <summary><c>EGeneral:Too many requests</c>, the text of the public limit since 2021.</summary>
    TooManyRequests,

    /// <summary><c>EAPI:Rate limit exceeded</c>.</summary>
    RateLimitExceeded,

    /// <summary><c>EService: Throttled: [UNIX timestamp]</c>, five seconds ahead.</summary>
    Throttled,

    Unavailable,
    Busy,
    InternalError,

    /// <summary>A page of the edge instead of the envelope, with status 502, 503, 504, 520, 522 or 525.</summary>
    HtmlError,

    /// <summary>No reply until the client gives up.</summary>
    Silence,

    /// <summary>Half of the announced bytes, then the connection ends.</summary>
    CutConnection,

    /// <summary>A proper reply whose text ends in the middle.</summary>
    CutBody,

    /// <summary>A page of trades has some rows twice.</summary>
    DuplicateTrades,

    /// <summary>A page of trades lacks rows in the middle that the next request has.</summary>
    MissingTrades,

    /// <summary>A page of trades has no <c>last</c>.</summary>
    MissingLast,

    /// <summary>A page of trades without ids, as before 2023.</summary>
    SixFieldTrades,

    /// <summary>The rows of a page of trades are objects.</summary>
    ChangedShape,

    /// <summary><c>EGeneral:Temporary lockout</c>.</summary>
    Lockout,
}
