namespace KrakenDb;

/// <summary>Candles of the recent past. <c>KrakenExchange</c> is one.</summary>
public interface ICandleSource
{
    /// <summary>How far back the source reaches with margin: older candles can only be built from trades.</summary>
    TimeSpan CandleReach { get; }

    /// <summary>The closed candles that the source still has, at most those since <paramref name="since"/>.</summary>
    /// <param name="symbol">As stored: <c>BTC/USD</c>.</param>
    /// <param name="interval">Of the candles.</param>
    /// <param name="since">Earlier ones may be left out.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="MarketSourceException">No answer, or a refusal.</exception>
    internal Task<CandlesPage> ReadCandlesAsync(string symbol, Interval interval, DateTimeOffset since, CancellationToken cancellationToken);
}
