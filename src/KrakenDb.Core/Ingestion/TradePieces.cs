namespace KrakenDb;

/// <summary>What a page of trades proves: ranges without a hole between ids that do not follow one another.</summary>
/// <param name="trades">Of the page, ascending in id.</param>
/// <param name="before">The last trade of the page before.</param>
internal sealed class TradePieces(TradeBatch trades, (long Id, long Microseconds)? before)
{
    private readonly List<CoverageRange> _covered = [];
    private long _start;

    public IReadOnlyList<CoverageRange> Covered => _covered;

    /// <summary>Where the next page goes on.</summary>
    public long CoveredTo => _start;

    /// <summary>Time of the last trade, microseconds.</summary>
    public long LastTime => trades.Count > 0 ? trades[trades.Count - 1].TimestampMicroseconds : before?.Microseconds ?? _start;

    public void Begin(long start) => _start = start;

    /// <summary>Leaves out what lies between the neighbours of ids that are missing, their own microseconds included.</summary>
    public void Break(long firstMissing, long lastMissing)
    {
        var above = trades.Id.AsSpan(0, trades.Count).BinarySearch(lastMissing + 1);
        var below = trades.Id.AsSpan(0, trades.Count).BinarySearch(firstMissing - 1);
        var aboveTime = trades[above].TimestampMicroseconds;
        var belowTime = below >= 0 ? trades[below].TimestampMicroseconds : before?.Microseconds ?? _start;
        Add(Math.Min(belowTime, aboveTime));
        _start = Math.Max(_start, Math.Max(belowTime, aboveTime) + 1);
    }

    /// <summary>Covers up to the last trade, whose own microsecond may hold more; or to <paramref name="known"/> where that is later.</summary>
    public void End(long known) => Add(Math.Max(LastTime, known));

    private void Add(long end)
    {
        if (end <= _start)
        {
            return;
        }

        var (first, last, next) = ((long?)null, (long?)null, (long?)null);
        if (before is { } previous && previous.Microseconds < end)
        {
            (first, last) = (previous.Microseconds >= _start ? previous.Id : null, previous.Id);
        }

        for (var index = 0; index < trades.Count; index++)
        {
            var (id, time) = (trades.Id[index], trades[index].TimestampMicroseconds);
            if (time >= end)
            {
                next ??= id;
                continue;
            }

            last = last is { } higher ? Math.Max(higher, id) : id;
            first = time < _start ? first : first is { } lower ? Math.Min(lower, id) : id;
        }

        // A range without a trade: what comes next tells what was before. Without an id a range joins nothing.
        last ??= before?.Id ?? (next > 1 ? next - 1 : null);

        _covered.Add(new CoverageRange
        {
            Range = new TimeRange(_start, end),
            Source = CandleSource.ProvenTrades,
            Grade = CoverageGrade.Proven,
            FirstTradeId = first,
            LastTradeId = last,
        });
        _start = end;
    }
}
