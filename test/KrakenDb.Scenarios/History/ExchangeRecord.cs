using System.Globalization;
using KrakenDb.Simulator;
using Shouldly;

namespace KrakenDb.Scenarios.History;

/// <summary>What the exchange itself says that it traded, compared with a store: row by row, in constant memory.</summary>
internal sealed class ExchangeRecord(SimulatedExchange exchange, string symbol)
{
    private const int RowsPerRead = 50_000;

    /// <summary>Every trade up to the newest stored one, every whole minute's candle, and one proven range without a hole.</summary>
    /// <returns>How many trades were compared.</returns>
    public async Task<long> ShouldBeStoredAsync(IMarketStore store, CancellationToken cancellationToken)
    {
        var covered = (await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken)).ShouldHaveSingleItem();
        covered.Grade.ShouldBe(CoverageGrade.Proven);
        covered.FirstTradeId.ShouldBe(1);
        var compared = await CompareTradesAsync(store, covered, cancellationToken);
        var minutes = (await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken)).ShouldHaveSingleItem();
        minutes.Grade.ShouldBe(CoverageGrade.Proven);
        minutes.Range.ShouldBe(new TimeRange(Interval.Minute.Ceiling(covered.Range.StartMicroseconds), Interval.Minute.Floor(covered.Range.EndMicroseconds)));
        await CompareCandlesAsync(store, minutes.Range, cancellationToken);
        (await store.GetAbsentTradeIdsAsync(symbol, cancellationToken)).ShouldBeEmpty();
        return compared;
    }

    // REST sends times as the shortest text of a binary float, some hundred nanoseconds off: nothing else can be stored. (kraken-api.md 1.3)
    private static long AsSent(long unixNanoseconds) =>
        (long)(decimal.Parse(WireTime.FloatSeconds(unixNanoseconds).ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture) * 1_000_000_000);

    private IEnumerable<SeededTrade> Trades() => exchange.Trades(symbol).Select(trade => trade with { UnixNanoseconds = AsSent(trade.UnixNanoseconds) });

    private async Task<long> CompareTradesAsync(IMarketStore store, CoverageRange covered, CancellationToken cancellationToken)
    {
        var everything = new TimeRange(covered.Range.Start.AddDays(-1), covered.Range.End.AddDays(1));
        using var truth = Trades().GetEnumerator();
        long compared = 0;
        SeededTrade? last = null;
        while (await store.ReadTradesAsync(symbol, everything, last?.Id ?? 0, RowsPerRead, cancellationToken) is { Count: > 0 } batch)
        {
            for (var index = 0; index < batch.Count; index++)
            {
                truth.MoveNext().ShouldBeTrue($"{symbol}: trade {batch.Id[index]} is stored and the exchange has no such trade");
                var theirs = truth.Current;
                var ours = batch[index];
                var expected = new TradeRow
                {
                    Id = theirs.Id,
                    TimestampNanoseconds = theirs.UnixNanoseconds,
                    Price = theirs.Price,
                    Volume = theirs.Volume,
                    Side = theirs.IsBuy ? TradeSide.Buy : TradeSide.Sell,
                    OrderType = theirs.IsMarket ? "market" : "limit",
                    Misc = "",
                };
                if (ours != expected)
                {
                    ours.ShouldBe(expected, $"{symbol}, trade {theirs.Id}");
                }

                last = theirs;
                compared++;
            }
        }

        // What the exchange has next must lie behind what is claimed.
        if (truth.MoveNext())
        {
            (truth.Current.UnixNanoseconds / 1000).ShouldBeGreaterThanOrEqualTo(covered.Range.EndMicroseconds, $"{symbol}: trade {truth.Current.Id} is covered and not stored");
        }

        covered.LastTradeId.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(last!.Value.Id);
        return compared;
    }

    private async Task CompareCandlesAsync(IMarketStore store, TimeRange minutes, CancellationToken cancellationToken)
    {
        var (first, end) = (minutes.StartMicroseconds * 1000, minutes.EndMicroseconds * 1000);
        var truth = TradedMinute.FromTrades(Trades().SkipWhile(trade => trade.UnixNanoseconds < first).TakeWhile(trade => trade.UnixNanoseconds < end));
        using var expected = truth.GetEnumerator();
        var everything = new TimeRange(minutes.Start.AddDays(-1), minutes.End.AddDays(1));
        for (var start = everything.Start; start < everything.End; start = start.AddDays(7))
        {
            using var stored = await store.ReadCandlesAsync(symbol, 1, 1, new TimeRange(start, start.AddDays(7) < everything.End ? start.AddDays(7) : everything.End), cancellationToken);
            foreach (var ours in stored.Rows())
            {
                expected.MoveNext().ShouldBeTrue($"{symbol}: {ours.ToText()} is stored and the exchange traded nothing then");
                var (row, theirs) = (expected.Current.Row, expected.Current);
                var candle = new CandleRow
                {
                    Timestamp = row.UnixSeconds * 1_000_000,
                    Open = row.Open,
                    High = row.High,
                    Low = row.Low,
                    Close = row.Close,
                    Volume = row.Volume,
                    TradeCount = row.Trades,
                    QuoteVolume = theirs.QuoteVolume,
                    Vwap = theirs.Vwap,
                    Source = CandleSource.ProvenTrades,
                };
                if (ours != candle)
                {
                    ours.ShouldBe(candle, symbol);
                }
            }
        }

        expected.MoveNext().ShouldBeFalse($"{symbol}: the minute of {expected.Current} has trades and no candle");
    }
}
