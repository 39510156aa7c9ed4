namespace KrakenDb;

/// <summary>A live client of the user's own that calls handlers: what <see cref="WebSocketDbIntegration.IntegrateDbWriter"/> hooks into.</summary>
public interface IMarketClient
{
    /// <summary>Called for each trade; null where nobody wants them.</summary>
    Func<string, TradeData, CancellationToken, Task>? OnTrade { get; set; }

    /// <summary>Called for each state of a running candle; null where nobody wants them.</summary>
    Func<string, OhlcData, Interval, CancellationToken, Task>? OnOhlc { get; set; }
}
