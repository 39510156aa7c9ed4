using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace KrakenDb;

/// <summary>One recording's part of a replay: bounded windows, the next one read while the consumer works on this one, and never a lock held.</summary>
internal sealed class BookSessionReplay(OrderBookHistory history, IBookArchive archive, IBookWire wire, BookReplayQuery query, long sessionId)
{
    /// <summary>Items that are handed on together.</summary>
    public const int BlockItems = 512;

    // The first is there soon; the others are large, because each begins with a search.
    private const int FirstFrames = 4_096;
    private const int MostFrames = 131_072;

    // Frames share blocks of bytes: fewer objects, and none so large that the garbage collector treats it differently.
    private const int BlockBytes = 32_768;

    private readonly Dictionary<string, BookChain> _chains = new(StringComparer.Ordinal);
    private readonly long _start = query.Start is { } from ? UnixTime.MicrosecondsCeiling(from) * 1000 : long.MinValue;
    private readonly long _end = query.End is { } to ? UnixTime.MicrosecondsCeiling(to) * 1000 : long.MaxValue;
    private byte[] _buffer = new byte[1024];
    private byte[] _block = [];
    private int _blockUsed;
    private long _time = long.MinValue;
    private ExceptionDispatchInfo? _failure;

    /// <summary>In the order of arrival; none is empty.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<BookReplayItem>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (first, last) = await archive.FindSequencesAsync(sessionId, _start, _end, query.ByExchangeTime, cancellationToken).ConfigureAwait(false);
        if (query.Verify || query.WithBooks)
        {
            await SeekAsync(first, last, cancellationToken).ConfigureAwait(false);
        }

        long window = FirstFrames;
        var next = ReadAsync(first, Math.Min(last, first + window), cancellationToken);
        for (var at = first; at < last;)
        {
            var batch = await next.ConfigureAwait(false);
            at += window;
            window = Math.Min(window * 4, MostFrames);
            next = at < last ? ReadAsync(at, Math.Min(last, at + window), cancellationToken) : next;
            for (var index = 0; index < batch.Count;)
            {
                if (Take(batch, ref index) is { IsEmpty: false } items)
                {
                    yield return items;
                }

                // After what came before it.
                _failure?.Throw();
            }

            batch.Recycle();
        }
    }

    private Task<BookBatch> ReadAsync(long from, long to, CancellationToken cancellationToken) =>
        from < to ? archive.ReadFramesAsync(sessionId, from, to, query.Symbol, cancellationToken) : Task.FromResult(new BookBatch(sessionId));

    private ReadOnlyMemory<BookReplayItem> Take(BookBatch batch, ref int index)
    {
        var items = new BookReplayItem[Math.Min(BlockItems, batch.Count - index)];
        var count = 0;
        try
        {
            for (; index < batch.Count && count < items.Length; index++)
            {
                // Frames out of the order of their times lie between the first and the last, too.
                if (Take(batch, batch.Rows[index]) is { } item)
                {
                    items[count++] = item;
                }
            }
        }
        catch (MarketStoreException exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }

        return items.AsMemory(0, count);
    }

    private BookReplayItem? Take(BookBatch batch, BookMessageRow row)
    {
        BookState? book = null;
        // A market may be subscribed again at another depth.
        if (OrderBookHistory.DepthOf(batch, row, wire) is { } depth && (!_chains.TryGetValue(row.Symbol!, out var before) || before.Book.Depth != depth))
        {
            _chains[row.Symbol!] = new BookChain(depth, wire);
        }

        if ((query.Verify || query.WithBooks) && row is { Kind: BookFrameKind.Snapshot or BookFrameKind.Update or BookFrameKind.Answer, Symbol: { } symbol } && _chains.TryGetValue(symbol, out var chain))
        {
            OrderBookHistory.Apply(chain, batch, row);
            book = query.WithBooks && chain.IsWhole && row.Kind != BookFrameKind.Answer ? OrderBookHistory.ToState(chain, sessionId, row) : null;
        }

        var time = (query.ByExchangeTime ? row.ExchangeTime : null) ?? row.ReceivedTime;
        if (time < _start || time >= _end)
        {
            return null;
        }

        // Merged by time, but never against the order of arrival.
        _time = Math.Max(_time, time);
        return new BookReplayItem { Nanoseconds = _time, Message = OrderBookHistory.ToMessage(sessionId, row, Keep(batch.Frame(row, wire, ref _buffer))), Book = book };
    }

    private ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _block.Length - _blockUsed)
        {
            if (bytes.Length > BlockBytes / 4)
            {
                return bytes.ToArray();
            }

            (_block, _blockUsed) = (GC.AllocateUninitializedArray<byte>(BlockBytes), 0);
        }

        var kept = _block.AsMemory(_blockUsed, bytes.Length);
        bytes.CopyTo(kept.Span);
        _blockUsed += bytes.Length;
        return kept;
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
