namespace KrakenDb;

/// <summary>
/// Ids between two neighbouring trades that the exchange did not show. Seen once they may be missing from one reply; seen again, a minute later or more,
/// they count as never used, and the range around them as proven.
/// </summary>
public sealed record AbsentTradeIds
{
    public required long FirstId { get; init; }

    /// <summary>Included.</summary>
    public required long LastId { get; init; }

    /// <summary>When a reply first lacked them, UTC.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>Whether a second fetch at least 60 seconds later lacked them, too.</summary>
    public required bool Confirmed { get; init; }

    public long Count => LastId - FirstId + 1;
}
