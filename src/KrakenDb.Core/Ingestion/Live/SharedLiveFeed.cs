using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// A live feed that brings order books, too, over the connections that it has anyway: whoever runs it gets what he asked for, and a recorder of order books every frame.
/// What one of the two cannot take is logged and does not reach the other.
/// </summary>
internal sealed partial class SharedLiveFeed(ILiveFeed feed, int bookDepth, ILiveFeedHandler books, ILogger logger) : ILiveFeed
{
    private const string BookChannel = "book";

    public Task RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken) =>
        feed.RunAsync(subscription with { BookDepth = bookDepth }, new Both(handler, books, logger), cancellationToken);

    public void Reconnect(string symbol, string reason) => feed.Reconnect(symbol, reason);

    public void ResubscribeBook(string symbol) => feed.ResubscribeBook(symbol);

    /// <summary>What concerns trades and candles goes to the first, books to the second, the connection and every frame to both.</summary>
    private sealed partial class Both(ILiveFeedHandler markets, ILiveFeedHandler books, ILogger logger) : ILiveFeedHandler
    {
        public void OnConnected(int connection, ulong connectionId, long receivedAt)
        {
            Guarded(() => markets.OnConnected(connection, connectionId, receivedAt));
            Guarded(() => books.OnConnected(connection, connectionId, receivedAt));
        }

        public void OnDisconnected(int connection, string reason, long receivedAt)
        {
            Guarded(() => markets.OnDisconnected(connection, reason, receivedAt));
            Guarded(() => books.OnDisconnected(connection, reason, receivedAt));
        }

        public void OnSystemStatus(int connection, string system, long receivedAt)
        {
            Guarded(() => markets.OnSystemStatus(connection, system, receivedAt));
            Guarded(() => books.OnSystemStatus(connection, system, receivedAt));
        }

        public void OnSubscribed(int connection, string symbol, string channel, long receivedAt) => Guarded(() => Of(channel).OnSubscribed(connection, symbol, channel, receivedAt));

        public void OnUnsubscribed(int connection, string symbol, string channel, long receivedAt) => Guarded(() => Of(channel).OnUnsubscribed(connection, symbol, channel, receivedAt));

        public void OnRefused(int connection, string symbol, string channel, string error) => Guarded(() => Of(channel).OnRefused(connection, symbol, channel, error));

        public void OnUnanswered(int connection, string symbol, string channel, TimeSpan waited) => Guarded(() => Of(channel).OnUnanswered(connection, symbol, channel, waited));

        public void OnSilent(int connection, string symbol, string channel, TimeSpan silence) => Guarded(() => Of(channel).OnSilent(connection, symbol, channel, silence));

        public void OnInstruments(int connection, IReadOnlyList<Instrument> instruments, bool isSnapshot, long receivedAt) =>
            Guarded(() => markets.OnInstruments(connection, instruments, isSnapshot, receivedAt));

        public void OnTrades(int connection, string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot, long receivedAt)
        {
            try
            {
                markets.OnTrades(connection, symbol, trades, isSnapshot, receivedAt);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                LogFailed(logger, exception.Message, exception);
            }
        }

        public void OnCandle(int connection, string symbol, Interval interval, in CandleRow candle, bool isSnapshot, long receivedAt)
        {
            try
            {
                markets.OnCandle(connection, symbol, interval, candle, isSnapshot, receivedAt);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                LogFailed(logger, exception.Message, exception);
            }
        }

        public void OnTicker(int connection, string symbol, in TickerRow ticker, bool isSnapshot, long receivedAt)
        {
            try
            {
                markets.OnTicker(connection, symbol, ticker, isSnapshot, receivedAt);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                LogFailed(logger, exception.Message, exception);
            }
        }

        public void OnFrame(int connection, ReadOnlySpan<byte> message, long receivedAt)
        {
            Frame(books, connection, message, receivedAt);
            Frame(markets, connection, message, receivedAt);
        }

        private ILiveFeedHandler Of(string channel) => channel == BookChannel ? books : markets;

        private void Frame(ILiveFeedHandler handler, int connection, ReadOnlySpan<byte> message, long receivedAt)
        {
            try
            {
                handler.OnFrame(connection, message, receivedAt);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                LogFailed(logger, exception.Message, exception);
            }
        }

        private void Guarded(Action call)
        {
            try
            {
                call();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                LogFailed(logger, exception.Message, exception);
            }
        }

        // A trade that was not taken is a hole in the ids, which is fetched; a frame that was not taken a checksum that fails, which is subscribed anew.
        [LoggerMessage(Level = LogLevel.Error, Message = "What the feed brought was not taken: {Reason}")]
        private static partial void LogFailed(ILogger logger, string reason, Exception exception);
    }
}
