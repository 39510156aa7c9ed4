namespace KrakenDb;

/// <summary>
/// Hands what a live client brings to a <see cref="DatabaseWriter"/>. Minutes are built from the stored trades; a candle of the exchange stands alone only
/// where no trade of its symbol came, and never before its interval has ended. Safe for several threads; owns nothing.
/// </summary>
/// <param name="writer">Started by the caller.</param>
/// <param name="catalog">Knows the client's spellings of the symbols; null for the built-in one.</param>
/// <param name="timeProvider">Says which candles have ended; null for the system's.</param>
public sealed class WebSocketDbIntegration(DatabaseWriter writer, SymbolCatalog? catalog = null, TimeProvider? timeProvider = null)
{
    private readonly SymbolCatalog _catalog = catalog ?? SymbolCatalog.BuiltIn;
    private readonly TimeProvider _clock = timeProvider ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _traded = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Symbol, Interval Interval), OhlcData> _current = [];

    /// <summary>Queues a trade.</summary>
    /// <exception cref="UnknownSymbolException">No market of that name.</exception>
    public async Task OnTradeAsync(string symbol, TradeData trade, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trade);
        var name = _catalog.Resolve(symbol);
        lock (_lock)
        {
            _traded.Add(name);
        }

        await writer.WriteTradeAsync(
            new TradeRecord { Symbol = name, Timestamp = trade.Timestamp, Price = trade.Price, Volume = trade.Qty, Side = trade.Side, Id = trade.TradeId, OrderType = trade.OrdType },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the newest state of a candle; the one before it is queued when this is a later one.</summary>
    /// <param name="symbol">In any spelling.</param>
    /// <param name="ohlc">As it came.</param>
    /// <param name="interval">Null for one minute.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="UnknownSymbolException">No market of that name.</exception>
    public async Task OnOhlcAsync(string symbol, OhlcData ohlc, Interval? interval = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ohlc);
        var key = (Symbol: _catalog.Resolve(symbol), Interval: interval ?? Interval.Minute);
        OhlcData? ended = null;
        lock (_lock)
        {
            if (_current.TryGetValue(key, out var current) && ohlc.Timestamp < current.Timestamp)
            {
                ended = ohlc;
            }
            else
            {
                ended = current is not null && current.Timestamp < ohlc.Timestamp ? current : null;
                _current[key] = ohlc;
            }
        }

        if (ended is not null)
        {
            await WriteAsync(key.Symbol, key.Interval, ended, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Queues the candles whose interval ended more than five seconds ago. Open ones are left alone: their interval stays a gap for the next start.</summary>
    public async Task FlushCurrentCandlesAsync(CancellationToken cancellationToken = default)
    {
        var limit = _clock.GetUtcNow() - LiveCandles.Grace;
        List<KeyValuePair<(string Symbol, Interval Interval), OhlcData>> ended;
        lock (_lock)
        {
            ended = [.. _current.Where(entry => entry.Value.Timestamp + entry.Key.Interval.Duration <= limit)];
            ended.ForEach(entry => _current.Remove(entry.Key));
        }

        foreach (var ((symbol, interval), ohlc) in ended)
        {
            await WriteAsync(symbol, interval, ohlc, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Hooks into a client: its trades and candles are queued first, then given to the handlers that it had.</summary>
    public static WebSocketDbIntegration IntegrateDbWriter(IMarketClient client, DatabaseWriter writer)
    {
        ArgumentNullException.ThrowIfNull(client);
        var integration = new WebSocketDbIntegration(writer);
        var (onTrade, onOhlc) = (client.OnTrade, client.OnOhlc);
        client.OnTrade = async (symbol, trade, cancellationToken) =>
        {
            await integration.OnTradeAsync(symbol, trade, cancellationToken).ConfigureAwait(false);
            await (onTrade?.Invoke(symbol, trade, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        };
        client.OnOhlc = async (symbol, ohlc, interval, cancellationToken) =>
        {
            await integration.OnOhlcAsync(symbol, ohlc, interval, cancellationToken).ConfigureAwait(false);
            await (onOhlc?.Invoke(symbol, ohlc, interval, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        };
        return integration;
    }

    private async Task WriteAsync(string symbol, Interval interval, OhlcData ohlc, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (interval == Interval.Minute && _traded.Contains(symbol))
            {
                return;
            }
        }

        await writer.WriteCandleAsync(
            new CandleRecord
            {
                Symbol = symbol,
                Timestamp = ohlc.Timestamp,
                IntervalMinutes = interval.Minutes,
                Open = ohlc.Open,
                High = ohlc.High,
                Low = ohlc.Low,
                Close = ohlc.Close,
                Volume = ohlc.Volume,
                TradeCount = ohlc.Trades,
                Vwap = ohlc.Vwap,
            },
            cancellationToken).ConfigureAwait(false);
    }
}
