namespace KrakenDb;

/// <summary>Trades of the past, page by page. <c>KrakenExchange</c> is one.</summary>
public interface ITradeSource
{
    /// <summary>A page with fewer trades is the last one so far.</summary>
    int PageSize { get; }

    /// <summary>
    /// The oldest trades at or after (whether at is the exchange's secret: ask for a little earlier) <paramref name="since"/>, at most
    /// <see cref="PageSize"/>, ascending.
    /// </summary>
    /// <param name="symbol">As stored: <c>BTC/USD</c>.</param>
    /// <param name="since">Nanoseconds since 1970 as text, <c>0</c> for the first trade of all, or <c>last</c> of the page before, unchanged.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="MarketSourceException">No answer, or a refusal.</exception>
    internal Task<TradesPage> ReadTradesAsync(string symbol, string since, CancellationToken cancellationToken);

    /// <summary>The id of the first trade at or after <paramref name="since"/>; of the newest trade where that is null. Null where there is none.</summary>
    internal Task<long?> FindTradeIdAsync(string symbol, string? since, CancellationToken cancellationToken);

    /// <summary>What the source's clock shows.</summary>
    internal Task<DateTimeOffset> ReadTimeAsync(CancellationToken cancellationToken);
}
