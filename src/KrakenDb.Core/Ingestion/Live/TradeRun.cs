namespace KrakenDb;

/// <summary>Stored trades whose ids follow one another. Times are microseconds since 1970 UTC.</summary>
/// <param name="FirstId">The lowest id.</param>
/// <param name="LastId">The highest id.</param>
/// <param name="Start">Everything from here on is stored.</param>
/// <param name="End">Everything before this is stored: the time of the last trade, whose own microsecond may hold more, or a later one that is known to be quiet.</param>
/// <param name="LastBeforeEnd">The highest id before <paramref name="End"/>.</param>
internal readonly record struct TradeRun(long FirstId, long LastId, long Start, long End, long LastBeforeEnd)
{
    /// <summary>A single trade proves nothing: others may share its microsecond. Such a run ends before it starts.</summary>
    public static TradeRun Of(long id, long microseconds) => new(id, id, microseconds + 1, microseconds, id - 1);

    /// <summary>With the trade that has the next id.</summary>
    public TradeRun With(long microseconds) => microseconds > End ? this with { LastId = LastId + 1, End = microseconds, LastBeforeEnd = LastId }
        : microseconds == End ? this with { LastId = LastId + 1 }
        : this with { LastId = LastId + 1, LastBeforeEnd = LastId + 1 };

    /// <summary>Two runs that overlap or follow one another.</summary>
    public static TradeRun Join(TradeRun left, TradeRun right)
    {
        var (lower, upper) = (left.LastId, left.End).CompareTo((right.LastId, right.End)) <= 0 ? (left, right) : (right, left);
        return new TradeRun(
            Math.Min(lower.FirstId, upper.FirstId),
            upper.LastId,
            Math.Min(lower.Start, upper.Start),
            Math.Max(lower.End, upper.End),
            upper.End < lower.End ? upper.LastId
            : upper.End == lower.End && upper.Start > upper.End ? lower.LastBeforeEnd
            : upper.LastBeforeEnd);
    }
}
