namespace KrakenDb;

/// <summary>
/// Both sides of a market to a depth, as plain sorted arrays, best price first: with at most 1,000 prices a side a shift of some kilobytes is faster than any tree.
/// No thread, no clock, and after the first messages no allocation.
/// </summary>
internal sealed class OrderBook
{
    private Side _bids;
    private Side _asks;

    /// <param name="depth">Prices a side that the exchange was asked for; what lies deeper is dropped after every message.</param>
    public OrderBook(int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        Depth = depth;
        _bids = new Side(depth, isBid: true);
        _asks = new Side(depth, isBid: false);
    }

    public int Depth { get; }

    /// <summary>Descending in price; valid until the next change.</summary>
    public ReadOnlySpan<WireLevel> Bids => _bids.Levels;

    /// <summary>Ascending in price; valid until the next change.</summary>
    public ReadOnlySpan<WireLevel> Asks => _asks.Levels;

    /// <summary>Whether somebody would buy for at least what somebody sells for: a market that trades never shows this.</summary>
    public bool IsCrossed => Bids.Length > 0 && Asks.Length > 0 && Bids[0].ComparePrice(Asks[0]) >= 0;

    public void Clear()
    {
        _bids.Count = 0;
        _asks.Count = 0;
    }

    /// <summary>Puts a snapshot in place of what was there.</summary>
    public void Replace(ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks)
    {
        Clear();
        Apply(bids, asks);
    }

    /// <summary>
    /// Applies one message: its levels in their order, for one price may come twice; a quantity of zero removes, any other stands for what was there. Only then are both
    /// sides cut to the depth, because the exchange sends no removal for what is pushed out.
    /// </summary>
    public void Apply(ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks)
    {
        foreach (ref readonly var level in bids)
        {
            _bids.Set(level);
        }

        foreach (ref readonly var level in asks)
        {
            _asks.Set(level);
        }

        _bids.Count = Math.Min(_bids.Count, Depth);
        _asks.Count = Math.Min(_asks.Count, Depth);
    }

    private struct Side(int depth, bool isBid)
    {
        // Twice the depth takes nearly every message that adds before it is cut.
        private WireLevel[] _levels = new WireLevel[(2 * depth) + 8];

        public int Count;

        public readonly ReadOnlySpan<WireLevel> Levels => _levels.AsSpan(0, Count);

        public void Set(in WireLevel level)
        {
            var (low, high) = (0, Count);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                var order = level.ComparePrice(_levels[middle]);
                if (order == 0)
                {
                    Change(middle, level);
                    return;
                }

                if (order > 0 == isBid)
                {
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }

            // Removing a price that is not there was never seen, and means nothing.
            if (!level.IsRemoval)
            {
                Insert(low, level);
            }
        }

        private void Change(int at, in WireLevel level)
        {
            if (!level.IsRemoval)
            {
                _levels[at] = level;
                return;
            }

            Count--;
            Array.Copy(_levels, at + 1, _levels, at, Count - at);
        }

        private void Insert(int at, in WireLevel level)
        {
            if (Count == _levels.Length)
            {
                Array.Resize(ref _levels, Count * 2);
            }

            Array.Copy(_levels, at, _levels, at + 1, Count - at);
            _levels[at] = level;
            Count++;
        }
    }
}
