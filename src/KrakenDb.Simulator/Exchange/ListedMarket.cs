namespace KrakenDb.Simulator;

/// <summary>A pair with its trades, from the time on at which it is listed.</summary>
internal sealed class ListedMarket
{
    private readonly Dictionary<int, OhlcSeries> _series;

    public ListedMarket(MarketSpec spec)
    {
        Pair = ListedPair.Of(spec);
        Tape = new PublicTape(new TradeTape(spec));
        Book = new SeededBook(spec);
        _series = Intervals.ToDictionary(interval => interval, interval => new OhlcSeries(Tape, interval));
        ListAt(spec.Start);
    }

    /// <summary>Minutes; 720 exists in Kraken's files only.</summary>
    public static IReadOnlyList<int> Intervals { get; } = [1, 5, 15, 30, 60, 240, 1440, 10080, 21600];

    public ListedPair Pair { get; }

    public PublicTape Tape { get; }

    public SeededBook Book { get; }

    public DateTimeOffset ListedAt { get; private set; }

    public void ListAt(DateTimeOffset time)
    {
        ListedAt = time;
        Tape.StartAt(WireTime.Nanoseconds(time));
    }

    public OhlcRow[] Ohlc(int intervalMinutes, long nowNanoseconds) => _series[intervalMinutes].AsOf(nowNanoseconds);
}
