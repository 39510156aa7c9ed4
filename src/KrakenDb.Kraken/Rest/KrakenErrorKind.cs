namespace KrakenDb;

/// <summary>What went wrong with a call of Kraken's API, by what helps against it.</summary>
public enum KrakenErrorKind
{
    /// <summary>Too many calls: all calls to the host pause.</summary>
    RateLimited,

    /// <summary>The exchange is there and does not serve now: maintenance, an internal error, an edge server's error page.</summary>
    Unavailable,

    /// <summary>No connection, no answer in time, or an answer that was cut off.</summary>
    Unreachable,

    /// <summary>No pair goes by that name.</summary>
    UnknownPair,

    /// <summary>The call will be refused again however often it is made.</summary>
    Refused,

    /// <summary>The answer is whole and not of the documented form.</summary>
    UnexpectedReply,
}
