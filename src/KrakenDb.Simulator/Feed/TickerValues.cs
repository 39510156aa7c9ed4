namespace KrakenDb.Simulator;

/// <summary>What one message of the channel ticker tells; prices and volumes scaled by 10^10.</summary>
internal readonly record struct TickerValues
{
    public required long Bid { get; init; }

    public required Int128 BidQuantity { get; init; }

    public required long Ask { get; init; }

    public required Int128 AskQuantity { get; init; }

    public required long Last { get; init; }

    /// <summary>Of the last 24 hours, as all that follow.</summary>
    public required Int128 Volume { get; init; }

    public required long Vwap { get; init; }

    public required long Low { get; init; }

    public required long High { get; init; }

    /// <summary>The price 24 hours ago.</summary>
    public required long Open { get; init; }
}
