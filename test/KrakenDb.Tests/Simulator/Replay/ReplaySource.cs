using System.Text;
using KrakenDb.Kraken;
using KrakenDb.Simulator;
using FrameBuffer = KrakenDb.Simulator.FrameBuffer;
using WireTime = KrakenDb.Simulator.WireTime;

namespace KrakenDb.Tests.Simulator.Replay;

/// <summary>A store with two hours of a seeded market's trades and minutes, and its order book recorded to depth 25 for some minutes, to depth 10 for some others.</summary>
internal sealed class ReplaySource
{
    public const string Symbol = "BTC/USD";

    public static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = Start.AddHours(2);
    public static readonly DateTimeOffset BookStart = Start.AddHours(1);
    public static readonly DateTimeOffset BookEnd = BookStart.AddMinutes(4);
    public static readonly DateTimeOffset SecondBookStart = BookStart.AddMinutes(10);

    // Tests only read it.
    private static readonly Lazy<Task<ReplaySource>> WithBooks = new(() => CreateAsync(withBooks: true));
    private static readonly Lazy<Task<ReplaySource>> WithoutBooks = new(() => CreateAsync(withBooks: false));

    public static Task<ReplaySource> Recorded => WithBooks.Value;

    public static Task<ReplaySource> Bare => WithoutBooks.Value;

    public InMemoryMarketStore Store { get; } = new(new ManualClock(End.AddDays(1)));

    public SeededTrade[] Trades { get; private set; } = [];

    /// <summary>The recorded frames of the first recording: when each was received, and its text.</summary>
    public List<(long Nanoseconds, string Text)> Frames { get; private set; } = [];

    public List<(long Nanoseconds, string Text)> SecondFrames { get; private set; } = [];

    private static async Task<ReplaySource> CreateAsync(bool withBooks)
    {
        var cancellationToken = CancellationToken.None;
        var source = new ReplaySource();
        var clock = new ManualClock(End);
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = clock, Markets = [MarketSpec.BitcoinUsd] }, cancellationToken);
        source.Trades = [.. exchange.Trades(Symbol, Start, End)];
        await BackfillAsync(source.Store, exchange.BaseAddress, clock, cancellationToken);
        if (withBooks)
        {
            source.Frames = await source.RecordAsync(11, 25, BookStart, BookEnd, cancellationToken);
            source.SecondFrames = await source.RecordAsync(12, 10, SecondBookStart, SecondBookStart.AddMinutes(1), cancellationToken);
        }

        return source;
    }

    /// <summary>What <c>kraken-db backfill</c> does.</summary>
    public static async Task BackfillAsync(IMarketStore store, Uri address, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var exchange = new KrakenExchange(new KrakenExchangeOptions { Address = address, CallInterval = TimeSpan.FromMilliseconds(1) }, SymbolCatalog.BuiltIn);
        await new KrakenTradesBackfill(store, exchange, new KrakenTradesBackfillOptions { TimeProvider = clock }).BackfillSymbolAsync(Symbol, cancellationToken: cancellationToken);
    }

    public Task<ReplayServer> ServeAsync(DateTimeOffset from, decimal speed, TimeProvider? clock, CancellationToken cancellationToken) => ReplayServer.StartAsync(
        new()
        {
            Store = Store,
            Books = new OrderBookHistory(Store, () => new KrakenBookWire()),
            From = from,
            To = End,
            Speed = speed,
            TimeProvider = clock ?? TimeProvider.System,
        },
        cancellationToken);

    private async Task<List<(long Nanoseconds, string Text)>> RecordAsync(long session, int depth, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var market = new ListedMarket(MarketSpec.BitcoinUsd);
        var view = new BookView(market, depth);
        var buffer = new FrameBuffer();
        var recording = new BookRecording(new KrakenBookWire(), session, "test", connectionId: 7, depth);
        var frames = new List<(long, string)>();
        for (var time = WireTime.Nanoseconds(from); time < WireTime.Nanoseconds(to); time += SeededBook.TickNanoseconds)
        {
            buffer.Clear();
            buffer.Begin();
            var last = market.Tape.LastAt(time);
            var isFirst = frames.Count == 0;
            if (isFirst)
                view.WriteSnapshot(buffer, last, time);
            else if (!view.TryWriteUpdate(buffer, last, time, wrongChecksum: false))
                continue;

            // Received a little later than the exchange's time.
            recording.Add(buffer.Message, time + 1_000_000);
            frames.Add((time + 1_000_000, Encoding.UTF8.GetString(buffer.Message)));
        }

        await BookArchive.Of(Store).AppendAsync(recording.Take(), cancellationToken);
        return frames;
    }
}
