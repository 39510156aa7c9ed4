using KrakenDb.Kraken;
using KrakenDb.Simulator;
using KrakenDb.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>Trades, candles and order books of one connection.</summary>
public sealed class SharedLiveFeedTests : IDisposable
{
    private const string Symbol = "BTC/USD";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Trades_come_although_the_recorder_of_books_fails()
    {
        var (markets, books) = (new Taker(), new Taker { Failure = new IOException("the disk is full") });

        var handler = await RunAsync(markets, books);
        handler.OnConnected(0, 1, 0);
        handler.OnFrame(0, "{}"u8, 0);
        handler.OnTrades(0, Symbol, [Rows.Trade(1)], isSnapshot: false, 0);
        handler.OnRefused(0, Symbol, "book", "no");

        markets.Taken.ShouldBe(["connected", "frame", "trades"]);
        books.Taken.ShouldBe(["connected", "frame", "refused book"]);
    }

    [Fact]
    public async Task Books_come_although_the_recorder_of_trades_fails()
    {
        var (markets, books) = (new Taker { Failure = new InvalidOperationException("no room") }, new Taker());

        var handler = await RunAsync(markets, books);
        handler.OnTrades(0, Symbol, [Rows.Trade(1)], isSnapshot: false, 0);
        handler.OnFrame(0, "{}"u8, 0);
        handler.OnRefused(0, Symbol, "trade", "no");
        handler.OnDisconnected(0, "cut", 0);

        markets.Taken.ShouldBe(["trades", "frame", "refused trade", "disconnected"]);
        books.Taken.ShouldBe(["frame", "disconnected"]);
    }

    [Fact]
    public async Task One_connection_to_a_simulated_exchange_brings_trades_and_proven_books()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = new FastClock(TimeProvider.System, 400) }, cancellationToken);
        ILiveFeed feed = new KrakenLiveFeed(new KrakenLiveFeedOptions { Address = exchange.FeedAddress });
        var store = new InMemoryMarketStore();
        var markets = new Taker();
        var recorder = new BookRecorder(feed, BookArchive.Of(store), () => new KrakenBookWire(), new BookRecorderOptions { JournalFolder = _folder["journal"], FlushInterval = TimeSpan.FromMilliseconds(50) });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new SharedLiveFeed(feed, 25, recorder, NullLogger.Instance).RunAsync(new LiveSubscription { Symbols = [Symbol] }, markets, stop.Token);
        for (var wait = 0; wait < 400 && !running.IsCompleted && (markets.Trades == 0 || recorder.Stats.BookFrames < 100); wait++)
        {
            await Task.WhenAny(running, Task.Delay(50, cancellationToken));
        }

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await recorder.DisposeAsync();

        markets.Trades.ShouldBeGreaterThan(0);
        recorder.Stats.BookFrames.ShouldBeGreaterThanOrEqualTo(100);
        recorder.Stats.Verified.ShouldBe(recorder.Stats.BookFrames);
        exchange.FeedRecords.Count.ShouldBe(1);
        (await store.GetCoverageAsync(Symbol, DataType.Book(25), cancellationToken)).Count.ShouldBe(1);
    }

    private static async Task<ILiveFeedHandler> RunAsync(ILiveFeedHandler markets, ILiveFeedHandler books)
    {
        var source = new HandlerSource();
        await new SharedLiveFeed(source, 25, books, NullLogger.Instance).RunAsync(new LiveSubscription { Symbols = [Symbol] }, markets, default);
        source.Subscription!.BookDepth.ShouldBe(25);
        source.Subscription.Trades.ShouldBeTrue();
        return source.Handler!;
    }

    private sealed class HandlerSource : ILiveFeed
    {
        public LiveSubscription? Subscription { get; private set; }

        public ILiveFeedHandler? Handler { get; private set; }

        public Task RunAsync(LiveSubscription subscription, ILiveFeedHandler handler, CancellationToken cancellationToken)
        {
            (Subscription, Handler) = (subscription, handler);
            return Task.CompletedTask;
        }

        public void Reconnect(string symbol, string reason)
        {
        }

        public void ResubscribeBook(string symbol)
        {
        }
    }

    private sealed class Taker : ILiveFeedHandler
    {
        private int _trades;

        public Exception? Failure { get; init; }

        public List<string> Taken { get; } = [];

        public int Trades => Volatile.Read(ref _trades);

        public void OnConnected(int connection, ulong connectionId, long receivedAt) => Take("connected");

        public void OnDisconnected(int connection, string reason, long receivedAt) => Take("disconnected");

        public void OnRefused(int connection, string symbol, string channel, string error) => Take("refused " + channel);

        public void OnTrades(int connection, string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot, long receivedAt)
        {
            Interlocked.Add(ref _trades, trades.Length);
            Take("trades");
        }

        public void OnFrame(int connection, ReadOnlySpan<byte> message, long receivedAt) => Take("frame");

        private void Take(string what)
        {
            Taken.Add(what);
            if (Failure is not null)
            {
                throw Failure;
            }
        }
    }
}
