using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// Finds what the coverage ledger lacks (before, between and behind what is stored) and fetches it: by candles where the source still has them, by trades
/// otherwise. Run again, it changes nothing; what fails stays a gap. Does not own its store and sources.
/// </summary>
/// <param name="store">What is filled.</param>
/// <param name="trades">Serves all of history.</param>
/// <param name="candles">Serves the last <see cref="ICandleSource.CandleReach"/>.</param>
/// <param name="options">Null for the defaults.</param>
public sealed partial class GapFiller(IMarketStore store, ITradeSource trades, ICandleSource candles, GapFillerOptions? options = null)
{
    private readonly GapFillerOptions _options = Checked(options ?? new GapFillerOptions());
    private ExchangeClock? _clock;

    /// <summary>Exchange minus this machine's clock; zero before the first fill or where they agree.</summary>
    public TimeSpan ClockOffset => _clock?.Offset ?? TimeSpan.Zero;

    /// <summary>What is wanted and not covered now, by symbol, trades before candles, ascending.</summary>
    /// <param name="minGapMinutes">Null for the options' value.</param>
    /// <exception cref="UnknownSymbolException">A symbol of the options is no market that is known.</exception>
    public async Task<IReadOnlyList<DataGap>> DetectGapsAsync(int? minGapMinutes = null, CancellationToken cancellationToken = default)
    {
        var gaps = new List<DataGap>();
        foreach (var symbol in await SymbolsAsync(cancellationToken).ConfigureAwait(false))
        {
            gaps.AddRange(await DetectAsync(symbol, minGapMinutes ?? _options.MinGapMinutes, cancellationToken).ConfigureAwait(false));
        }

        return gaps;
    }

    /// <summary>Fetches the candles of a gap.</summary>
    /// <returns>How many were not stored before.</returns>
    /// <exception cref="MarketSourceException">No answer, or a refusal.</exception>
    public async Task<long> FillGapOhlcAsync(DataGap gap, CancellationToken cancellationToken = default)
    {
        var page = await candles.ReadCandlesAsync(gap.Symbol, Interval.Minute, gap.StartTime, cancellationToken).ConfigureAwait(false);
        using var batch = page.Candles;
        var range = new TimeRange(
            Math.Max(page.Covered.StartMicroseconds, UnixTime.Microseconds(gap.StartTime)),
            Math.Max(Math.Max(page.Covered.StartMicroseconds, UnixTime.Microseconds(gap.StartTime)), Math.Min(page.Covered.EndMicroseconds, UnixTime.Microseconds(gap.EndTime))));
        using var rows = CandleBatch.FromRows([.. batch.Rows().Where(row => row.Timestamp >= range.StartMicroseconds && row.Timestamp < range.EndMicroseconds)]);
        var receipt = await store.WriteAsync(
            new StoreWrite
            {
                Symbol = gap.Symbol,
                CandleInterval = Interval.Minute,
                Candles = rows,
                Covered = range.IsEmpty ? [] : [(DataType.Candles(Interval.Minute), new CoverageRange { Range = range, Source = CandleSource.RestOhlc, Grade = CoverageGrade.Claimed })],
                WantedFrom = await NewlyWantedAsync(gap, cancellationToken).ConfigureAwait(false),
            },
            cancellationToken).ConfigureAwait(false);
        return receipt.CandlesInserted;
    }

    /// <summary>Fetches the trades of a gap, page by page, and builds the candles of the minutes that they prove.</summary>
    /// <returns>How many trades were fetched.</returns>
    /// <exception cref="MarketSourceException">No answer, or a refusal; what was fetched before is stored.</exception>
    public async Task<long> FillGapTradesAsync(DataGap gap, CancellationToken cancellationToken = default) =>
        (await FillByTradesAsync(gap, progress: null, cancellationToken).ConfigureAwait(false)).Trades;

    /// <summary>Brings kept rollups up to date with what was written. Nothing to do where an engine computes them when they are read.</summary>
    public Task RefreshContinuousAggregatesAsync(CancellationToken cancellationToken = default) => store.RefreshRollupsAsync(range: null, cancellationToken);

