namespace KrakenDb.Simulator;

/// <summary>A fault that a connection met.</summary>
/// <param name="Time">By the exchange's clock.</param>
/// <param name="Fault">Its kind.</param>
/// <param name="Symbol">Whose message or subscription; null when it met the connection.</param>
/// <param name="Trades">The trades in the message; null when there are none.</param>
internal readonly record struct FeedFaultMet(DateTimeOffset Time, FeedFault Fault, string? Symbol, IdRange? Trades);
