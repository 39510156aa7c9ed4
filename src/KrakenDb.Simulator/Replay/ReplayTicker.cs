using System.Numerics;

namespace KrakenDb.Simulator;

/// <summary>The channel ticker of one market: the best prices of the recorded book, and the last 24 hours of trades, whose far end moves in steps of five minutes.</summary>
internal sealed class ReplayTicker(ReplayMarket market, ReplayBook book, bool onBestPrices)
{
    private const long DayMicroseconds = 86_400_000_000;

    private static readonly Interval Step = new(5);

    private readonly ReplayCandles _current = new(market, Step);
    private List<CandleRow> _day = [];
    private long _dayUntil;
    private SeededTrade? _last;
    private (WireLevel Bid, WireLevel Ask) _best;

    /// <summary>Sent when the best prices change, not with every trade.</summary>
    public bool OnBestPrices => onBestPrices;

    public ReplayBook Book => book;

    public async Task StartAsync(long now, CancellationToken cancellationToken)
    {
        await book.StartAsync(now, cancellationToken).ConfigureAwait(false);
        await _current.StartAsync(now, cancellationToken).ConfigureAwait(false);
        var last = await market.LatestAsync(1, now, cancellationToken).ConfigureAwait(false);
        _last = last.Count > 0 ? last[0] : null;
    }

    public void Add(in SeededTrade trade)
    {
        _current.Add(trade);
        _last = trade;
    }

    /// <summary>Writes a message, where there is something to tell.</summary>
    /// <param name="onlyIfNewBest">Nothing while the best prices are those of the last message.</param>
    public async ValueTask SendAsync(FeedWriter writer, bool isSnapshot, bool onlyIfNewBest, long now, CancellationToken cancellationToken)
    {
        if (book.Chain is not { IsWhole: true } chain || chain.Book.Bids.IsEmpty || chain.Book.Asks.IsEmpty || _last is not { } last)
            return;

        var best = (chain.Book.Bids[0], chain.Book.Asks[0]);
        if (onlyIfNewBest && best.Equals(_best))
            return;

        _best = best;
        var values = Sum(best, last.Price, await DayAsync(now, cancellationToken).ConfigureAwait(false));
        writer.Begin();
        FeedText.Ticker(writer.Buffer, market.Pair, values, isSnapshot ? "snapshot"u8 : "update"u8, now);
        writer.End();
    }

    /// <summary>The closed candles of five minutes of the last 24 hours, and the open one.</summary>
    private async ValueTask<List<CandleRow>> DayAsync(long now, CancellationToken cancellationToken)
    {
        var microseconds = HistoricalTrade.FloorDivide(now, 1000);
        if (microseconds >= _dayUntil)
        {
            var open = Step.Floor(microseconds);
            _dayUntil = open + Step.Microseconds;
            _day = await market.MinutesAsync(Step, _dayUntil - DayMicroseconds, open, cancellationToken).ConfigureAwait(false);
        }

        return !_current.IsEmpty && _current.Start == _dayUntil - Step.Microseconds ? [.. _day, _current.Candle] : _day;
    }

    private TickerValues Sum((WireLevel Bid, WireLevel Ask) best, long last, List<CandleRow> rows)
    {
        var (volume, value) = ((Int128)0, BigInteger.Zero);
        foreach (var row in rows.Where(row => row.Vwap != CandleRow.UnknownPrice))
        {
            volume += row.Volume;
            value += (BigInteger)row.Vwap * row.Volume;
        }

        return new()
        {
            Bid = best.Bid.Price,
            BidQuantity = best.Bid.Quantity,
            Ask = best.Ask.Price,
            AskQuantity = best.Ask.Quantity,
            Last = last,
            Volume = rows.Aggregate((Int128)0, (sum, row) => sum + row.Volume),
            Vwap = volume == 0 ? 0 : market.Cut((long)(value / volume)),
            Low = rows.Count == 0 ? last : rows.Min(row => row.Low),
            High = rows.Count == 0 ? last : rows.Max(row => row.High),
            Open = rows.Count == 0 ? last : rows[0].Open,
        };
    }
}
