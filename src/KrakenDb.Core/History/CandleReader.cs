using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>
/// Reads candles of any interval of one symbol from whatever is stored. The source is chosen per bucket: 1-minute data where they cover all of it, else
/// the imported row of that interval, else the coarsest imported interval that divides it and covers it, else what is there, marked incomplete.
/// Works in bounded windows and holds nothing open between them.
/// </summary>
internal sealed class CandleReader
{
    // One reply of the engine: some 15 MB of columns, or the scan of a year of minutes for a rollup.
    private const int WindowRows = 131_072;
    private const int WindowScannedRows = 1_048_576;

    // Small to begin with, so that the first candles come soon and a caller who wants few does not wait for many.
    private const int FirstWindowBuckets = 4_096;

    private const byte NoSource = byte.MaxValue;

    private readonly IMarketReader _store;
    private readonly string _symbol;
    private readonly Source[] _sources;
    private readonly Interval _finest;
    private readonly int _windowBuckets;

    private CandleReader(IMarketReader store, string symbol, Interval interval, Source[] sources)
    {
        _store = store;
        _symbol = symbol;
        Interval = interval;
        _sources = sources;
        _finest = sources.Length == 0 ? interval : sources.Min(source => source.Interval);
        _windowBuckets = Math.Clamp((int)((long)WindowScannedRows * _finest.Minutes / interval.Minutes), 1, WindowRows);
    }

    public Interval Interval { get; }

    /// <summary>Every bucket that can have a candle, in bucket starts; empty when no stored interval divides this one.</summary>
    public TimeRange Extent => _sources.Length == 0
        ? default
        : new TimeRange(_sources.Min(source => Interval.Floor(source.Oldest)), _sources.Max(source => Interval.Floor(source.Newest)) + Interval.Microseconds);

    /// <param name="store">Only read.</param>
    /// <param name="symbol">As stored.</param>
    /// <param name="interval">Any whole number of minutes.</param>
    /// <param name="status">The symbol's rows of <see cref="IMarketReader.GetSyncStatusAsync"/>.</param>
    /// <param name="cancellationToken"></param>
    public static async Task<CandleReader> CreateAsync(IMarketReader store, string symbol, Interval interval, IReadOnlyList<SyncStatus> status, CancellationToken cancellationToken)
    {
        var sources = new List<Source>();
        foreach (var row in status)
        {
            if (DataType.CandleInterval(row.DataType) is { } stored && stored.Divides(interval))
            {
                var coverage = await store.GetCoverageAsync(symbol, row.DataType, cancellationToken).ConfigureAwait(false);
                sources.Add(new Source(stored, UnixTime.Microseconds(row.OldestTimestamp), UnixTime.Microseconds(row.NewestTimestamp), [.. coverage.Stored()]));
            }
        }

        // In order of preference where they cover a bucket: 1-minute data, then the coarsest.
        var ordered = sources.OrderBy(source => source.Interval.Minutes == 1 ? 0 : 1).ThenByDescending(source => source.Interval.Minutes).ToArray();
        return new CandleReader(store, symbol, interval, ordered);
    }

