using System.Globalization;

namespace KrakenDb;

/// <summary>What active retention policies mean for a write: rows that the next run would drop are refused, with the numbers, before one is stored.</summary>
internal static class RetentionRules
{
    /// <summary>The write as it may be stored: minutes older than their policy's edge are not built.</summary>
    /// <exception cref="ExpiringRowsException">Rows lie before the edge of a policy, and the write does not allow it.</exception>
    public static StoreWrite Apply(StoreWrite write, IReadOnlyCollection<RetentionPolicy> policies, DateTimeOffset now)
    {
        if (policies.Count == 0 || write.AllowExpiring)
        {
            return write;
        }

        if (write.Candles is { Count: > 0 } candles && Find(policies, DataType.Candles(write.CandleInterval)) is { } ofCandles)
        {
            var edge = ofCandles.Edge(now);
            Refuse(write.Symbol, ofCandles, edge, candles.Timestamp.AsSpan(0, candles.Count).LowerBound(edge), candles.Count, candles.Timestamp[0]);
        }

        if (write.Trades is { Count: > 0 } trades && Find(policies, DataType.Trades) is { } ofTrades)
        {
            var edge = ofTrades.Edge(now);
            var (expiring, oldest) = (0, long.MaxValue);
            for (var index = 0; index < trades.Count; index++)
            {
                var time = HistoricalTrade.FloorDivide(trades.TimestampNanoseconds[index], 1000);
                expiring += time < edge ? 1 : 0;
                oldest = Math.Min(oldest, time);
            }

            Refuse(write.Symbol, ofTrades, edge, expiring, trades.Count, oldest);
        }

        return write.RebuildMinutes.Count > 0 && Find(policies, DataType.Candles(Interval.Minute)) is { } ofMinutes
            ? write with { RebuildMinutes = [.. write.RebuildMinutes.Select(range => After(range, ofMinutes.Edge(now))).Where(range => !range.IsEmpty)] }
            : write;
    }

    public static RetentionPolicy? Find(IEnumerable<RetentionPolicy> policies, string dataType) =>
        policies.FirstOrDefault(policy => string.Equals(policy.DataType, dataType, StringComparison.Ordinal));

    /// <summary>The part of a range that lies at or after a time.</summary>
    public static TimeRange After(TimeRange range, long edge) => new(Math.Min(Math.Max(range.StartMicroseconds, edge), range.EndMicroseconds), range.EndMicroseconds);

    private static void Refuse(string symbol, RetentionPolicy policy, long edge, int expiring, int rows, long oldest)
    {
        if (expiring > 0)
        {
            throw new ExpiringRowsException(string.Create(
                CultureInfo.InvariantCulture,
                $"{symbol}: {expiring:N0} of {rows:N0} rows lie before {UnixTime.ToDateTimeOffset(edge):yyyy-MM-dd}, the edge of the retention policy {policy}; the first is of {UnixTime.ToDateTimeOffset(oldest):yyyy-MM-dd HH:mm}. The next retention run would drop them, so nothing of this was stored. Begin later, change the policy (kraken-db db retention), or store them all the same with --allow-expiring."));
        }
    }

    // How many of the ascending times lie before the edge.
    private static int LowerBound(this ReadOnlySpan<long> times, long edge)
    {
        var (low, high) = (0, times.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = times[middle] < edge ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static int LowerBound(this Span<long> times, long edge) => LowerBound((ReadOnlySpan<long>)times, edge);
}
