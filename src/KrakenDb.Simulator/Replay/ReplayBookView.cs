namespace KrakenDb.Simulator;

/// <summary>
/// A recorded book as one connection is sent it. Where the depth is the recorded one, frames go out as they came; of a deeper recording the messages of the smaller depth are made,
/// with the same checksum, which is of the ten best prices a side.
/// </summary>
internal sealed class ReplayBookView(ReplayBook book, int depth)
{
    private readonly List<WireLevel> _bidChanges = [];
    private readonly List<WireLevel> _askChanges = [];
    private WireLevel[] _bids = [];
    private WireLevel[] _asks = [];
    private byte[] _buffer = new byte[1024];
    private bool _isKnown;

    public int Depth => depth;

    /// <summary>The book of this moment, where it is known; else the next recorded snapshot is the first message.</summary>
    public void Start(FeedWriter writer)
    {
        _isKnown = book.Chain is { IsWhole: true };
        if (_isKnown)
            SendSnapshot(writer);
    }

    public void Send(FeedWriter writer, ReplayBookEvent happened)
    {
        switch (happened)
        {
            case ReplayBookEvent.Opened:
                Start(writer);
                break;
            case ReplayBookEvent.Snapshot when book.Depth == depth:
                _isKnown = true;
                writer.Send(book.Raw);
                break;
            case ReplayBookEvent.Snapshot:
                Start(writer);
                break;
            case ReplayBookEvent.Update when _isKnown && book.Depth == depth:
                writer.Send(book.Raw);
                break;
            case ReplayBookEvent.Update when _isKnown && book.Chain!.IsWhole:
                SendChanges(writer);
                break;
            case ReplayBookEvent.Update:
                _isKnown = false;
                break;
        }
    }

    private static ReadOnlySpan<WireLevel> Cut(ReadOnlySpan<WireLevel> levels, int depth) => levels[..Math.Min(depth, levels.Length)];

    private void SendSnapshot(FeedWriter writer)
    {
        _bids = Cut(book.Chain!.Book.Bids, depth).ToArray();
        _asks = Cut(book.Chain.Book.Asks, depth).ToArray();
        Send(writer, BookFrameKind.Snapshot, _bids, _asks);
    }

    private void SendChanges(FeedWriter writer)
    {
        var bids = Cut(book.Chain!.Book.Bids, depth);
        var asks = Cut(book.Chain.Book.Asks, depth);
        _bidChanges.Clear();
        _askChanges.Clear();
        Compare(_bids, bids, descending: true, _bidChanges);
        Compare(_asks, asks, descending: false, _askChanges);
        (_bids, _asks) = (bids.ToArray(), asks.ToArray());
        if (_bidChanges.Count + _askChanges.Count > 0)
            Send(writer, BookFrameKind.Update, [.. _bidChanges], [.. _askChanges]);
    }

    /// <summary>What lies beyond the last of a full side was pushed out and gets no delete.</summary>
    private void Compare(ReadOnlySpan<WireLevel> before, ReadOnlySpan<WireLevel> after, bool descending, List<WireLevel> changes)
    {
        var (b, a) = (0, 0);
        while (b < before.Length || a < after.Length)
        {
            var order = b == before.Length ? 1 : a == after.Length ? -1 : before[b].ComparePrice(after[a]) * (descending ? -1 : 1);
            if (order > 0)
            {
                changes.Add(after[a++]);
            }
            else if (order == 0)
            {
                if (!before[b++].Equals(after[a++]))
                    changes.Add(after[a - 1]);
            }
            else
            {
                if (a < after.Length || after.Length < depth)
                    changes.Add(new WireLevel(before[b].PriceDigits, before[b].PriceDecimals, 0, before[b].QuantityDecimals));
                b++;
            }
        }
    }

    private void Send(FeedWriter writer, BookFrameKind kind, ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks)
    {
        var length = book.Wire.Write(kind, book.Symbol, bids, asks, book.Chain!.Computed, book.Time, ref _buffer);
        writer.Send(_buffer.AsSpan(0, length));
    }
}
