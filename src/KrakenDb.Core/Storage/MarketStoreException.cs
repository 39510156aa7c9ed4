namespace KrakenDb;

/// <summary>A store that cannot do what was asked. The message carries the evidence and the next step.</summary>
public class MarketStoreException : Exception
{
    public MarketStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the store works and refused the rows themselves: others may be taken.</summary>
    internal bool RefusesRows { get; init; }

    /// <summary>Whether a write failed because of its rows, so that the rest of them may be taken without those.</summary>
    internal static bool IsOfRows(Exception exception) => exception is ArgumentException or OverflowException or MarketStoreException { RefusesRows: true };
}
