namespace KrakenDb;

/// <summary>The candle that is still open at a time: from 1-minute candles that had closed by then plus covered trades before it, never from an aggregate.</summary>
internal static class OpenCandle
{
    private const int TradePage = 10_000;

    /// <returns>Null when nothing of it is known yet.</returns>
    public static async Task<Candle?> BuildAsync(IMarketReader store, string symbol, Interval interval, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var now = UnixTime.Microseconds(asOf);
        var start = interval.Floor(now);
        var closedEnd = Interval.Minute.Floor(now);
        using var minutes = await store.ReadCandlesAsync(symbol, Interval.Minute, Interval.Minute, new TimeRange(start, closedEnd), cancellationToken).ConfigureAwait(false);
        var tradesFrom = minutes.Count == 0 ? start : minutes.Timestamp[minutes.Count - 1] + UnixTime.MicrosecondsPerMinute;
        var rows = minutes.Rows().ToList();
        if (await FromTradesAsync(store, symbol, start, tradesFrom, now, cancellationToken).ConfigureAwait(false) is { } running)
        {
            rows.Add(running);
        }

        if (rows.Count == 0)
        {
            return null;
        }

        using var window = new CandleWindow(CandleBatch.FromRows([.. CandleAggregation.ToBuckets(rows, interval)]), [false]);
        return window.ToCandle(symbol, interval, 0);
    }

    private static async Task<CandleRow?> FromTradesAsync(IMarketReader store, string symbol, long bucket, long from, long to, CancellationToken cancellationToken)
    {
        var coverage = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var builder = new MinuteBuilder(bucket);
        foreach (var covered in coverage.Stored())
        {
            var start = Math.Max(covered.StartMicroseconds, from);
            var end = Math.Min(covered.EndMicroseconds, to);
            if (start >= end)
            {
                continue;
            }

            long lastId = 0;
            TradeBatch page;
            do
            {
                page = await store.ReadTradesAsync(symbol, new TimeRange(start, end), lastId, TradePage, cancellationToken).ConfigureAwait(false);
                for (var index = 0; index < page.Count; index++)
                {
                    builder.Add(page.Price[index], page.Volume[index]);
                }

                lastId = page.Count == 0 ? lastId : page.Id[page.Count - 1];
            }
            while (page.Count == TradePage);
        }

        return builder.IsEmpty ? null : builder.Build(CandleSource.TimeAndSalesEdge);
    }
}
