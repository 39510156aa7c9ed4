using System.Collections.Immutable;

namespace KrakenDb;

/// <summary>
/// What the ids of one symbol's stored trades prove, whatever the order in which they came: neighbours in id are neighbours in time, so nothing is missing
/// between them. Immutable: the next chain counts only when the rows that made it are committed.
/// </summary>
internal sealed class TradeChain
{
    // Each hole that stays (ids that the exchange never used) adds one; older ones are in the ledger.
    private const int RunsMax = 64;

    private readonly ImmutableArray<TradeRun> _runs;

    private TradeChain(ImmutableArray<TradeRun> runs) => _runs = runs;

    public static TradeChain Empty { get; } = new([]);

    /// <summary>The highest run; null before the first trade.</summary>
    public TradeRun? Head => _runs.Length > 0 ? _runs[^1] : null;

    public IReadOnlyList<TradeRun> Runs => _runs;

    /// <summary>Ascending.</summary>
    public IEnumerable<TradeHole> Holes()
    {
        for (var index = 1; index < _runs.Length; index++)
        {
            var (lower, upper) = (_runs[index - 1], _runs[index]);
            yield return new TradeHole(lower.End, Math.Max(lower.End, upper.Start), lower.LastBeforeEnd, lower.LastId + 1, upper.FirstId - 1);
        }
    }

    /// <summary>The chain after trades were stored.</summary>
    /// <param name="trades">Ascending and unique in id.</param>
    public TradeChainStep After(TradeBatch trades)
    {
        var work = Work();
        var touched = new SortedSet<long>();
        var at = 0;
        for (var index = 0; index < trades.Count; index++)
        {
            var (id, time) = (trades.Id[index], HistoricalTrade.FloorDivide(trades.TimestampNanoseconds[index], 1000));
            while (at < work.Count && work[at].Run.LastId < id - 1)
            {
                at++;
            }

            if (at < work.Count && work[at].Run.FirstId <= id)
            {
                var link = work[at];
                if (time < link.Run.End)
                {
                    // Stored already, or late: its minute may be built already.
                    touched.Add(Interval.Minute.Floor(time));
                }

                if (link.Run.LastId >= id)
                {
                    continue;
                }

                work[at] = link with { Run = link.Run.With(time), LastClaimed = time < link.ClaimedTo ? id : link.LastClaimed };
            }
            else
            {
                work.Insert(at, new Link(TradeRun.Of(id, time), time + 1, id));
                touched.Add(Interval.Minute.Floor(time));
            }

            if (at + 1 < work.Count && work[at + 1].Run.FirstId == work[at].Run.LastId + 1)
            {
                work[at] = Join(work[at], work[at + 1]);
                work.RemoveAt(at + 1);
            }
        }

        return Step(work, touched);
    }

    /// <summary>The chain with what the store knows to be proven: other writers may have closed holes.</summary>
    public TradeChainStep Learn(CoverageSet coverage)
    {
        var work = Work();
        foreach (var range in coverage.Where(range => range is { Grade: CoverageGrade.Proven, LastTradeId: not null }).TakeLast(RunsMax))
        {
            var last = range.LastTradeId!.Value;
            var run = new TradeRun(Math.Min(range.FirstTradeId ?? last, last), last, range.Range.StartMicroseconds, range.Range.EndMicroseconds, last);
            var link = new Link(run, run.End, last);
            var at = 0;
            while (at < work.Count && work[at].Run.LastId < link.Run.FirstId - 1)
            {
                at++;
            }

            while (at < work.Count && work[at].Run.FirstId <= link.Run.LastId + 1)
            {
                link = Join(work[at], link);
                work.RemoveAt(at);
            }

            work.Insert(at, link);
        }

        return Step(work, []);
    }

    private static Link Join(Link left, Link right)
    {
        var (lower, upper) = (left.Run.LastId, left.Run.End).CompareTo((right.Run.LastId, right.Run.End)) <= 0 ? (left, right) : (right, left);
        var run = TradeRun.Join(lower.Run, upper.Run);
        var isClaimed = lower.ClaimedTo >= lower.Run.End && lower.ClaimedTo >= upper.Run.Start;
        return !isClaimed ? new Link(run, lower.ClaimedTo, lower.LastClaimed)
            : upper.ClaimedTo >= lower.ClaimedTo ? new Link(run, upper.ClaimedTo, upper.LastClaimed)
            : new Link(run, lower.ClaimedTo, run.LastId);
    }

    private static TradeChainStep Step(List<Link> work, SortedSet<long> touched)
    {
        var proven = new List<CoverageRange>();
        foreach (var link in work)
        {
            if (link.Run.End > link.ClaimedTo)
            {
                proven.Add(new CoverageRange
                {
                    Range = new TimeRange(link.ClaimedTo, link.Run.End),
                    Source = CandleSource.ProvenTrades,
                    Grade = CoverageGrade.Proven,
                    FirstTradeId = link.LastClaimed < link.Run.LastBeforeEnd ? link.LastClaimed + 1 : null,
                    LastTradeId = link.Run.LastBeforeEnd,
                });
            }
        }

        var runs = work.Skip(work.Count - RunsMax).Select(link => link.Run);
        IReadOnlyList<TimeRange> minutes =
        [
            .. proven.Select(range => range.Range),
            .. touched.Select(minute => new TimeRange(minute, minute + UnixTime.MicrosecondsPerMinute)),
        ];
        return new TradeChainStep(new TradeChain([.. runs]), proven, minutes);
    }

    private List<Link> Work() => [.. _runs.Select(run => run.Start > run.End ? new Link(run, run.Start, run.LastId) : new Link(run, run.End, run.LastBeforeEnd))];

    // What of a run is in the ledger: everything before a time, up to an id.
    private readonly record struct Link(TradeRun Run, long ClaimedTo, long LastClaimed);
}

/// <summary>What one write adds to a chain.</summary>
/// <param name="Chain">Holds after the commit.</param>
/// <param name="Proven">What the write covers.</param>
/// <param name="Minutes">Where candles have to be built, or built again.</param>
internal sealed record TradeChainStep(TradeChain Chain, IReadOnlyList<CoverageRange> Proven, IReadOnlyList<TimeRange> Minutes);
