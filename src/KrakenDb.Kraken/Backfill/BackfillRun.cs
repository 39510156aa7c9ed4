namespace KrakenDb.Kraken;

/// <summary>One symbol's backfill under way.</summary>
internal sealed class BackfillRun(IMarketStore store, ITradeSource source, KrakenTradesBackfillOptions options, string symbol, IProgress<BackfillProgress>? progress)
{
    private StoreReceipt _stored;
    private long _trades;
    private long _calls;
    private long _notStored;
    private long _missingIds;

    public async Task FetchAsync(BackfillPlan plan, CancellationToken cancellationToken)
    {
        // The plan may be minutes old and the clock must not be.
        var clock = new ExchangeClock(options.TimeProvider, plan.ClockOffset);
        for (var index = 0; index < plan.Ranges.Count; index++)
        {
            var isNewest = index == plan.Ranges.Count - 1;
            await FetchAsync(plan, plan.Ranges[index], isNewest, clock, cancellationToken).ConfigureAwait(false);
        }

        if (!options.AutoStopRealtime && plan.Ranges.Count == 0 && options.Until is null)
        {
            await FetchAsync(plan, new BackfillRange(clock.Now() - TradeStretch.EdgeDelay, clock.Now()), isNewest: true, clock, cancellationToken).ConfigureAwait(false);
        }

        if (options.BuildCandles)
        {
            await BuildEarlierAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public BackfillResult Result(string? error) => new()
    {
        Symbol = symbol,
        Trades = _trades,
        TradesInserted = _stored.TradesInserted,
        TradesUnchanged = _stored.TradesUnchanged,
        TradesConflicting = _stored.TradesConflicting,
        CandlesInserted = _stored.CandlesInserted,
        NotStored = _notStored,
        MissingIds = _missingIds,
        Calls = _calls,
        Error = error,
    };

    private async Task FetchAsync(BackfillPlan plan, BackfillRange range, bool isNewest, ExchangeClock clock, CancellationToken cancellationToken)
    {
        var coverage = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var lastId = range.Start is { } start ? TradeIds.Before(coverage, UnixTime.Microseconds(start)) : null;
        var stretch = new TradeStretch(store, source, symbol, range.Start, lastId, clock.Now, options.Logger) { BuildsCandles = options.BuildCandles, Wants = true, AllowExpiring = options.AllowExpiring };
        while (true)
        {
            var page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
            Count(page);
            progress?.Report(new BackfillProgress(symbol, _trades, plan.EstimatedTrades, page.At, _calls, page.IsLast && isNewest));
            var polls = isNewest && !options.AutoStopRealtime;
            if (page.At >= (polls ? options.Until : range.End) || (page.IsLast && !polls) || (polls && clock.Now() - TradeStretch.EdgeDelay >= options.Until))
            {
                return;
            }

            if (page.IsLast)
            {
                await Task.Delay(options.PollInterval, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Trades of a run without candles, or of a file.
    private async Task BuildEarlierAsync(CancellationToken cancellationToken)
    {
        var trades = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        if (trades.Count > 0)
        {
            var all = new TimeRange(trades[0].Range.StartMicroseconds, trades[trades.Count - 1].Range.EndMicroseconds);
            var receipt = await MinutesFromTrades.BuildAsync(store, symbol, all, again: false, options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            _stored = _stored with { CandlesInserted = _stored.CandlesInserted + receipt.CandlesInserted };
        }
    }

    private void Count(in FetchedPage page)
    {
        _calls++;
        _trades += page.Trades;
        _notStored += page.NotStored;
        _missingIds += page.MissingIds;
        _stored = _stored with
        {
            TradesInserted = _stored.TradesInserted + page.Receipt.TradesInserted,
            TradesUnchanged = _stored.TradesUnchanged + page.Receipt.TradesUnchanged,
            TradesConflicting = _stored.TradesConflicting + page.Receipt.TradesConflicting,
            CandlesInserted = _stored.CandlesInserted + page.Receipt.CandlesInserted,
        };
    }
}
