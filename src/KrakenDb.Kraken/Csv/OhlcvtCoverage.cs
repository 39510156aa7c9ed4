namespace KrakenDb.Kraken;

/// <summary>
/// Which times a file of candles vouches for: from its first row's open to its last row's open, without the candles of rejected rows. The last row itself
/// is stored and not covered, because files are cut in the middle of an interval. Follows a file in order of time, batch by batch.
/// </summary>
internal sealed class OhlcvtCoverage(Interval interval)
{
    private readonly long _width = interval.Microseconds;
    private List<TimeRange> _holes = [];

    /// <summary>The first row's open; null before the first row.</summary>
    public long? FirstOpen { get; private set; }

    public long LastOpen { get; private set; }

    /// <summary>What is left out from here to the next row, because a row whose time cannot be read stood there.</summary>
    public long? HoleFrom { get; private set; }

    /// <summary>Left out behind <see cref="LastOpen"/>.</summary>
    public IReadOnlyList<TimeRange> Holes => _holes;

    public void Restore(long? firstOpen, long lastOpen, long? holeFrom, IEnumerable<TimeRange> holes)
    {
        FirstOpen = firstOpen;
        LastOpen = lastOpen;
        HoleFrom = holeFrom;
        _holes = [.. holes];
    }

    /// <summary>The ranges that this batch adds.</summary>
    /// <param name="opens">Open times of the batch, ascending and behind those of earlier batches.</param>
    /// <param name="rejected">In the order of the file; see <see cref="RejectedRow.Index"/>.</param>
    public IReadOnlyList<TimeRange> Add(ReadOnlySpan<long> opens, IReadOnlyList<RejectedRow> rejected)
    {
        if (HoleFrom is { } from && opens.Length > 0)
        {
            AddHole(from, opens[0]);
            HoleFrom = null;
        }

        foreach (var row in rejected)
        {
            var before = row.Index > 0 ? opens[row.Index - 1] : FirstOpen is null ? (long?)null : LastOpen;
            if (row.Time is { } time)
            {
                AddHole(time, time + _width);
            }
            else if (before is { } previous && row.Index < opens.Length)
            {
                AddHole(previous + _width, opens[row.Index]);
            }
            else if (before is { } last)
            {
                HoleFrom ??= last + _width;
            }
        }

        if (opens.Length == 0)
        {
            return [];
        }

        var start = FirstOpen is null ? opens[0] : LastOpen;
        FirstOpen ??= opens[0];
        LastOpen = opens[^1];
        var covered = Without(start, LastOpen, _holes);
        _holes.RemoveAll(hole => hole.EndMicroseconds <= LastOpen);
        return covered;
    }

    /// <summary>The parts of [<paramref name="start"/>, <paramref name="end"/>) outside <paramref name="holes"/>, ascending.</summary>
    public static IReadOnlyList<TimeRange> Without(long start, long end, List<TimeRange> holes)
    {
        if (holes.Count == 0)
        {
            return start < end ? [new TimeRange(start, end)] : [];
        }

        holes.Sort((left, right) => left.StartMicroseconds.CompareTo(right.StartMicroseconds));
        var kept = new List<TimeRange>();
        foreach (var hole in holes)
        {
            if (hole.StartMicroseconds >= end)
            {
                break;
            }

            if (hole.StartMicroseconds > start)
            {
                kept.Add(new TimeRange(start, hole.StartMicroseconds));
            }

            start = Math.Max(start, hole.EndMicroseconds);
        }

        if (start < end)
        {
            kept.Add(new TimeRange(start, end));
        }

        return kept;
    }

    private void AddHole(long start, long end)
    {
        if (start < end)
        {
            _holes.Add(new TimeRange(start, end));
        }
    }
}
