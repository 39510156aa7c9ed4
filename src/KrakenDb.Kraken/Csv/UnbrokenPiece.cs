namespace KrakenDb.Kraken;

/// <summary>The stretch of a file since the last place where a trade may be missing.</summary>
/// <param name="hasIds">Whether ranges carry their first and last trade id.</param>
internal sealed class UnbrokenPiece(bool hasIds)
{
    private readonly List<CoverageRange> _done = [];

    /// <summary>Included, microseconds; null while none is open.</summary>
    public long? Start { get; private set; }

    /// <summary>The first id since <see cref="Start"/>.</summary>
    public long? FirstId { get; private set; }

    /// <summary>Whether a range that ends at <see cref="Start"/> was given away.</summary>
    public bool IsContinued { get; private set; }

    public void Restore(PieceState state)
    {
        Start = state.Start;
        FirstId = state.FirstId;
        IsContinued = state.IsContinued;
    }

    public PieceState Save() => new(Start, FirstId, IsContinued);

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
        IsContinued = false;
    }

    /// <summary>Everything before <paramref name="end"/> is known and the piece goes on.</summary>
    public void Commit(long end, long? lastId)
    {
        // A range that begins without a trade would never learn its first id.
        if (hasIds && !HasTrade)
        {
            return;
        }

        if (Keep(end, lastId))
        {
            Start = end;
            FirstId = null;
            IsContinued = true;
        }
    }

    public List<CoverageRange> Take()
    {
        List<CoverageRange> taken = [.. _done];
        _done.Clear();
        return taken;
    }

    private bool HasTrade => FirstId is not null || IsContinued;

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
            LastTradeId = HasTrade && lastId > 0 ? lastId : null,
        });
        return true;
    }
}