    /// <summary>Detects and fills, several gaps at once; refreshes what was touched; then looks which gaps are gone.</summary>
    /// <exception cref="UnknownSymbolException">A symbol of the options is no market that is known.</exception>
    public async Task<GapFillResult> FillAllGapsAsync(IProgress<GapFillProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var gaps = await DetectGapsAsync(minGapMinutes: null, cancellationToken).ConfigureAwait(false);
        var errors = new List<string>();
        long inserted = 0;
        long processed = 0;
        var gate = new Lock();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.MaxConcurrent, CancellationToken = cancellationToken };

        // Gaps of one symbol follow one another: trades that fill the first may fill the next, too.
        await Parallel.ForEachAsync(gaps.GroupBy(gap => gap.Symbol, StringComparer.Ordinal), parallel, async (ofSymbol, token) =>
        {
            foreach (var gap in ofSymbol)
            {
                try
                {
                    var (newCandles, fetched) = await FillAsync(gap, progress, token).ConfigureAwait(false);
                    lock (gate)
                    {
                        inserted += newCandles;
                        processed += fetched;
                    }
                }
                catch (Exception exception) when (exception is MarketSourceException or MarketStoreException)
                {
                    LogFailed(_options.Logger, gap.Symbol, exception);
                    lock (gate)
                    {
                        errors.Add($"Failed to fill gap for {gap.Symbol}: {exception.Message}");
                    }
                }
            }
        }).ConfigureAwait(false);

