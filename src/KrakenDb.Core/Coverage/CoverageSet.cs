using System.Collections;

namespace KrakenDb;

/// <summary>
/// What is stored of one data type of one symbol: disjoint ranges in ascending order, touching ranges of equal source and grade joined.
/// At each instant the greatest (grade, source) wins, so that sets do not depend on the order in which ranges were added. Immutable.
/// Where two ranges touch, the lesser one's trade id at that end is left out: it may have been cut there.
/// </summary>
public sealed class CoverageSet : IReadOnlyList<CoverageRange>, IEquatable<CoverageSet>
{
    private readonly CoverageRange[] _ranges;

    private CoverageSet(CoverageRange[] ranges) => _ranges = ranges;

    public static CoverageSet Empty { get; } = new([]);

    public int Count => _ranges.Length;

    public CoverageRange this[int index] => _ranges[index];

    /// <summary>The set of any ranges, overlapping or not.</summary>
    public static CoverageSet Of(IEnumerable<CoverageRange> ranges) => Build([.. ranges]);

    /// <summary>The union with <paramref name="range"/>.</summary>
    public CoverageSet Add(CoverageRange range) => Build([.. _ranges, range]);

    /// <summary>The union with all of <paramref name="ranges"/>, at the cost of one.</summary>
    public CoverageSet Add(IEnumerable<CoverageRange> ranges) => Build([.. _ranges, .. ranges]);

    /// <summary>The union of both.</summary>
    public CoverageSet Union(CoverageSet other) => other.Count == 0 ? this : Build([.. _ranges, .. other._ranges]);

    /// <summary>This set without <paramref name="removed"/>: for rows that were dropped or refused.</summary>
    public CoverageSet Subtract(TimeRange removed)
    {
        if (removed.IsEmpty)
        {
            return this;
        }

        var kept = new List<CoverageRange>(_ranges.Length + 1);
        foreach (var range in _ranges)
        {
            if (!range.Range.Overlaps(removed))
            {
                kept.Add(range);
                continue;
            }

            AddPiece(kept, range, range.Range.StartMicroseconds, removed.StartMicroseconds);
            AddPiece(kept, range, removed.EndMicroseconds, range.Range.EndMicroseconds);
        }

        return new CoverageSet([.. kept]);
    }

    /// <summary>Whether data of the whole range are stored (claimed or proven; expired is not stored). An empty range is covered.</summary>
    public bool Covers(TimeRange range) => Covers(range.StartMicroseconds, range.EndMicroseconds);

    /// <summary>The parts of <paramref name="wanted"/> that are neither stored nor expired, ascending.</summary>
    public IReadOnlyList<TimeRange> Gaps(TimeRange wanted)
    {
        var gaps = new List<TimeRange>();
        var at = wanted.StartMicroseconds;
        for (var index = FirstEndingAfter(at); index < _ranges.Length && _ranges[index].Range.StartMicroseconds < wanted.EndMicroseconds; index++)
        {
            var range = _ranges[index].Range;
            if (range.StartMicroseconds > at)
            {
                gaps.Add(new TimeRange(at, range.StartMicroseconds));
            }

            at = Math.Max(at, range.EndMicroseconds);
        }

        if (at < wanted.EndMicroseconds)
        {
            gaps.Add(new TimeRange(at, wanted.EndMicroseconds));
        }

        return gaps;
    }

    /// <summary>Covered ranges whatever their source and grade, joined; expired ranges left out.</summary>
    public IReadOnlyList<TimeRange> Stored()
    {
        var stored = new List<TimeRange>();
        foreach (var range in _ranges)
        {
            if (range.Grade == CoverageGrade.Expired)
            {
                continue;
            }

            if (stored.Count > 0 && stored[^1].EndMicroseconds == range.Range.StartMicroseconds)
            {
                stored[^1] = new TimeRange(stored[^1].StartMicroseconds, range.Range.EndMicroseconds);
            }
            else
            {
                stored.Add(range.Range);
            }
        }

        return stored;
    }

