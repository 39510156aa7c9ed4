using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>Trades of a range page by page, ascending in id, so that a page costs the same wherever it lies: each begins in time where the one before ended.</summary>
internal static class TradePages
{
    /// <summary>Ids rise with time; where two do not, their times lie no further apart than this. (REST and WebSocket differ by microseconds.)</summary>
    public static readonly long DisorderMicroseconds = (long)TimeSpan.FromMinutes(10).TotalMicroseconds;

    public static async IAsyncEnumerable<TradeBatch> ReadAsync(IMarketReader store, string symbol, TimeRange range, int pageSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long afterId = 0;
        while (true)
        {
            var page = await store.ReadTradesAsync(symbol, range, afterId, pageSize, cancellationToken).ConfigureAwait(false);
            if (page.Count > 0)
            {
                afterId = page.Id[page.Count - 1];
                range = new TimeRange(Math.Max(range.StartMicroseconds, page[page.Count - 1].TimestampMicroseconds - DisorderMicroseconds), range.EndMicroseconds);
                yield return page;
            }

            if (page.Count < pageSize)
            {
                yield break;
            }
        }
    }
}