        await RefreshContinuousAggregatesAsync(cancellationToken).ConfigureAwait(false);
        var left = await DetectGapsAsync(minGapMinutes: null, cancellationToken).ConfigureAwait(false);
        return new GapFillResult
        {
            GapsDetected = gaps.Count,
            GapsFilled = gaps.Count(gap => !left.Any(still => SameKind(still, gap) && still.StartTime < gap.EndTime && gap.StartTime < still.EndTime)),
            CandlesInserted = inserted,
            TradesProcessed = processed,
            Errors = errors,
        };
    }

    private static GapFillerOptions Checked(GapFillerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinGapMinutes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConcurrent, 1, nameof(options));
        return options;
    }

    private static bool SameKind(DataGap left, DataGap right) =>
        string.Equals(left.Symbol, right.Symbol, StringComparison.Ordinal) && string.Equals(left.DataType, right.DataType, StringComparison.Ordinal);

    private async Task<IReadOnlyList<string>> SymbolsAsync(CancellationToken cancellationToken)
    {
        if (_options.Symbols is { Count: > 0 } asked)
        {
            var catalog = SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
            return [.. asked.Select(catalog.Resolve).Distinct(StringComparer.Ordinal)];
        }

        var stored = await store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false);
        return stored.Count > 0 ? stored : SymbolCatalog.DefaultSymbols;
    }

    private async Task<IEnumerable<DataGap>> DetectAsync(string symbol, int minGapMinutes, CancellationToken cancellationToken)
    {
        var now = _clock?.Now() ?? _options.TimeProvider.GetUtcNow();
        var wanted = await store.GetWantedFromAsync(symbol, cancellationToken).ConfigureAwait(false) ?? now - _options.FirstHistory;
        var end = Interval.Minute.Floor(UnixTime.Microseconds(now - TradeStretch.EdgeDelay));
        var gaps = new List<DataGap>();
        var policies = await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false);

        // Trades are wanted from where they were first fetched: a candle archive of ten years is no order to fetch all their trades.
        var ofTrades = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        if (ofTrades.Count > 0)
        {
            Add(DataType.Trades, ofTrades, ofTrades[0].Range.StartMicroseconds);
        }

        var minutes = await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        Add(DataType.Candles(Interval.Minute), minutes, Interval.Minute.Floor(UnixTime.Microseconds(wanted)));
        return gaps;

        void Add(string dataType, CoverageSet coverage, long start)
        {
            // What the next retention run would drop is not fetched.
            start = Math.Max(start, RetentionRules.Find(policies, dataType)?.Edge(now) ?? start);
            if (start < end)
            {
                // A hole in the trades is never too short: only its last minutes are still to come.
                gaps.AddRange(coverage.Gaps(new TimeRange(start, end))
                    .Where(gap => gap.EndMicroseconds - gap.StartMicroseconds >= minGapMinutes * UnixTime.MicrosecondsPerMinute
                        || (gap.EndMicroseconds < end && dataType == DataType.Trades))
                    .Select(gap => new DataGap { Symbol = symbol, DataType = dataType, StartTime = gap.Start, EndTime = gap.End }));
            }
        }
    }

    private async Task<(long Candles, long Trades)> FillAsync(DataGap detected, IProgress<GapFillProgress>? progress, CancellationToken cancellationToken)
    {
        _clock ??= await ExchangeClock.ReadAsync(trades, _options.TimeProvider, cancellationToken).ConfigureAwait(false);

        // What a fill before this one has covered is not fetched again.
        var coverage = await store.GetCoverageAsync(detected.Symbol, detected.DataType, cancellationToken).ConfigureAwait(false);
        var (candlesInserted, fetched) = (0L, 0L);
        foreach (var range in coverage.Gaps(new TimeRange(detected.StartTime, detected.EndTime)))
        {
            var gap = detected with { StartTime = range.Start, EndTime = range.End };
            progress?.Report(new GapFillProgress(gap, 0, 0, At: null));
            if (gap.DataType != DataType.Trades && gap.StartTime >= _clock.Now() - candles.CandleReach)
            {
                candlesInserted += await FillGapOhlcAsync(gap, cancellationToken).ConfigureAwait(false);
                progress?.Report(new GapFillProgress(gap, candlesInserted, 0, At: null));
                continue;
            }

            var filled = await FillByTradesAsync(gap, progress, cancellationToken).ConfigureAwait(false);
            candlesInserted += filled.Candles;
            fetched += filled.Trades;
        }

        return (candlesInserted, fetched);
    }

    private async Task<(long Candles, long Trades)> FillByTradesAsync(DataGap gap, IProgress<GapFillProgress>? progress, CancellationToken cancellationToken)
    {
        _clock ??= await ExchangeClock.ReadAsync(trades, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        var coverage = await store.GetCoverageAsync(gap.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        if (await NewlyWantedAsync(gap, cancellationToken).ConfigureAwait(false) is { } wanted)
        {
            await store.WriteAsync(new StoreWrite { Symbol = gap.Symbol, WantedFrom = wanted }, cancellationToken).ConfigureAwait(false);
        }

        var (inserted, fetched) = (0L, 0L);
        var missing = gap.DataType == DataType.Trades
            ? [new TimeRange(gap.StartTime, gap.EndTime)]
            : coverage.Gaps(new TimeRange(gap.StartTime, gap.EndTime));
        foreach (var range in missing)
        {
            var stretch = new TradeStretch(store, trades, gap.Symbol, range.Start, TradeIds.Before(coverage, range.StartMicroseconds), _clock.Now, _options.Logger);
            FetchedPage page;
            do
            {
                page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
                inserted += page.Receipt.CandlesInserted;
                fetched += page.Trades;
                progress?.Report(new GapFillProgress(gap, inserted, fetched, page.At));
            }
            while (!page.IsLast && !(page.At >= range.End));
        }

        // Minutes whose trades were there already.
        var receipt = await MinutesFromTrades.BuildAsync(store, gap.Symbol, new TimeRange(gap.StartTime, gap.EndTime), again: false, _options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return (inserted + receipt.CandlesInserted, fetched);
    }

    private async Task<DateTimeOffset?> NewlyWantedAsync(DataGap gap, CancellationToken cancellationToken) =>
        await store.GetWantedFromAsync(gap.Symbol, cancellationToken).ConfigureAwait(false) is null ? gap.StartTime : null;

    [LoggerMessage(Level = LogLevel.Error, Message = "A gap of {Symbol} was not filled")]
    private static partial void LogFailed(ILogger logger, string symbol, Exception exception);
}
