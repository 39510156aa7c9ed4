using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>Finds what a backfill has to fetch: what the ledger of trades lacks, before, between and behind what is stored.</summary>
internal sealed class BackfillPlanner(IMarketStore store, ITradeSource source, KrakenTradesBackfillOptions options)
{
    public async Task<BackfillPlan> PlanAsync(string symbol, ExchangeClock clock, CancellationToken cancellationToken)
    {
        var coverage = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var now = clock.Now();
        var end = options.Until is { } until && until < now ? until : now;
        var ranges = await MissingAsync(symbol, coverage, end, cancellationToken).ConfigureAwait(false);
        var trades = await EstimateAsync(symbol, coverage, ranges, cancellationToken).ConfigureAwait(false);
        var status = await store.GetSyncStatusAsync(symbol, cancellationToken).ConfigureAwait(false);
        var minutes = await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        return new BackfillPlan
        {
            Symbol = symbol,
            Ranges = ranges,
            EstimatedTrades = trades,
            EstimatedCalls = trades is { } count ? (count / source.PageSize) + ranges.Count : null,
            StoredTrades = status.FirstOrDefault(row => row.DataType == DataType.Trades)?.TotalRecords ?? 0,
            ClaimedCandles = CoverageSet.Of(minutes.Where(range => range.Grade == CoverageGrade.Claimed)).Stored(),
            ClockOffset = clock.Offset,
        };
    }

    private async Task<List<BackfillRange>> MissingAsync(string symbol, CoverageSet coverage, DateTimeOffset end, CancellationToken cancellationToken)
    {
        var ranges = new List<BackfillRange>();
        if (options.Since is null && coverage.Count == 0)
        {
            return [new BackfillRange(Start: null, end)];
        }

        var start = options.Since;
        if (start is null)
        {
            // What lies before the first covered trade is known to be nothing where it is the exchange's first one.
            var first = await source.FindTradeIdAsync(symbol, "0", cancellationToken).ConfigureAwait(false);
            start = coverage[0].Range.Start;
            if (first is { } id && coverage[0].FirstTradeId != id && coverage[0].Grade != CoverageGrade.Expired)
            {
                ranges.Add(new BackfillRange(Start: null, start < end ? start.Value : end));
            }
        }

        if (start < end)
        {
            ranges.AddRange(coverage.Gaps(new TimeRange(start.Value, end)).Select(gap => new BackfillRange(gap.Start, gap.End)));
        }

        return options.Resume && await ResumePointAsync(symbol, cancellationToken).ConfigureAwait(false) is { } point
            ? [.. ranges.Where(range => range.End > point)]
            : ranges;
    }

    private async Task<DateTimeOffset?> ResumePointAsync(string symbol, CancellationToken cancellationToken)
    {
        var status = await store.GetSyncStatusAsync(symbol, cancellationToken).ConfigureAwait(false);
        return status.FirstOrDefault(row => row.DataType == DataType.Trades)?.LastKrakenSince is { } since
            ? UnixTime.ToDateTimeOffset(long.Parse(since, NumberStyles.None, CultureInfo.InvariantCulture) / 1000)
            : null;
    }

    // Ids are consecutive: how many trades a range has follows from those at its ends.
    private async Task<long?> EstimateAsync(string symbol, CoverageSet coverage, List<BackfillRange> ranges, CancellationToken cancellationToken)
    {
        long total = 0;
        foreach (var range in ranges)
        {
            var first = range.Start is { } start && TradeIds.Before(coverage, UnixTime.Microseconds(start)) is { } before
                ? before + 1
                : await source.FindTradeIdAsync(symbol, Since(range.Start), cancellationToken).ConfigureAwait(false);
            var next = TradeIds.After(coverage, UnixTime.Microseconds(range.End))
                ?? await source.FindTradeIdAsync(symbol, Since(range.End), cancellationToken).ConfigureAwait(false)
                ?? await source.FindTradeIdAsync(symbol, since: null, cancellationToken).ConfigureAwait(false) + 1;
            if (first is null || next is null)
            {
                // Nothing was traded there; or, at the very end, nothing yet.
                continue;
            }

            total += Math.Max(0, next.Value - first.Value);
        }

        return total;
    }

    private static string Since(DateTimeOffset? time) => time is { } at ? ((UnixTime.Microseconds(at) * 1000) - 1000).ToString(CultureInfo.InvariantCulture) : "0";
}
