using KrakenDb.Kraken;

namespace KrakenDb;

/// <summary>
/// Kraken's WebSocket v2: trades, candles, tickers, order books and the list of markets of any number of symbols, on as many connections as they need. Runs
/// until it is cancelled; reconnects, subscribes again, and tells its handler of every seam. Thread-safe; runs once at a time.
/// </summary>
public sealed class KrakenLiveFeed : ILiveFeed
{
    private readonly KrakenLiveFeedOptions _options;
    private readonly FeedLog _log;
    private readonly Lock _lock = new();
    private readonly List<FeedCounters> _counters = [];
    private Dictionary<string, LiveConnection> _connections = [];
    private bool _isRunning;

    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="MarketSourceException"><c>KRAKEN_WS_URL</c> is no address.</exception>
    public KrakenLiveFeed(KrakenLiveFeedOptions? options = null)
    {
        _options = options ?? new KrakenLiveFeedOptions();
        _log = new FeedLog(_options.Logger, _options.TimeProvider);
    }

    /// <summary>What was seen so far, on all connections.</summary>
    public LiveFeedStatistics GetStatistics()
    {
        lock (_lock)
        {
            return FeedCounters.Sum(_counters);
        }
    }

    /// <summary>
    /// How long no subscribed channel of the symbol brought anything; null where none is subscribed now. A market may really stand still: compare with REST, and
    /// reconnect where that knows of more.
    /// </summary>
    public TimeSpan? SilentFor(string symbol) => Connection(symbol)?.SilentFor(symbol);

    /// <exception cref="ArgumentException">Nothing to subscribe to.</exception>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; all sockets were closed before.</exception>
    async Task ILiveFeed.RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken)
    {
        var connections = Open(subscription, handler);
        try
        {
            using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = connections.ConvertAll(connection => RunAsync(connection, failed));
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _isRunning = false;
                _connections = [];
            }
        }
    }

    void ILiveFeed.Reconnect(string symbol, string reason) => Connection(symbol)?.Request(new FeedRequest(symbol, ResubscribeChannel: null, reason));

    void ILiveFeed.ResubscribeBook(string symbol) => Connection(symbol)?.Request(new FeedRequest(symbol, FrameChannel.Book, "its book failed"));

    // Only a mistake of ours ends a connection before it is cancelled: then the others end too, and the caller is told.
    private static async Task RunAsync(LiveConnection connection, CancellationTokenSource failed)
    {
        try
        {
            await connection.RunAsync(failed.Token).ConfigureAwait(false);
        }
        finally
        {
            await failed.CancelAsync().ConfigureAwait(false);
        }
    }

    private List<LiveConnection> Open(LiveSubscription subscription, ILiveFeedHandler handler)
    {
        var symbols = subscription.Symbols.Distinct(StringComparer.Ordinal).ToArray();
        var isAnySymbolWanted = subscription.Trades || subscription.Ticker || subscription.BookDepth is not null || subscription.CandleIntervals.Count > 0;
        if (!subscription.Instruments && (symbols.Length == 0 || !isAnySymbolWanted))
        {
            throw new ArgumentException("The live feed has nothing to subscribe to: name symbols and a channel.", nameof(subscription));
        }

        lock (_lock)
        {
            if (_isRunning)
            {
                throw new InvalidOperationException("The live feed runs already.");
            }

            var parts = isAnySymbolWanted && symbols.Length > 0 ? symbols.Chunk(Math.Max(1, _options.SymbolsPerConnection)).ToArray() : [[]];
            var connections = new List<LiveConnection>(parts.Length);
            var bySymbol = new Dictionary<string, LiveConnection>(StringComparer.Ordinal);
            foreach (var part in parts)
            {
                var counters = new FeedCounters();
                _counters.Add(counters);
                var connection = new LiveConnection(connections.Count, part, subscription, handler, counters, _log, _options);
                connections.Add(connection);
                foreach (var symbol in part)
                {
                    bySymbol.Add(symbol, connection);
                }
            }

            _connections = bySymbol;
            _isRunning = true;
            return connections;
        }
    }

    private LiveConnection? Connection(string symbol)
    {
        lock (_lock)
        {
            return _connections.GetValueOrDefault(symbol);
        }
    }
}
