namespace KrakenDb;

/// <summary>The book of one symbol through its messages, each proven by its checksum, from a snapshot until one fails.</summary>
internal sealed class BookChain(int depth, IBookWire wire)
{
    private bool _hasSnapshot;

    public OrderBook Book { get; } = new(depth);

    /// <summary>Whether every message since the last snapshot was verified.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The checksum that our book had after the last message.</summary>
    public uint Computed { get; private set; }

    public BookVerdict Apply(bool isSnapshot, ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks, uint? checksum)
    {
        if (isSnapshot)
        {
            Book.Replace(bids, asks);
            _hasSnapshot = true;
        }
        else if (!IsWhole)
        {
            return _hasSnapshot ? BookVerdict.AfterBreak : BookVerdict.NoSnapshot;
        }
        else
        {
            Book.Apply(bids, asks);
        }

        Computed = wire.Checksum(Book);
        IsWhole = checksum == Computed;
        return IsWhole ? BookVerdict.Verified : checksum is null ? BookVerdict.NoChecksum : BookVerdict.Mismatch;
    }

    /// <summary>Begins from a stored state; false where it is not the book of that checksum.</summary>
    public bool TryResume(ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks, uint checksum) =>
        Apply(isSnapshot: true, bids, asks, checksum) == BookVerdict.Verified;

    /// <summary>The messages are not continuous: nothing is known until the next snapshot.</summary>
    public void Break()
    {
        IsWhole = false;
        _hasSnapshot = false;
    }
}
