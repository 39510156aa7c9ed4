namespace KrakenDb;

/// <summary>A call of Kraken's API that failed.</summary>
public sealed class KrakenApiException : MarketSourceException
{
    internal KrakenApiException(KrakenErrorKind kind, string message, IReadOnlyList<string>? errors = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Errors = errors ?? [];
        IsTransient = kind is KrakenErrorKind.RateLimited or KrakenErrorKind.Unavailable or KrakenErrorKind.Unreachable;
    }

    public KrakenErrorKind Kind { get; }

    /// <summary>Kraken's own texts, such as <c>EGeneral:Too many requests</c>; empty where there was no reply of Kraken's.</summary>
    public IReadOnlyList<string> Errors { get; }

    /// <summary>When Kraken says that calls are welcome again; null where it does not say.</summary>
    internal DateTimeOffset? RetryAt { get; init; }
}
