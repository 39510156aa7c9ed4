using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>
/// Candles for strategies: ranges, latest, warm-up, several timeframes, replay. Nothing that had not happened by the asked time is ever returned.
/// Symbols are accepted in any spelling. Does not own its store. Safe for concurrent use.
/// </summary>
/// <param name="store">From <c>MarketStore.OpenAsync</c>.</param>
/// <param name="timeProvider">The clock behind "now" and behind paced replay; null for the system's.</param>
public sealed class HistoricalDataProvider(IMarketReader store, TimeProvider? timeProvider = null)
{
    private static readonly Interval[] DefaultTimeframes = [new(1), new(5), new(15), new(60), new(240)];

    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    private SymbolCatalog? _catalog;

    /// <summary>Candles with start ≤ open &lt; end that had closed as of <see cref="CandleQuery.AsOf"/>, oldest first.</summary>
    /// <param name="symbol">Any spelling.</param>
    /// <param name="interval">Any whole number of minutes.</param>
    /// <param name="start">Included.</param>
    /// <param name="end">Excluded.</param>
    /// <param name="limit">At most this many, the oldest; null for all.</param>
    /// <param name="query">Null for <see cref="CandleQuery.Default"/>.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="UnknownSymbolException">No such market, or nothing of it is stored.</exception>
    /// <exception cref="UnknownIntervalException">Nothing that is stored of the market divides the interval.</exception>
    /// <exception cref="IncompleteDataException">With <see cref="Holes.Fail"/> only.</exception>
    public async Task<IReadOnlyList<Candle>> GetCandlesAsync(
        string symbol, Interval interval, DateTimeOffset start, DateTimeOffset end, int? limit = null, CandleQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= CandleQuery.Default;
        if (limit is { } most)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(most, nameof(limit));
        }

        var range = new TimeRange(start, end);
        var asOf = AsOf(query);
        var (name, status) = await FindAsync(symbol, cancellationToken).ConfigureAwait(false);
        var reader = await CreateReaderAsync(name, interval, status, cancellationToken).ConfigureAwait(false);
        var candles = new List<Candle>();
        var left = limit ?? int.MaxValue;
        await foreach (var window in reader.ReadAsync(ClosedOpens(interval, range, asOf), query.Holes, left, cancellationToken).ConfigureAwait(false))
        {
            for (var index = 0; index < window.Count && candles.Count < left; index++)
            {
                candles.Add(window.ToCandle(name, interval, index));
            }

            if (candles.Count == left)
            {
                break;
            }
        }

        if (query.IncludeOpen && candles.Count < left && range.Contains(interval.Floor(asOf))
            && await OpenCandle.BuildAsync(store, name, interval, asOf, cancellationToken).ConfigureAwait(false) is { } open)
        {
            candles.Add(open);
        }

