using KrakenDb.Cli;
using KrakenDb.Kraken;
using KrakenDb.Simulator;
using KrakenDb.Tests.Storage;
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
    public async Task Collect_records_trades_candles_and_books_of_one_feed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var clock = new SimulatedClock(TimeProvider.System, 20, TimeProvider.System.GetUtcNow());
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = clock, LimitTimeProvider = clock }, cancellationToken);
        var url = _folder["collected.duckdb"];
        var error = new StringWriter();
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var store = await MarketStore.OpenAsync(url, cancellationToken: cancellationToken);
        await using (store)
        {
            var run = KrakenDbProgram.RunAsync(
                ["collect", "--symbols", Symbol, "--book-depth", "25", "--journal", _folder["journal"]],
                new CommandContext(new MemoryStream(), TextWriter.Synchronized(error))
                {
                    TimeProvider = clock,
                    Opener = (_, _, _) => Task.FromResult(store),
                    ExchangeOptions = () => new KrakenExchangeOptions { Address = exchange.BaseAddress, TimeProvider = clock },
                    LiveFeed = logger => new KrakenLiveFeed(new KrakenLiveFeedOptions { Address = exchange.FeedAddress, TimeProvider = clock, Logger = logger }),
                },
                interruption.Token);
            for (var wait = 0; wait < 400 && !run.IsCompleted && !await IsRecordedAsync(store); wait++)
            {
                await Task.WhenAny(run, Task.Delay(100, cancellationToken));
            }

            (await IsRecordedAsync(store)).ShouldBeTrue(error.ToString());
            await interruption.CancelAsync();
            (await run).ShouldBe(130);
        }

        await using var again = await MarketStore.OpenAsync(url, cancellationToken: cancellationToken);
        error.ToString().ShouldContain("with their order books");
        exchange.FeedRecords.Count.ShouldBe(1, "one connection brings everything");
        var certificate = await new BookVerifier(again, () => new KrakenBookWire()).VerifyAsync(cancellationToken: cancellationToken);
        certificate.Damage.ShouldBeEmpty();
        certificate.Verified.ShouldBeGreaterThan(10);
        certificate.Incidents.ShouldBe(0);
        (await again.GetCoverageAsync(Symbol, DataType.Book(25), cancellationToken)).Count.ShouldBe(1);
    }

    private static async Task<bool> IsRecordedAsync(IMarketStore store)
    {
        var books = await BookArchive.Of(store).GetCaptureSessionsAsync(default);
        return (await store.GetCoverageAsync(Symbol, DataType.Trades)).Count > 0
            && (await store.GetCoverageAsync(Symbol, "candles_1m")).Count > 0
            && books.Sum(session => session.BookMessages) > 10;
    }

    private static async Task<ILiveFeedHandler> RunAsync(ILiveFeedHandler markets, ILiveFeedHandler books)
    {
        var source = new HandlerSource();
        await new SharedLiveFeed(source, 25, books, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).RunAsync(new LiveSubscription { Symbols = [Symbol] }, markets, default);
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
        public Exception? Failure { get; init; }

        public List<string> Taken { get; } = [];

        public void OnConnected(int connection, ulong connectionId, long receivedAt) => Take("connected");

        public void OnDisconnected(int connection, string reason, long receivedAt) => Take("disconnected");

        public void OnRefused(int connection, string symbol, string channel, string error) => Take("refused " + channel);

        public void OnTrades(int connection, string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot, long receivedAt) => Take("trades");

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
