namespace KrakenDb.Kraken;

/// <summary>The stretch of a file since the last place where a trade may be missing.</summary>
internal sealed class UnbrokenPiece
{
    private readonly List<CoverageRange> _done = [];

    /// <summary>Included, microseconds; null while none is open.</summary>
    public long? Start { get; private set; }

    public long? FirstId { get; private set; }

    public void Restore(PieceState state)
    {
        Start = state.Start;
        FirstId = state.FirstId;
    }

    public PieceState Save() => new(Start, FirstId);

    public void Begin(long start) => Start ??= start;

    /// <summary>A trade of the piece.</summary>
    public void Add(long time, long id)
    {
        if (FirstId is null && Start <= time && id > 0)
        {
            FirstId = id;
        }
    }

    /// <summary>Nothing is known from <paramref name="end"/> on.</summary>
    public void End(long end, long? lastId)
    {
        Keep(end, lastId);
        Start = null;
        FirstId = null;
    }

    /// <summary>Everything before <paramref name="end"/> is known and the piece goes on.</summary>
    public void Commit(long end, long? lastId)
    {
        if (Keep(end, lastId))
        {
            Start = end;
            FirstId = null;
        }
    }

    public List<CoverageRange> Take()
    {
        List<CoverageRange> taken = [.. _done];
        _done.Clear();
        return taken;
    }

    private bool Keep(long end, long? lastId)
    {
        if (Start is not { } start || start >= end)
        {
            return false;
        }

        _done.Add(new CoverageRange
        {
            Range = new TimeRange(start, end),
            Source = CandleSource.TimeAndSales,
            Grade = CoverageGrade.Claimed,
            FirstTradeId = FirstId,
            LastTradeId = lastId > 0 ? lastId : null,
        });
        return true;
    }
}