        return candles;
    }

    /// <summary>The newest <paramref name="count"/> candles that had closed, oldest first; fewer only when no more are stored.</summary>
    /// <inheritdoc cref="GetCandlesAsync" path="/exception"/>
    public async Task<IReadOnlyList<Candle>> GetLatestCandlesAsync(
        string symbol, Interval interval, int count, CandleQuery? query = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        query ??= CandleQuery.Default;
        var asOf = AsOf(query);
        var (name, status) = await FindAsync(symbol, cancellationToken).ConfigureAwait(false);
        var reader = await CreateReaderAsync(name, interval, status, cancellationToken).ConfigureAwait(false);
        var open = query.IncludeOpen && count > 0 ? await OpenCandle.BuildAsync(store, name, interval, asOf, cancellationToken).ConfigureAwait(false) : null;
        var end = interval.Floor(UnixTime.Microseconds(asOf));
        var candles = await reader.ReadLatestAsync(end, open is null ? count : count - 1, query.Holes, cancellationToken).ConfigureAwait(false);
        if (open is not null)
        {
            candles.Add(open);
        }

        return candles;
    }

    /// <summary>Exactly <paramref name="warmupPeriods"/> candles closed as of the asked time, or fewer with the shortfall stated.</summary>
    /// <inheritdoc cref="GetCandlesAsync" path="/exception"/>
    public async Task<WarmupData> GetWarmupDataAsync(
        string symbol, Interval interval, int warmupPeriods, CandleQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= CandleQuery.Default;
        var asOf = AsOf(query);
        var candles = await GetLatestCandlesAsync(symbol, interval, warmupPeriods, query with { AsOf = asOf }, cancellationToken).ConfigureAwait(false);
        return new WarmupData { Candles = candles, Requested = warmupPeriods, AsOf = asOf };
    }

    /// <summary>Per interval the candles of the last <paramref name="lookbackCandles"/> buckets that had closed by <paramref name="endTime"/>, oldest first.</summary>
    /// <param name="symbol">Any spelling.</param>
    /// <param name="endTime">As of: nothing that closed later is returned.</param>
    /// <param name="intervals">Null for 1m, 5m, 15m, 1h and 4h.</param>
    /// <param name="lookbackCandles">How many buckets per interval; minutes without trades make fewer candles.</param>
    /// <param name="query">Its <see cref="CandleQuery.AsOf"/> is not used.</param>
    /// <param name="cancellationToken"></param>
    public async Task<IReadOnlyDictionary<Interval, IReadOnlyList<Candle>>> GetMultiTimeframeCandlesAsync(
        string symbol, DateTimeOffset endTime, IReadOnlyList<Interval>? intervals = null, int lookbackCandles = 100, CandleQuery? query = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lookbackCandles);
        var asOf = (query ?? CandleQuery.Default) with { AsOf = endTime };
        var timeframes = (intervals ?? DefaultTimeframes).Distinct().ToList();
        var reads = timeframes.ConvertAll(interval =>
        {
            var end = interval.Floor(endTime);
            var openEnd = asOf.IncludeOpen ? end + interval.Duration : end;
            return GetCandlesAsync(symbol, interval, end - (interval.Duration * lookbackCandles), openEnd, limit: null, asOf, cancellationToken);
        });
        var answers = await Task.WhenAll(reads).ConfigureAwait(false);
        return timeframes.Zip(answers).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>Replays candles in time order; each is emitted when the replay's clock reaches its close.</summary>
    /// <param name="symbol">Any spelling.</param>
    /// <param name="interval">Any whole number of minutes.</param>
    /// <param name="start">First open, included.</param>
    /// <param name="end">Last open, excluded.</param>
    /// <param name="speed">1 = as it happened, 60 = a minute a second, 0 = as fast as the caller takes them.</param>
    /// <param name="query">Null for <see cref="CandleQuery.Default"/>; the open candle is never part of a replay.</param>
    /// <param name="cancellationToken"></param>
    /// <inheritdoc cref="GetCandlesAsync" path="/exception"/>
    public async IAsyncEnumerable<Candle> ReplayCandlesAsync(
        string symbol, Interval interval, DateTimeOffset start, DateTimeOffset end, decimal speed = 1, CandleQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(speed);
        query ??= CandleQuery.Default;
        var range = new TimeRange(start, end);
        var (name, status) = await FindAsync(symbol, cancellationToken).ConfigureAwait(false);
        var reader = await CreateReaderAsync(name, interval, status, cancellationToken).ConfigureAwait(false);
        var pace = speed == 0 ? null : new ReplayPace(_timeProvider, start, speed);
        await foreach (var window in reader.ReadAsync(ClosedOpens(interval, range, AsOf(query)), query.Holes, int.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            for (var index = 0; index < window.Count; index++)
            {
                var candle = window.ToCandle(name, interval, index);
                if (pace is not null)
                {
                    await pace.WaitUntilAsync(candle.CloseTime, cancellationToken).ConfigureAwait(false);
                }

                yield return candle;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Replays several streams as one, ordered by close time, then symbol, then interval.</summary>
    /// <inheritdoc cref="ReplayCandlesAsync(string, Interval, DateTimeOffset, DateTimeOffset, decimal, CandleQuery?, CancellationToken)"/>
    /// <param name="streams">What to replay.</param>
    public async IAsyncEnumerable<Candle> ReplayCandlesAsync(
        IReadOnlyList<ReplayStream> streams, DateTimeOffset start, DateTimeOffset end, decimal speed = 1, CandleQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(speed);
        var pace = speed == 0 ? null : new ReplayPace(_timeProvider, start, speed);
        var fixedQuery = (query ?? CandleQuery.Default) with { AsOf = AsOf(query ?? CandleQuery.Default) };
        var sources = streams.Select(stream => ReplayCandlesAsync(stream.Symbol, stream.Interval, start, end, speed: 0, fixedQuery, cancellationToken).GetAsyncEnumerator(cancellationToken)).ToList();
        var queue = new PriorityQueue<IAsyncEnumerator<Candle>, (DateTimeOffset Close, string Symbol, int Minutes)>(
            Comparer<(DateTimeOffset Close, string Symbol, int Minutes)>.Create(static (left, right) =>
                left.Close != right.Close ? left.Close.CompareTo(right.Close)
                : string.CompareOrdinal(left.Symbol, right.Symbol) is var order and not 0 ? order
                : left.Minutes.CompareTo(right.Minutes)));
        try
        {
            foreach (var source in sources)
            {
                await EnqueueNextAsync(source).ConfigureAwait(false);
            }

            while (queue.TryDequeue(out var source, out var key))
            {
                var candle = source.Current;
                if (pace is not null)
                {
                    await pace.WaitUntilAsync(key.Close, cancellationToken).ConfigureAwait(false);
                }

                yield return candle;
                await EnqueueNextAsync(source).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var source in sources)
            {
                await source.DisposeAsync().ConfigureAwait(false);
            }
        }

        async ValueTask EnqueueNextAsync(IAsyncEnumerator<Candle> source)
        {
            if (await source.MoveNextAsync().ConfigureAwait(false))
            {
                queue.Enqueue(source, (source.Current.CloseTime, source.Current.Symbol, source.Current.Interval.Minutes));
            }
        }
    }

    /// <summary>How far the stored 1-minute candles reach; those of the finest interval where no minutes are stored.</summary>
    /// <exception cref="UnknownSymbolException">No such market, or no candles of it are stored.</exception>
    public async Task<DataRange> GetDataRangeAsync(string symbol, CancellationToken cancellationToken = default)
    {
        var (name, status) = await FindAsync(symbol, cancellationToken).ConfigureAwait(false);
        var finest = status
            .Select(row => (Row: row, Interval: DataType.CandleInterval(row.DataType)))
            .Where(row => row.Interval is not null)
            .OrderBy(row => row.Interval!.Value.Minutes)
            .FirstOrDefault();
        return finest.Row is null
            ? throw new UnknownSymbolException($"No candles of {name} are stored.", name, [])
            : new DataRange
            {
                Symbol = name,
                Interval = finest.Interval!.Value,
                Oldest = finest.Row.OldestTimestamp,
                Newest = finest.Row.NewestTimestamp,
                TotalCandles = finest.Row.TotalRecords,
            };
    }

    /// <summary>Symbols with stored data, ordinal order.</summary>
    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) => store.GetSymbolsAsync(cancellationToken);

    /// <summary>What is stored of a symbol, a row per data type.</summary>
    /// <exception cref="UnknownSymbolException">No such market, or nothing of it is stored.</exception>
    public async Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string symbol, CancellationToken cancellationToken = default) =>
        (await FindAsync(symbol, cancellationToken).ConfigureAwait(false)).Status;

    /// <summary>Covered and missing ranges, a row per data type of the symbol: what lies at or after <c>wanted_from</c>, before now, and is not covered, is a gap.</summary>
    /// <exception cref="UnknownSymbolException">No such market, or nothing of it is stored.</exception>
    public async Task<IReadOnlyList<CoverageStatus>> GetCoverageStatusAsync(string symbol, CancellationToken cancellationToken = default)
    {
        var (name, status) = await FindAsync(symbol, cancellationToken).ConfigureAwait(false);
        var now = UnixTime.Microseconds(_timeProvider.GetUtcNow());
        var wanted = await store.GetWantedFromAsync(name, cancellationToken).ConfigureAwait(false);
        var minutes = await store.GetCoverageAsync(name, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        var rows = new List<CoverageStatus>();
        foreach (var row in status)
        {
            var coverage = await store.GetCoverageAsync(name, row.DataType, cancellationToken).ConfigureAwait(false);
            var end = DataType.CandleInterval(row.DataType)?.Floor(now) ?? now;
            var start = UnixTime.Microseconds(wanted ?? row.OldestTimestamp);

            // Larger candles are made of the minutes where these are there.
            var known = DataType.CandleInterval(row.DataType) is null ? coverage : coverage.Union(minutes);
            rows.Add(new CoverageStatus
            {
                Symbol = name,
                DataType = row.DataType,
                OldestTimestamp = row.OldestTimestamp,
                NewestTimestamp = row.NewestTimestamp,
                TotalRecords = row.TotalRecords,
                Coverage = coverage,
                Gaps = start < end
                    ? [.. known.Gaps(new TimeRange(start, end)).Select(gap => new DataGap { Symbol = name, DataType = row.DataType, StartTime = gap.Start, EndTime = gap.End })]
                    : [],
            });
        }

        return rows;
    }

    /// <summary>Values of an external indicator (<c>fear_greed</c>, …) with start ≤ timestamp &lt; end that were true as of the asked time, oldest first.</summary>
    /// <param name="indicatorName">Empty answer where nothing of that name is stored.</param>
    /// <param name="start">Included.</param>
    /// <param name="end">Excluded.</param>
    /// <param name="asOf">Null for now.</param>
    /// <param name="cancellationToken"></param>
    public async Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(
        string indicatorName, DateTimeOffset start, DateTimeOffset end, DateTimeOffset? asOf = null, CancellationToken cancellationToken = default)
    {
        var known = (asOf ?? _timeProvider.GetUtcNow()) + TimeSpan.FromMicroseconds(1);
        end = end < known ? end : known;
        return start < end ? await store.GetExternalIndicatorsAsync(indicatorName, new TimeRange(start, end), cancellationToken).ConfigureAwait(false) : [];
    }

    /// <summary>The newest value of an external indicator that was true as of the asked time; null where there is none.</summary>
    /// <param name="indicatorName">As stored.</param>
    /// <param name="asOf">Null for now. A value at this very time counts.</param>
    /// <param name="cancellationToken"></param>
    public async Task<ExternalIndicator?> GetLatestExternalIndicatorAsync(string indicatorName, DateTimeOffset? asOf = null, CancellationToken cancellationToken = default)
    {
        var time = asOf ?? _timeProvider.GetUtcNow();

        // Newest first in ever larger steps: most indicators have a value a day.
        for (var reach = TimeSpan.FromDays(8); ; reach *= 8)
        {
            var start = time - DateTimeOffset.UnixEpoch > reach ? time - reach : DateTimeOffset.UnixEpoch;
            var values = await GetExternalIndicatorsAsync(indicatorName, start, time + TimeSpan.FromMicroseconds(1), time, cancellationToken).ConfigureAwait(false);
            if (values.Count > 0)
            {
                return values[^1];
            }

            if (start <= DateTimeOffset.UnixEpoch)
            {
                return null;
            }
        }
    }

    /// <summary>Asks the store for its status; a store that cannot answer is reported, not thrown.</summary>
    public async Task<HealthReport> HealthCheckAsync(CancellationToken cancellationToken = default)
    {
        var started = _timeProvider.GetTimestamp();
        try
        {
            var status = await store.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            var rows = await store.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false);
            return new HealthReport
            {
                Connected = true,
                Symbols = [.. rows.Select(row => row.Symbol).Distinct(StringComparer.Ordinal)],
                TotalCandles = rows.Where(row => DataType.CandleInterval(row.DataType) == Interval.Minute).Sum(row => row.TotalRecords),
                OldestData = rows.Count == 0 ? null : rows.Min(row => row.OldestTimestamp),
                NewestData = rows.Count == 0 ? null : rows.Max(row => row.NewestTimestamp),
                Store = status,
                ResponseTime = _timeProvider.GetElapsedTime(started),
            };
        }
        catch (MarketStoreException exception)
        {
            return new HealthReport { Connected = false, Error = exception.Message, ResponseTime = _timeProvider.GetElapsedTime(started) };
        }
    }

    private static TimeRange ClosedOpens(Interval interval, TimeRange range, DateTimeOffset asOf)
    {
        var start = interval.Ceiling(range.StartMicroseconds);
        var end = Math.Min(interval.Ceiling(range.EndMicroseconds), interval.Floor(UnixTime.Microseconds(asOf)));
        return new TimeRange(start, Math.Max(start, end));
    }

    private Task<CandleReader> CreateReaderAsync(string symbol, Interval interval, IReadOnlyList<SyncStatus> status, CancellationToken cancellationToken)
    {
        var stored = status.Select(row => DataType.CandleInterval(row.DataType)).OfType<Interval>().Order().ToList();
        return stored.Count == 0 || stored.Exists(finer => finer.Divides(interval))
            ? CandleReader.CreateAsync(store, symbol, interval, status, cancellationToken)
            : throw new UnknownIntervalException($"No {interval} candles can be made of what is stored of {symbol}: {string.Join(", ", stored)}. Ask for one of these or a multiple, or import finer ones.", interval, stored);
    }

    private DateTimeOffset AsOf(CandleQuery query) => query.AsOf ?? _timeProvider.GetUtcNow();

    private async Task<(string Symbol, IReadOnlyList<SyncStatus> Status)> FindAsync(string symbol, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(symbol);
        _catalog ??= SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
        var known = _catalog.TryResolve(symbol, out var resolved);
        var name = known ? resolved! : symbol;
        var status = await store.GetSyncStatusAsync(name, cancellationToken).ConfigureAwait(false);
        if (status.Count > 0)
        {
            return (name, status);
        }

        // A catalog that another process has extended since is read again on the next call.
        var catalog = _catalog;
        _catalog = null;
        var stored = await store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false);
        if (stored.Count == 0)
        {
            throw new UnknownSymbolException($"Nothing of {name} is stored: the store is empty. Import Kraken's CSV files first.", name, []);
        }

        var near = known ? [] : catalog.NearMatches(symbol);
        var listed = string.Join(", ", stored.Take(10)) + (stored.Count > 10 ? $" and {stored.Count - 10} more" : "");
        throw new UnknownSymbolException(
            known
                ? $"Nothing of {name} is stored. Stored are: {listed}."
                : $"'{symbol}' is no market that is known here{(near.Count > 0 ? $"; did you mean {string.Join(" or ", near)}?" : ".")} Stored are: {listed}.",
            name,
            near);
    }
}
