namespace KrakenDb;

/// <summary>What a replay of order books consists of.</summary>
public sealed record BookReplayQuery
{
    /// <summary>Everything, whole messages, as fast as they are taken.</summary>
    public static BookReplayQuery Default { get; } = new();

    /// <summary>As the exchange writes it; null for all symbols and the connections' own frames.</summary>
    public string? Symbol { get; init; }

    /// <summary>Only this recording; null for all.</summary>
    public long? SessionId { get; init; }

    /// <summary>First received time, included; null for the first message.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Last received time, excluded; null for behind the last message.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>Start and end, and the pace, are exchange times. The order stays that of arrival.</summary>
    public bool ByExchangeTime { get; init; }

    /// <summary>Whether to go on over ranges in which no chain of checksums proves the book.</summary>
    public bool AllowGaps { get; init; }

    /// <summary>Whether every checksum is computed again on the way.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Whether each book message comes with the book after it. Verifies, too.</summary>
    public bool WithBooks { get; init; }

    /// <summary>Whether stored trades of <see cref="Symbol"/> come in between, at their exchange time.</summary>
    public bool WithTrades { get; init; }

    /// <summary>1 = as it happened, 60 = a minute a second, 0 = as fast as it is taken.</summary>
    public decimal Speed { get; init; }
}
