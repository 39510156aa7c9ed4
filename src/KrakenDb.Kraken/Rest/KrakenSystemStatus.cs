namespace KrakenDb;

/// <summary>Whether the exchange is open.</summary>
/// <param name="Status"><c>online</c>, <c>maintenance</c>, <c>cancel_only</c>, <c>post_only</c>.</param>
/// <param name="Timestamp">By the exchange's clock; null where it does not say.</param>
public sealed record KrakenSystemStatus(string Status, DateTimeOffset? Timestamp);
