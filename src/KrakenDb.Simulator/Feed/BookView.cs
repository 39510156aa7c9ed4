namespace KrakenDb.Simulator;

/// <summary>
/// A book as one connection has it: the best levels to its depth. What an update tells is the difference between two such views, but
/// for levels that better ones pushed out: those get no delete, and are sent again when they come back.
/// </summary>
internal sealed class BookView(ListedMarket market, int depth)
{
    private readonly List<BookLevel> _askChanges = [];
    private readonly List<BookLevel> _bidChanges = [];
    private List<BookLevel> _asks = [];
    private List<BookLevel> _bids = [];
    private List<BookLevel> _askSpare = [];
    private List<BookLevel> _bidSpare = [];

    public int Depth => depth;

    public void WriteSnapshot(FrameBuffer buffer, SeededTrade? last, long nowNanoseconds)
    {
        market.Book.Fill(last, nowNanoseconds, depth, _asks, _bids);
        var time = last is { } trade ? SeededBook.LastChange(trade, nowNanoseconds) : nowNanoseconds;
        Write(buffer, "snapshot"u8, _asks, _bids, BookChecksum.Of(_asks, _bids), time);
    }

    /// <summary>False when the connection's part of the book is as it was.</summary>
    public bool TryWriteUpdate(FrameBuffer buffer, SeededTrade? last, long nowNanoseconds, bool wrongChecksum)
    {
        market.Book.Fill(last, nowNanoseconds, depth, _askSpare, _bidSpare);
        _askChanges.Clear();
        _bidChanges.Clear();
        Compare(_asks, _askSpare, descending: false, _askChanges);
        Compare(_bids, _bidSpare, descending: true, _bidChanges);
        (_asks, _askSpare) = (_askSpare, _asks);
        (_bids, _bidSpare) = (_bidSpare, _bids);
        if (_askChanges.Count == 0 && _bidChanges.Count == 0)
            return false;

        var draw = Xoshiro256.Mix(market.Pair.Spec.Seed ^ (ulong)nowNanoseconds);
        Disturb(_askChanges, draw);
        Disturb(_bidChanges, draw >> 8);
        Write(buffer, "update"u8, _askChanges, _bidChanges, BookChecksum.Of(_asks, _bids) ^ (wrongChecksum ? 1u : 0), nowNanoseconds);
        return true;
    }

    private void Compare(List<BookLevel> before, List<BookLevel> after, bool descending, List<BookLevel> changes)
    {
        var (b, a) = (0, 0);
        while (b < before.Count || a < after.Count)
        {
            var order = b == before.Count ? 1 : a == after.Count ? -1 : before[b].Ticks.CompareTo(after[a].Ticks) * (descending ? -1 : 1);
            if (order > 0)
            {
                changes.Add(after[a++]);
            }
            else if (order == 0)
            {
                if (before[b].Lots != after[a].Lots)
                    changes.Add(after[a]);
                b++;
                a++;
            }
            else
            {
                // Beyond the last of a full side: pushed out.
                if (a < after.Count || after.Count < depth)
                    changes.Add(before[b] with { Lots = 0 });
                b++;
            }
        }
    }

    /// <summary>Now and then the levels are in another order, and a price occurs twice: what comes last holds.</summary>
    private static void Disturb(List<BookLevel> changes, ulong draw)
    {
        if (changes.Count == 0)
            return;
        if ((draw & 1) == 0)
            changes.Reverse();
        if ((draw & 0x3E) != 0)
            return;

        var at = (int)((draw >> 6) % (ulong)changes.Count);
        var level = changes[at];
        changes.Insert(at, level with { Lots = level.Lots + 1 });
    }

    private void Write(FrameBuffer buffer, ReadOnlySpan<byte> type, List<BookLevel> asks, List<BookLevel> bids, uint checksum, long nanoseconds)
    {
        buffer.Text("{\"channel\":\"book\",\"type\":\""u8);
        buffer.Text(type);
        buffer.Text("\",\"data\":[{\"symbol\":\""u8);
        buffer.Text(market.Pair.SymbolText);
        buffer.Text("\",\"bids\":["u8);
        Write(buffer, bids);
        buffer.Text("],\"asks\":["u8);
        Write(buffer, asks);
        buffer.Text("],\"checksum\":"u8);
        buffer.Integer(checksum);
        buffer.Text(",\"timestamp\":"u8);
        buffer.Microseconds(nanoseconds);
        buffer.Text("}]}"u8);
    }

    private void Write(FrameBuffer buffer, List<BookLevel> levels)
    {
        var (priceDecimals, lotDecimals) = (market.Pair.PairDecimals, market.Pair.LotDecimals);
        for (var i = 0; i < levels.Count; i++)
        {
            buffer.Text(i == 0 ? "{\"price\":"u8 : ",{\"price\":"u8);
            buffer.Fixed(levels[i].Ticks, priceDecimals);
            buffer.Text(",\"qty\":"u8);
            buffer.Fixed(levels[i].Lots, lotDecimals);
            buffer.Text("}"u8);
        }
    }
}
