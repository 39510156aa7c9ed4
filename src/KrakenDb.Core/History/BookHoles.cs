namespace KrakenDb;

/// <summary>What a recording of order books does not have: ranges that no chain of checksums proves, and those that retention dropped.</summary>
internal static class BookHoles
{
    /// <summary>Ascending, of the range of a replay.</summary>
    public static async Task<IReadOnlyList<(DataGap Gap, bool IsExpired)>> FindAsync(IMarketReader store, IReadOnlyList<CaptureSession> sessions, IReadOnlyList<int> depths, BookReplayQuery query, CancellationToken cancellationToken)
    {
        var holes = new List<(DataGap Gap, bool IsExpired)>();
        foreach (var group in sessions.Where(row => row.Depth is not null && (query.SessionId is null || row.SessionId == query.SessionId)).GroupBy(row => (row.Symbol, row.Depth)))
        {
            var dataType = DataType.Book(group.Key.Depth!.Value);
            var coverage = await store.GetCoverageAsync(group.Key.Symbol, dataType, cancellationToken).ConfigureAwait(false);
            var stored = coverage.Stored();
            if (stored.Count == 0)
            {
                holes.Add((Gap(group.Key.Symbol, dataType, new TimeRange(group.Min(row => row.StartTime), group.Max(row => row.EndTime))), false));
                continue;
            }

            // Before the first snapshot and after the last message there is nothing to miss, unless it is asked for.
            var (first, last) = query.SessionId is null
                ? (stored[0].StartMicroseconds, stored[^1].EndMicroseconds)
                : (UnixTime.Microseconds(group.Min(row => row.StartTime)), UnixTime.Microseconds(group.Max(row => row.EndTime)));
            if (query.SessionId is not null && stored.FirstOrDefault(range => range.EndMicroseconds > first) is { IsEmpty: false } begun && begun.StartMicroseconds <= last)
            {
                first = Math.Max(first, begun.StartMicroseconds);
            }

            var start = query.Start is { } from && !query.ByExchangeTime ? UnixTime.Microseconds(from) : first;
            var end = query.End is { } to && !query.ByExchangeTime ? UnixTime.Microseconds(to) : last;
            if (start < end)
            {
                holes.AddRange(coverage.Gaps(new TimeRange(start, end)).Select(range => (Gap(group.Key.Symbol, dataType, range), false)));
                holes.AddRange(Dropped(coverage, start, end).Select(range => (Gap(group.Key.Symbol, dataType, range), true)));
            }
        }

        if (query is { SessionId: null, ByExchangeTime: false, Start: { } asked })
        {
            // Recordings to a depth of which none is left.
            foreach (var symbol in sessions.Where(row => row.Symbol.Length > 0).GroupBy(row => row.Symbol, StringComparer.Ordinal))
            {
                foreach (var depth in depths.Where(depth => !symbol.Any(row => row.Depth == depth)))
                {
                    var coverage = await store.GetCoverageAsync(symbol.Key, DataType.Book(depth), cancellationToken).ConfigureAwait(false);
                    holes.AddRange(Dropped(coverage, UnixTime.Microseconds(asked), query.End is { } to ? UnixTime.Microseconds(to) : long.MaxValue).Select(range => (Gap(symbol.Key, DataType.Book(depth), range), true)));
                }
            }
        }

        return [.. holes.OrderBy(hole => hole.Gap.StartTime).ThenBy(hole => hole.Gap.Symbol, StringComparer.Ordinal)];
    }

    /// <summary>Where the last range ends that retention dropped of a market and that began by a moment; null where there is none.</summary>
    public static async Task<DateTimeOffset?> DroppedUntilAsync(IMarketReader store, string symbol, IReadOnlyList<int> depths, DateTimeOffset moment, CancellationToken cancellationToken)
    {
        DateTimeOffset? end = null;
        foreach (var depth in depths)
        {
            var coverage = await store.GetCoverageAsync(symbol, DataType.Book(depth), cancellationToken).ConfigureAwait(false);
            end = coverage.Where(range => range.Grade == CoverageGrade.Expired && range.Range.Start <= moment).Select(range => (DateTimeOffset?)range.Range.End).Append(end).Max();
        }

        return end;
    }

    private static DataGap Gap(string symbol, string dataType, TimeRange range) => new() { Symbol = symbol, DataType = dataType, StartTime = range.Start, EndTime = range.End };

    private static IEnumerable<TimeRange> Dropped(CoverageSet coverage, long start, long end) =>
        coverage.Overlapping(start, end).Where(range => range.Grade == CoverageGrade.Expired)
            .Select(range => new TimeRange(Math.Max(start, range.Range.StartMicroseconds), Math.Min(end, range.Range.EndMicroseconds)));
}
