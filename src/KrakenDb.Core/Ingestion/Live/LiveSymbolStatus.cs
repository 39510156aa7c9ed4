namespace KrakenDb;

/// <summary>How the recording of one symbol stands.</summary>
internal sealed record LiveSymbolStatus
{
    public required string Symbol { get; init; }

    /// <summary>Why the exchange refused it; null when it did not.</summary>
    public required string? Refused { get; init; }

    public required bool IsSubscribed { get; init; }

    /// <summary>Of the newest trade; null before the first.</summary>
    public required decimal? LastPrice { get; init; }

    public required DateTimeOffset? LastTradeAt { get; init; }

    /// <summary>Since the start, repeated ones included.</summary>
    public required long TradesReceived { get; init; }

    /// <summary>Receipt minus exchange time of the newest trade; null before the first.</summary>
    public required TimeSpan? Lag { get; init; }

    /// <summary>Stretches of ids that have not come; the stretch before the first live trade counts until it is filled.</summary>
    public required int Gaps { get; init; }

    /// <summary>Up to where everything is stored and proven, UTC; null before that is known.</summary>
    public required DateTimeOffset? ProvenTo { get; init; }
}
