namespace KrakenDb;

/// <summary>Builds candles whose trades are stored already, a few hours per transaction, so that memory stays bounded.</summary>
internal static class MinutesFromTrades
{
    private const long Step = 6 * 60 * UnixTime.MicrosecondsPerMinute;

    /// <summary>Builds the minutes of the range that proven trades contain and candles do not cover as proven.</summary>
    /// <param name="now">For the edge of an active retention policy.</param>
    /// <param name="again">Also those that candles cover.</param>
    /// <remarks>Minutes that retention has dropped, or would drop at once, are not built.</remarks>
    public static async Task<StoreReceipt> BuildAsync(IMarketStore store, string symbol, TimeRange range, bool again, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var trades = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var candles = await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        var built = CoverageSet.Of(candles.Where(covered => covered.Grade == CoverageGrade.Expired || (covered.Grade == CoverageGrade.Proven && !again)));
        if (RetentionRules.Find(await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false), DataType.Candles(Interval.Minute)) is { } policy)
        {
            range = RetentionRules.After(range, policy.Edge(now));
        }

        var sum = default(StoreReceipt);
        foreach (var proven in CoverageSet.Of(trades.Where(covered => covered.Grade == CoverageGrade.Proven)).Stored())
        {
            var start = Math.Max(range.StartMicroseconds, Interval.Minute.Ceiling(proven.StartMicroseconds));
            var end = Math.Min(range.EndMicroseconds, Interval.Minute.Floor(proven.EndMicroseconds));
            if (start >= end)
            {
                continue;
            }

            foreach (var gap in built.Gaps(new TimeRange(start, end)))
            {
                for (var at = gap.StartMicroseconds; at < gap.EndMicroseconds; at += Step)
                {
                    var write = new StoreWrite { Symbol = symbol, RebuildMinutes = [new TimeRange(at, Math.Min(gap.EndMicroseconds, at + Step))] };
                    var receipt = await store.WriteAsync(write, cancellationToken).ConfigureAwait(false);
                    sum = sum with
                    {
                        CandlesInserted = sum.CandlesInserted + receipt.CandlesInserted,
                        CandlesUnchanged = sum.CandlesUnchanged + receipt.CandlesUnchanged,
                        CandlesConflicting = sum.CandlesConflicting + receipt.CandlesConflicting,
                    };
                }
            }
        }

        return sum;
    }
}
