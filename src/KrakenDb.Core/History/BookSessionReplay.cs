using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>One recording's part of a replay: bounded windows, the next one read while the consumer works on this one, and never a lock held.</summary>
internal sealed class BookSessionReplay(OrderBookHistory history, IBookArchive archive, IBookWire wire, BookReplayQuery query, long sessionId)
{
    private readonly Dictionary<string, BookChain> _chains = new(StringComparer.Ordinal);
    private readonly BookFrame _frame = new();
    private byte[] _buffer = new byte[1024];
    private long _time = long.MinValue;

    public async IAsyncEnumerable<BookReplayItem> ReadAsync(int window, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = query.Start is { } from ? UnixTime.MicrosecondsCeiling(from) * 1000 : long.MinValue;
        var end = query.End is { } to ? UnixTime.MicrosecondsCeiling(to) * 1000 : long.MaxValue;
        var (first, last) = await archive.FindSequencesAsync(sessionId, start, end, query.ByExchangeTime, cancellationToken).ConfigureAwait(false);
        if (query.Verify || query.WithBooks)
        {
            await SeekAsync(first, last, cancellationToken).ConfigureAwait(false);
        }

        var next = ReadAsync(first, Math.Min(last, first + window), cancellationToken);
        for (var at = first; at < last; at += window)
        {
            var batch = await next.ConfigureAwait(false);
            next = at + window < last ? ReadAsync(at + window, Math.Min(last, at + (2L * window)), cancellationToken) : next;
            for (var index = 0; index < batch.Count; index++)
            {
                // Frames out of the order of their times lie between the first and the last, too.
                if (Take(batch, index, start, end) is { } item)
                {
                    yield return item;
                }
            }
        }
    }

    private Task<BookBatch> ReadAsync(long from, long to, CancellationToken cancellationToken) =>
        from < to ? archive.ReadFramesAsync(sessionId, from, to, query.Symbol, cancellationToken) : Task.FromResult(new BookBatch(sessionId));

    private BookReplayItem? Take(BookBatch batch, int index, long start, long end)
    {
        ref readonly var row = ref batch.Rows[index];
        BookState? book = null;
        if (row is { Kind: BookFrameKind.Answer, Symbol: { } answered })
        {
            // A market may be subscribed again at another depth.
            wire.Read(batch.Frame(row, wire, ref _buffer), _frame);
            if (_frame.Depth is { } depth && (!_chains.TryGetValue(answered, out var before) || before.Book.Depth != depth))
            {
                _chains[answered] = new BookChain(depth, wire);
            }
        }

        if ((query.Verify || query.WithBooks) && row is { Kind: BookFrameKind.Snapshot or BookFrameKind.Update or BookFrameKind.Answer, Symbol: { } symbol } && _chains.TryGetValue(symbol, out var chain))
        {
            OrderBookHistory.Apply(chain, batch, row);
            book = query.WithBooks && chain.IsWhole && row.Kind != BookFrameKind.Answer ? OrderBookHistory.ToState(chain, sessionId, row) : null;
        }

        var time = (query.ByExchangeTime ? row.ExchangeTime : null) ?? row.ReceivedTime;
        if (time < start || time >= end)
        {
            return null;
        }

        // Merged by time, but never against the order of arrival.
        _time = Math.Max(_time, time);
        return new BookReplayItem { Nanoseconds = _time, Message = OrderBookHistory.ToMessage(batch, row, wire, ref _buffer), Book = book };
    }

    // A replay that begins within a recording continues from the book of that moment.
    private async Task SeekAsync(long first, long last, CancellationToken cancellationToken)
    {
        foreach (var session in await archive.GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (session.SessionId == sessionId && session.Depth is not null && session.FirstSequence < last && (query.Symbol is null || query.Symbol == session.Symbol))
            {
                var (chain, _) = await history.SeekAsync(session, long.MaxValue, byExchangeTime: false, first, cancellationToken).ConfigureAwait(false);
                _chains[session.Symbol] = chain;
            }
        }
    }
}
