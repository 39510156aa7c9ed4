using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>A store's tables read from end to end in bounded pieces, each in an order that is the same for equal content. Holds nothing open between pieces.</summary>
internal static class StoreStreams
{
    // A multiple of the embedded engine's row group.
    private const int PieceRows = 122_880;
    private const int PageRows = 10_000;

    private static readonly long TradeWindowMin = (long)TimeSpan.FromMinutes(1).TotalMicroseconds;
    private static readonly long TradeWindowMax = (long)TimeSpan.FromDays(366).TotalMicroseconds;

    /// <summary>Candles of one interval and the times that they were looked for in, ascending. The caller disposes each batch before the next one.</summary>
    public static async IAsyncEnumerable<(CandleBatch Candles, TimeRange Range)> CandlesAsync(
        IMarketReader store, string symbol, Interval interval, TimeRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var step = PieceRows * interval.Microseconds;
        for (var at = interval.Floor(range.StartMicroseconds); at < range.EndMicroseconds; at += step)
        {
            var piece = new TimeRange(at, Math.Min(at + step, interval.Ceiling(range.EndMicroseconds)));
            yield return (await store.ReadCandlesAsync(symbol, interval, interval, piece, cancellationToken).ConfigureAwait(false), piece);
        }
    }

    /// <summary>Trades by windows of time, ascending in id within each; <c>IsLast</c> marks the last piece of a window.</summary>
    public static async IAsyncEnumerable<(TradeBatch Trades, TimeRange Window, bool IsLast)> TradesAsync(
        IMarketReader store, string symbol, TimeRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var width = (long)TimeSpan.FromHours(1).TotalMicroseconds;
        for (var at = range.StartMicroseconds; at < range.EndMicroseconds;)
        {
            var window = new TimeRange(at, Math.Min(at + width, range.EndMicroseconds));
            long afterId = 0;
            long rows = 0;
            TradeBatch batch;
            do
            {
                batch = await store.ReadTradesAsync(symbol, window, afterId, PieceRows, cancellationToken).ConfigureAwait(false);
                rows += batch.Count;
                afterId = batch.Count > 0 ? batch.Id[batch.Count - 1] : afterId;
                yield return (batch, window, batch.Count < PieceRows);
            }
            while (batch.Count == PieceRows);

            at = window.EndMicroseconds;
            width = rows switch
            {
                > PieceRows / 2 => Math.Max(width / 2, TradeWindowMin),
                < PieceRows / 8 => Math.Min(width * 2, TradeWindowMax),
                _ => width,
            };
        }
    }

    /// <summary>Rows in the order of the key, behind <paramref name="after"/>.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<string?[]>> PagesAsync(
        ITableStore store, StoreTable table, string[]? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<string?[]> page;
        do
        {
            page = await store.ReadRowsAsync(table, after, PageRows, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0)
            {
                break;
            }

            after = table.KeyOf(page[^1]);
            yield return page;
        }
        while (page.Count == PageRows);
    }

    /// <summary>Rows in the order of the key.</summary>
    public static async IAsyncEnumerable<string?[]> RowsAsync(ITableStore store, StoreTable table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(store, table, after: null, cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in page)
            {
                // What a copy under way remembers is not part of what is copied.
                if (table != StoreTables.Cursors || !row[0]!.StartsWith(StoreCopy.CursorPrefix, StringComparison.Ordinal))
                {
                    yield return row;
                }
            }
        }
    }
}