    /// <summary>Candles whose open lies in the range, oldest first; the next window is read while the caller works on this one.</summary>
    /// <param name="opens">Ends are bucket starts.</param>
    /// <param name="holes">What to do with incomplete candles.</param>
    /// <param name="wanted">How many candles the caller will take at most.</param>
    /// <param name="cancellationToken"></param>
    public async IAsyncEnumerable<CandleWindow> ReadAsync(TimeRange opens, Holes holes, int wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // With Fail an uncovered stretch outside the stored rows is a hole, too.
        var range = holes == Holes.Fail ? opens : Intersect(opens, Extent);
        var buckets = Math.Min(_windowBuckets, Math.Clamp(wanted, 1, FirstWindowBuckets));
        var start = range.StartMicroseconds;
        var next = HasNext() ? ReadNext() : null;
        try
        {
            while (next is not null)
            {
                var window = await next.ConfigureAwait(false);
                next = HasNext() ? ReadNext() : null;
                using (window)
                {
                    if (window.Count > 0)
                    {
                        yield return window;
                    }
                }
            }
        }
        finally
        {
            if (next is not null)
            {
                await next.ContinueWith(Discard, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            }
        }

        bool HasNext() => wanted > 0 && start < range.EndMicroseconds;

        Task<CandleWindow> ReadNext()
        {
            var window = new TimeRange(start, Math.Min(start + (buckets * Interval.Microseconds), range.EndMicroseconds));
            start = window.EndMicroseconds;
            buckets = Math.Min(_windowBuckets, buckets * 4);
            return ReadWindowAsync(window, holes, cancellationToken);
        }

        static void Discard(Task<CandleWindow> read)
        {
            if (read.IsCompletedSuccessfully)
            {
                read.Result.Dispose();
            }
            else
            {
                _ = read.Exception;
            }
        }
    }

    /// <summary>The newest <paramref name="count"/> candles that open before <paramref name="end"/>, oldest first.</summary>
    public async Task<List<Candle>> ReadLatestAsync(long end, int count, Holes holes, CancellationToken cancellationToken)
    {
        var extent = Extent;
        var newestFirst = new List<List<Candle>>();
        var found = 0;
        var upper = Math.Min(end, extent.EndMicroseconds);

        // More is read than is returned: whether there are holes is asked of what is returned.
        var seen = holes == Holes.Fail ? Holes.Include : holes;

        // A look at a few more minutes costs less than a second look because some of them had no trade.
        var spare = ((count / 4) + 64L) * _finest.Minutes / Interval.Minutes;
        var buckets = count + spare;
        while (found < count && upper > extent.StartMicroseconds)
        {
            // Every read is bounded in time; it widens only when markets were too quiet to fill the last one.
            buckets = Math.Min(buckets, 2L * _windowBuckets);
            var lower = Math.Max(extent.StartMicroseconds, upper - (buckets * Interval.Microseconds));
            var before = found;
            foreach (var window in await ReadNewestFirstAsync(new TimeRange(lower, upper), seen, cancellationToken).ConfigureAwait(false))
            {
                using (window)
                {
                    var part = new List<Candle>();
                    for (var index = Math.Max(0, window.Count - (count - found)); index < window.Count; index++)
                    {
                        part.Add(window.ToCandle(_symbol, Interval, index));
                    }

                    newestFirst.Add(part);
                    found += part.Count;
                }
            }

            upper = lower;
            buckets = Math.Min(buckets * 4, ((count - found) * buckets / Math.Max(1, found - before)) + spare + 1);
        }

        newestFirst.Reverse();
        List<Candle> candles = [.. newestFirst.SelectMany(part => part)];
        if (holes == Holes.Fail && count > 0)
        {
            var first = found < count ? extent.StartMicroseconds : UnixTime.Microseconds(candles[0].Timestamp);
            ThrowIfUncovered(new TimeRange(first, Math.Max(first, end)));
        }

        return candles;
    }

    // One window, or two of half the range at once: a rollup of years is worth a second thread.
    private Task<CandleWindow[]> ReadNewestFirstAsync(TimeRange range, Holes holes, CancellationToken cancellationToken)
    {
        var buckets = (range.EndMicroseconds - range.StartMicroseconds) / Interval.Microseconds;
        if (buckets <= _windowBuckets)
        {
            return Task.WhenAll(ReadWindowAsync(range, holes, cancellationToken));
        }

        var middle = range.StartMicroseconds + (buckets / 2 * Interval.Microseconds);
        return Task.WhenAll(
            ReadWindowAsync(new TimeRange(middle, range.EndMicroseconds), holes, cancellationToken),
            ReadWindowAsync(new TimeRange(range.StartMicroseconds, middle), holes, cancellationToken));
    }

    private static TimeRange Intersect(TimeRange left, TimeRange right)
    {
        var start = Math.Max(left.StartMicroseconds, right.StartMicroseconds);
        return new TimeRange(start, Math.Max(start, Math.Min(left.EndMicroseconds, right.EndMicroseconds)));
    }

    private async Task<CandleWindow> ReadWindowAsync(TimeRange window, Holes holes, CancellationToken cancellationToken)
    {
        if (holes == Holes.Fail)
        {
            ThrowIfUncovered(window);
        }

        var result = _sources.Length == 1
            ? await ReadSingleAsync(_sources[0], window, cancellationToken).ConfigureAwait(false)
            : await ReadChosenAsync(window, cancellationToken).ConfigureAwait(false);
        return holes == Holes.Skip ? WithoutIncomplete(result.Rows, result.Complete) : new CandleWindow(result.Rows, result.Complete);
    }

    private async Task<(CandleBatch Rows, bool[] Complete)> ReadSingleAsync(Source source, TimeRange window, CancellationToken cancellationToken)
    {
        var rows = await _store.ReadCandlesAsync(_symbol, source.Interval, Interval, window, cancellationToken).ConfigureAwait(false);
        var complete = new bool[rows.Count];
        var walk = new CoverageWalk(source.Covered);
        for (var index = 0; index < rows.Count; index++)
        {
            complete[index] = walk.Covers(rows.Timestamp[index], rows.Timestamp[index] + Interval.Microseconds);
        }

        return (rows, complete);
    }

    private async Task<(CandleBatch Rows, bool[] Complete)> ReadChosenAsync(TimeRange window, CancellationToken cancellationToken)
    {
        var width = Interval.Microseconds;
        var choice = Choose(window);
        var parts = new CandleBatch?[_sources.Length];
        try
        {
            for (var source = 0; source < _sources.Length; source++)
            {
                // A bucket that nothing covers takes what is there, from any source.
                var first = Array.FindIndex(choice, chosen => chosen == source || chosen == NoSource);
                if (first < 0)
                {
                    continue;
                }

                var last = Array.FindLastIndex(choice, chosen => chosen == source || chosen == NoSource);
                var range = new TimeRange(window.StartMicroseconds + (first * width), window.StartMicroseconds + ((last + 1) * width));
                parts[source] = await _store.ReadCandlesAsync(_symbol, _sources[source].Interval, Interval, range, cancellationToken).ConfigureAwait(false);
            }

            return Combine(window, choice, parts);
        }
        finally
        {
            foreach (var part in parts)
            {
                part?.Dispose();
            }
        }
    }

    private byte[] Choose(TimeRange window)
    {
        var width = Interval.Microseconds;
        var choice = new byte[(window.EndMicroseconds - window.StartMicroseconds) / width];
        Array.Fill(choice, NoSource);
        for (var source = _sources.Length - 1; source >= 0; source--)
        {
            var walk = new CoverageWalk(_sources[source].Covered);
            for (var bucket = 0; bucket < choice.Length; bucket++)
            {
                var start = window.StartMicroseconds + (bucket * width);
                if (walk.Covers(start, start + width))
                {
                    choice[bucket] = (byte)source;
                }
            }
        }

        return choice;
    }

    private (CandleBatch Rows, bool[] Complete) Combine(TimeRange window, byte[] choice, CandleBatch?[] parts)
    {
        var rows = CandleBatch.Rent(choice.Length);
        var complete = new bool[choice.Length];
        var at = new int[parts.Length];
        for (var bucket = 0; bucket < choice.Length; bucket++)
        {
            var start = window.StartMicroseconds + (bucket * Interval.Microseconds);
            CandleRow? best = null;
            for (var source = 0; source < parts.Length; source++)
            {
                if (parts[source] is not { } part)
                {
                    continue;
                }

                while (at[source] < part.Count && part.Timestamp[at[source]] < start)
                {
                    at[source]++;
                }

                if (at[source] < part.Count && part.Timestamp[at[source]] == start && (choice[bucket] == source || choice[bucket] == NoSource))
                {
                    var row = part[at[source]];
                    best = best is { } other && (other.TradeCount, other.Volume).CompareTo((row.TradeCount, row.Volume)) >= 0 ? other : row;
                }
            }

            if (best is { } found)
            {
                complete[rows.Count] = choice[bucket] != NoSource;
                rows.Add(found);
            }
        }

        return (rows, complete);
    }

    private static CandleWindow WithoutIncomplete(CandleBatch rows, bool[] complete)
    {
        var kept = 0;
        for (var index = 0; index < rows.Count; index++)
        {
            if (complete[index])
            {
                rows[kept++] = rows[index];
            }
        }

        rows.Count = kept;
        Array.Fill(complete, value: true, 0, kept);
        return new CandleWindow(rows, complete);
    }

    private void ThrowIfUncovered(TimeRange window)
    {
        var width = Interval.Microseconds;
        var choice = Choose(window);
        var gaps = new List<DataGap>();
        for (var bucket = 0; bucket < choice.Length; bucket++)
        {
            if (choice[bucket] != NoSource)
            {
                continue;
            }

            var start = bucket;
            while (bucket + 1 < choice.Length && choice[bucket + 1] == NoSource)
            {
                bucket++;
            }

            gaps.Add(new DataGap
            {
                Symbol = _symbol,
                DataType = DataType.Candles(_finest),
                StartTime = UnixTime.ToDateTimeOffset(window.StartMicroseconds + (start * width)),
                EndTime = UnixTime.ToDateTimeOffset(window.StartMicroseconds + ((bucket + 1) * width)),
            });
        }

        if (gaps.Count > 0)
        {
            throw new IncompleteDataException(
                $"{_symbol} {Interval}: {gaps.Count} stretch(es) without complete data, the first from {gaps[0].StartTime:u} to {gaps[0].EndTime:u}. Import or backfill it, or ask with holes = include or skip.",
                gaps);
        }
    }

    /// <param name="Interval">What is stored.</param>
    /// <param name="Oldest">First stored open.</param>
    /// <param name="Newest">Last stored open.</param>
    /// <param name="Covered">Disjoint, joined, ascending.</param>
    private sealed record Source(Interval Interval, long Oldest, long Newest, TimeRange[] Covered);

    // Asked for ascending ranges only.
    private struct CoverageWalk(TimeRange[] covered)
    {
        private int _at;

        public bool Covers(long start, long end)
        {
            while (_at < covered.Length && covered[_at].EndMicroseconds <= start)
            {
                _at++;
            }

            return _at < covered.Length && covered[_at].StartMicroseconds <= start && covered[_at].EndMicroseconds >= end;
        }
    }
}