    public IEnumerator<CoverageRange> GetEnumerator() => ((IEnumerable<CoverageRange>)_ranges).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(CoverageSet? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as CoverageSet);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var range in _ranges)
        {
            hash.Add(range);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(' ', _ranges.Select(range => $"{range.Range} {range.Source} {range.Grade}"));

    /// <summary>The ranges, whatever their grade, that share a time with this one.</summary>
    internal IEnumerable<CoverageRange> Overlapping(long start, long end)
    {
        for (var index = FirstEndingAfter(start); index < _ranges.Length && _ranges[index].Range.StartMicroseconds < end; index++)
        {
            yield return _ranges[index];
        }
    }

    internal bool Covers(long start, long end)
    {
        for (var index = FirstEndingAfter(start); start < end; index++)
        {
            if (index == _ranges.Length || _ranges[index].Range.StartMicroseconds > start || _ranges[index].Grade == CoverageGrade.Expired)
            {
                return false;
            }

            start = _ranges[index].Range.EndMicroseconds;
        }

        return true;
    }

    private static CoverageSet Build(List<CoverageRange> ranges)
    {
        ranges.RemoveAll(range => range.Range.IsEmpty);
        var edges = ranges.SelectMany(range => new[] { range.Range.StartMicroseconds, range.Range.EndMicroseconds }).Distinct().Order().ToArray();
        var byStart = ranges.OrderBy(range => range.Range.StartMicroseconds).ToArray();
        var active = new List<CoverageRange>();
        var result = new List<CoverageRange>();
        var next = 0;
        for (var edge = 0; edge + 1 < edges.Length; edge++)
        {
            var (start, end) = (edges[edge], edges[edge + 1]);
            active.RemoveAll(range => range.Range.EndMicroseconds <= start);
            for (; next < byStart.Length && byStart[next].Range.StartMicroseconds == start; next++)
            {
                active.Add(byStart[next]);
            }

            if (active.Count == 0)
            {
                continue;
            }

            var (grade, source) = active.Max(range => (range.Grade, range.Source));
            var winners = active.Where(range => range.Grade == grade && range.Source == source).ToList();
            Append(result, new CoverageRange
            {
                Range = new TimeRange(start, end),
                Source = source,
                Grade = grade,
                FirstTradeId = winners.Where(range => range.Range.StartMicroseconds == start).Min(range => range.FirstTradeId),
                LastTradeId = winners.Where(range => range.Range.EndMicroseconds == end).Max(range => range.LastTradeId),
            });
        }

        for (var index = 1; index < result.Count; index++)
        {
            var (left, right) = (result[index - 1], result[index]);
            if (left.Range.EndMicroseconds != right.Range.StartMicroseconds)
            {
                continue;
            }

            if ((left.Grade, left.Source).CompareTo((right.Grade, right.Source)) < 0)
            {
                result[index - 1] = left with { LastTradeId = null };
            }
            else
            {
                result[index] = right with { FirstTradeId = null };
            }
        }

        return new CoverageSet([.. result]);
    }

    // Ids belong to the ends of a range: joining keeps the outer two.
    private static void Append(List<CoverageRange> result, CoverageRange piece)
    {
        if (result.Count > 0 && result[^1] is var last
            && last.Range.EndMicroseconds == piece.Range.StartMicroseconds && last.Grade == piece.Grade && last.Source == piece.Source)
        {
            result[^1] = piece with { Range = new TimeRange(last.Range.StartMicroseconds, piece.Range.EndMicroseconds), FirstTradeId = last.FirstTradeId };
        }
        else
        {
            result.Add(piece);
        }
    }

    private static void AddPiece(List<CoverageRange> kept, CoverageRange range, long start, long end)
    {
        if (start < end)
        {
            kept.Add(range with
            {
                Range = new TimeRange(start, end),
                FirstTradeId = start == range.Range.StartMicroseconds ? range.FirstTradeId : null,
                LastTradeId = end == range.Range.EndMicroseconds ? range.LastTradeId : null,
            });
        }
    }

    private int FirstEndingAfter(long time)
    {
        var (low, high) = (0, _ranges.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].Range.EndMicroseconds > time)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
