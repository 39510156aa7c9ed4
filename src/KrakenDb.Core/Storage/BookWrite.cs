namespace KrakenDb;

/// <summary>What one transaction adds to the recording of one connection.</summary>
internal sealed record BookWrite
{
    /// <summary>Ascending in sequence. Frames whose sequence is stored already change nothing.</summary>
    public required BookBatch Batch { get; init; }

    public required string Source { get; init; }

    public ulong ConnectionId { get; init; }

    /// <summary>Subscribed depths by symbol.</summary>
    public IReadOnlyDictionary<string, int> Depths { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    public IReadOnlyList<BookKeyframe> Keyframes { get; init; } = [];

    public IReadOnlyList<BookIncident> Incidents { get; init; } = [];

    /// <summary>Ranges in which the frames of this write, with those of earlier ones, are an unbroken chain of checksums.</summary>
    public IReadOnlyList<(string Symbol, string DataType, CoverageRange Range)> Covered { get; init; } = [];

    /// <summary>Two writes of about half the frames each. They cover nothing: whether the chain is unbroken is not known of a part.</summary>
    public (BookWrite First, BookWrite Second) Halves()
    {
        var half = Batch.Count / 2;
        var second = Batch.Rows[half].Sequence;
        return (Part(0, half, sequence => sequence < second), Part(half, Batch.Count, sequence => sequence >= second));
    }

    private BookWrite Part(int start, int end, Func<long, bool> has)
    {
        var batch = new BookBatch(Batch.SessionId);
        foreach (ref readonly var row in Batch.Rows[start..end])
        {
            batch.Add(row, Batch.Bids(row), Batch.Asks(row), Batch.Text(row));
        }

        return this with
        {
            Batch = batch,
            Keyframes = [.. Keyframes.Where(keyframe => has(keyframe.Sequence))],
            Incidents = [.. Incidents.Where(incident => has(incident.Sequence))],
            Covered = [],
        };
    }
}
