namespace KrakenDb;

/// <summary>
/// Applies the policies of a store: symbol by symbol, a week per transaction, oldest first; of order books a recording per transaction. What is killed between two
/// steps is consistent, and the next run goes on. Before minutes go, the rollups that are kept longer are stored.
/// </summary>
internal static class RetentionRun
{
    /// <summary>What a run has dropped of one data type of one symbol (empty for frames of connections that are of no symbol).</summary>
    public sealed record Line(string Symbol, string DataType, DateTimeOffset Edge, ExpiredRows Rows);

    /// <param name="store">Of any engine.</param>
    /// <param name="now">What ages count from.</param>
    /// <param name="createWire">How the exchange writes order books.</param>
    /// <param name="cancellationToken"></param>
    /// <returns>One line per symbol and data type where something was dropped.</returns>
    public static async Task<IReadOnlyList<Line>> RunAsync(IMarketStore store, DateTimeOffset now, Func<IBookWire> createWire, CancellationToken cancellationToken)
    {
        var policies = await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false);
        if (policies.Count == 0)
        {
            return [];
        }

        // Views that are behind their minutes would stay so for ever.
        await store.RefreshRollupsAsync(range: null, cancellationToken).ConfigureAwait(false);
        var lines = new List<Line>();
        var minutesFirst = policies.OrderBy(policy => DataType.CandleInterval(policy.DataType)?.Minutes ?? int.MaxValue);
        foreach (var policy in minutesFirst)
        {
            var edge = policy.Edge(now);
            if (policy.DataType == DataType.Books)
            {
                lines.AddRange(await ExpireBooksAsync(BookArchive.Of(store), UnixTime.ToDateTimeOffset(edge), createWire, cancellationToken).ConfigureAwait(false));
                continue;
            }

            foreach (var symbol in await store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false))
            {
                var rows = await ExpireAsync(store, symbol, policy, edge, cancellationToken).ConfigureAwait(false);
                if (rows != default)
                {
                    lines.Add(new Line(symbol, policy.DataType, UnixTime.ToDateTimeOffset(edge), rows));
                }
            }
        }

        return lines;
    }

    private static async Task<IEnumerable<Line>> ExpireBooksAsync(IBookArchive archive, DateTimeOffset edge, Func<IBookWire> createWire, CancellationToken cancellationToken)
    {
        var sessions = await BookFrames.SessionsAsync(archive, cancellationToken).ConfigureAwait(false);
        var dropped = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var session in sessions.Where(session => BookExpiry.IsDue(session, edge)).OrderBy(session => session.Max(row => row.EndTime)).ThenBy(session => session[0].SessionId))
        {
            foreach (var (symbol, messages) in await archive.ExpireAsync(session[0].SessionId, edge, createWire, cancellationToken).ConfigureAwait(false))
            {
                dropped[symbol] = dropped.GetValueOrDefault(symbol) + messages;
            }
        }

        return dropped.Select(entry => new Line(entry.Key, DataType.Books, edge, new ExpiredRows(entry.Value, 0)));
    }

    private static async Task<ExpiredRows> ExpireAsync(IMarketStore store, string symbol, RetentionPolicy policy, long edge, CancellationToken cancellationToken)
    {
        var sum = default(ExpiredRows);
        while (await NextEndAsync(store, symbol, policy, edge, cancellationToken).ConfigureAwait(false) is { } end)
        {
            var step = await store.ExpireAsync(symbol, policy.DataType, UnixTime.ToDateTimeOffset(end), cancellationToken).ConfigureAwait(false);
            sum = new ExpiredRows(sum.Dropped + step.Dropped, sum.Kept + step.Kept);
        }

        return sum;
    }

    // Null where everything before the edge is gone and marked so.
    private static async Task<long?> NextEndAsync(IMarketStore store, string symbol, RetentionPolicy policy, long edge, CancellationToken cancellationToken)
    {
        var status = (await store.GetSyncStatusAsync(symbol, cancellationToken).ConfigureAwait(false)).FirstOrDefault(row => row.DataType == policy.DataType);
        if (status is not null && UnixTime.Microseconds(status.OldestTimestamp) is var oldest && oldest < edge)
        {
            return Math.Min(edge, policy.StepEnd(oldest));
        }

        var coverage = await store.GetCoverageAsync(symbol, policy.DataType, cancellationToken).ConfigureAwait(false);
        if (status is null && coverage.Count == 0)
        {
            return null;
        }

        var wanted = await store.GetWantedFromAsync(symbol, cancellationToken).ConfigureAwait(false) is { } from ? UnixTime.Microseconds(from) : edge;
        var first = Math.Min(wanted, coverage.Count > 0 ? coverage[0].Range.StartMicroseconds : edge);
        var isDone = first >= edge || (coverage.Count > 0 && coverage[0].Grade == CoverageGrade.Expired && coverage[0].Range.StartMicroseconds <= first && coverage[0].Range.EndMicroseconds >= edge);
        return isDone ? null : edge;
    }
}
