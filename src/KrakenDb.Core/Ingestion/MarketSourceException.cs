namespace KrakenDb;

/// <summary>A source of market data that did not give what was asked for. The message says what was tried and what to do.</summary>
public class MarketSourceException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsTransient { get; init; }
}
