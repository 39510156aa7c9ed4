namespace KrakenDb.Kraken;

/// <summary>What a parser counts, and the rows that it rejects until somebody takes them.</summary>
internal sealed class RowLog
{
    // A batch of mostly bad rows ends early, so that memory stays bounded.
    private const int PendingMax = 10_000;
    private const int PendingBytesMax = 8 << 20;

    private List<RejectedRow> _pending = [];
    private int _pendingBytes;

    /// <summary>Lines read, header and blank ones counted.</summary>
    public long Line { get; set; }

    /// <summary>Rows read, taken or rejected.</summary>
    public long Rows { get; set; }

    public long Rejected { get; private set; }

    /// <summary>Numbers with more than ten decimals that were rounded.</summary>
    public long Rounded { get; set; }

    /// <summary>The first rejected row of the file, for the message when no row is usable.</summary>
    public RejectedRow? First { get; private set; }

    public bool IsFull => _pending.Count >= PendingMax || _pendingBytes >= PendingBytesMax;

    public void Restore(long line, long rows, long rejected, long rounded)
    {
        Line = line;
        Rows = rows;
        Rejected = rejected;
        Rounded = rounded;
    }

    public void Reject(string reason, ReadOnlySpan<byte> text, long? time, int index)
    {
        var row = new RejectedRow(Line, reason, text.ToArray(), time, index);
        First ??= row;
        _pending.Add(row);
        _pendingBytes += text.Length;
        Rejected++;
    }

    public List<RejectedRow> Take()
    {
        var taken = _pending;
        _pending = [];
        _pendingBytes = 0;
        return taken;
    }
}
