namespace KrakenDb.Simulator;

/// <summary>One request to the exchange.</summary>
/// <param name="Time">By the exchange's clock.</param>
/// <param name="Endpoint"><c>Trades</c>, <c>OHLC</c>, …</param>
/// <param name="Query">As it was sent, without the question mark.</param>
/// <param name="Outcome"><c>ok</c>, the exchange's error, or the name of the fault.</param>
internal sealed record SimulatedRequest(DateTimeOffset Time, string Endpoint, string Query, string Outcome);
