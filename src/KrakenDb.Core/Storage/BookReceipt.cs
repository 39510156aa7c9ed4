namespace KrakenDb;

/// <summary>What became of the frames of a write.</summary>
internal readonly record struct BookReceipt(long Inserted, long Unchanged)
{
    public static BookReceipt operator +(BookReceipt left, BookReceipt right) => new(left.Inserted + right.Inserted, left.Unchanged + right.Unchanged);
}
