namespace KrakenDb.Kraken;

/// <summary>The exchange's answer to a subscribe or unsubscribe message, one per symbol. What it does not say is null.</summary>
internal readonly record struct Acknowledgement
{
    public required bool IsUnsubscribe { get; init; }

    public required bool Succeeded { get; init; }

    /// <summary>Echoed from the request.</summary>
    public required long? RequestId { get; init; }

    /// <summary>None in a refusal.</summary>
    public required FrameChannel Channel { get; init; }

    public required string? Symbol { get; init; }

    /// <summary>The interval of ohlc or the depth of a book.</summary>
    public required int? Parameter { get; init; }

    public required string? Error { get; init; }
}
