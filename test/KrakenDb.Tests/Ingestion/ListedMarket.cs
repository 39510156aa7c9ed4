using System.Globalization;
using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.Ingestion;

/// <summary>A source over a list of trades, with a clock and a page size of its own, and with the faults that an exchange has.</summary>
internal sealed class ListedMarket(TimeProvider clock, IReadOnlyList<TradeRow> trades) : ITradeSource, ICandleSource
{
    public int PageSize { get; init; } = 10;

    public TimeSpan CandleReach { get; init; } = TimeSpan.FromMinutes(700);

    /// <summary>Whether <c>since</c> itself is left out: the sources on Kraken's API disagree.</summary>
    public bool SinceIsExclusive { get; init; }

    public bool LeavesOutLast { get; init; }

    /// <summary>What the source's clock shows more than the other one.</summary>
    public TimeSpan ClockOffset { get; init; }

    public int Calls { get; private set; }

    /// <summary>Changes the reply of the n-th call (1 is the first).</summary>
    public Func<int, TradesPage, TradesPage>? Change { get; init; }

    public Func<int, MarketSourceException?>? Fail { get; init; }

    /// <summary>Trades at the given times in seconds after <see cref="Rows.Start"/>, ids from 1, prices and volumes that tell them apart.</summary>
    public static List<TradeRow> Trades(params IEnumerable<decimal> seconds) => [.. seconds.Select((at, index) => Rows.Trade(index + 1, at, 100 + (index % 17), 1 + (index % 5)))];

    public Task<TradesPage> ReadTradesAsync(string symbol, string since, CancellationToken cancellationToken)
    {
        Calls++;
        if (Fail?.Invoke(Calls) is { } failure)
        {
            throw failure;
        }

        var from = long.Parse(since, CultureInfo.InvariantCulture);
        var rows = Known().Where(row => SinceIsExclusive ? row.TimestampNanoseconds > from : row.TimestampNanoseconds >= from).Take(PageSize).ToList();
        var page = new TradesPage
        {
            Trades = TradeBatch.FromRows(rows),
            Rows = rows.Count,
            Last = LeavesOutLast ? null : rows.Count > 0 ? rows[^1].TimestampNanoseconds.ToString(CultureInfo.InvariantCulture) : since,
        };
        return Task.FromResult(Change?.Invoke(Calls, page) ?? page);
    }

    public Task<long?> FindTradeIdAsync(string symbol, string? since, CancellationToken cancellationToken) => Task.FromResult(
        (since is null ? Known().LastOrDefault().Id : Known().FirstOrDefault(row => row.TimestampNanoseconds >= long.Parse(since, CultureInfo.InvariantCulture)).Id) is > 0 and var id
            ? id
            : (long?)null);

    public Task<DateTimeOffset> ReadTimeAsync(CancellationToken cancellationToken) => Task.FromResult(clock.GetUtcNow() + ClockOffset);

    public Task<CandlesPage> ReadCandlesAsync(string symbol, Interval interval, DateTimeOffset since, CancellationToken cancellationToken)
    {
        Calls++;
        if (Fail?.Invoke(Calls) is { } failure)
        {
            throw failure;
        }

        var open = interval.Floor(clock.GetUtcNow() + ClockOffset);
        var first = open - (interval.Duration * 720);
        var rows = Known().GroupBy(row => interval.Floor(row.TimestampMicroseconds))
            .Where(minute => minute.Key >= UnixTime.Microseconds(first) && minute.Key < UnixTime.Microseconds(open))
            .Select(minute => Candle(minute) with { Source = CandleSource.RestOhlc, QuoteVolume = CandleRow.UnknownVolume });
        return Task.FromResult(new CandlesPage { Candles = CandleBatch.FromRows([.. rows]), Covered = new TimeRange(first, open) });
    }

    /// <summary>The candles that all trades of whole minutes in a range make.</summary>
    public static List<CandleRow> Minutes(IEnumerable<TradeRow> trades, TimeRange range) =>
    [
        .. trades.GroupBy(row => Interval.Minute.Floor(row.TimestampMicroseconds))
            .Where(minute => minute.Key >= range.StartMicroseconds && minute.Key + UnixTime.MicrosecondsPerMinute <= range.EndMicroseconds)
            .OrderBy(minute => minute.Key)
            .Select(Candle),
    ];

    private static CandleRow Candle(IGrouping<long, TradeRow> minute)
    {
        var builder = new MinuteBuilder(minute.Key);
        foreach (var row in minute.OrderBy(row => row.Id))
        {
            builder.Add(row.Price, row.Volume);
        }

        return builder.Build(CandleSource.ProvenTrades);
    }

    private IEnumerable<TradeRow> Known() => trades.Where(row => row.TimestampMicroseconds <= UnixTime.Microseconds(clock.GetUtcNow() + ClockOffset));
}
