using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace KrakenDb.DuckDb;

/// <summary>The embedded engine: one DuckDB file, owned by this process while it is open.</summary>
internal sealed partial class DuckDbMarketStore : IMarketStore, IOwnedFile
{
    // Writes in one transaction at most: the first one's caller waits for all of them.
    private const int GroupMax = 15;

    private readonly DuckDbFile _file;
    private readonly DuckDbOptions _options;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<PendingWrite> _waiting = new();
    private int _isDisposed;

    private DuckDbMarketStore(DuckDbFile file, DuckDbOptions options)
    {
        _file = file;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<DuckDbMarketStore>();
    }

    public string FilePath => _file.Path;

    /// <exception cref="StoreInUseException">Another process owns the file.</exception>
    /// <exception cref="MarketStoreException">No such file, no DuckDB file, or one of a newer version.</exception>
    public static async Task<DuckDbMarketStore> OpenAsync(string path, DuckDbOptions options, CancellationToken cancellationToken)
    {
        var file = await Task.Run(() => DuckDbFile.Acquire(path, options), cancellationToken).ConfigureAwait(false);
        return new DuckDbMarketStore(file, options);
    }

    public async Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) =>
        [.. (await LedgersAsync(cancellationToken).ConfigureAwait(false)).Where(ledger => ledger.Status.Count > 0).Select(ledger => ledger.Symbol)];

    public async Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) =>
        symbol is null
            ? [.. (await LedgersAsync(cancellationToken).ConfigureAwait(false)).SelectMany(ledger => ledger.Status.Values)]
            : [.. (await LedgerAsync(symbol, cancellationToken).ConfigureAwait(false)).Status.Values];

    public async Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) =>
        (await LedgerAsync(symbol, cancellationToken).ConfigureAwait(false)).Coverage.GetValueOrDefault(dataType, CoverageSet.Empty);

    public async Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) =>
        (await LedgerAsync(symbol, cancellationToken).ConfigureAwait(false)).WantedFrom;

    public async Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) =>
        (await LedgerAsync(symbol, cancellationToken).ConfigureAwait(false)).Absent;

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) =>
        Readers.RunAsync(InstrumentTables.Read, cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) =>
        Readers.RunAsync(InstrumentTables.ReadChanges, cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        Readers.RunAsync(session => IndicatorTable.Read(session, indicatorName, range), cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Readers.RunAsync(
        session =>
        {
            var rows = _file.Ledgers.Load(session).Values.SelectMany(ledger => ledger.Status.Values).ToList();
            return new StoreStatus
            {
                Engine = "DuckDB",
                EngineVersion = Native.DuckDbLibrary.Version,
                Location = _file.Path,
                SchemaVersion = SchemaMigrations.Latest,
                SizeBytes = _file.SizeOnDisk(),
                Candles = rows.Where(row => DataType.CandleInterval(row.DataType) is not null).Sum(row => row.TotalRecords),
                Trades = rows.Where(row => string.Equals(row.DataType, DataType.Trades, StringComparison.Ordinal)).Sum(row => row.TotalRecords),
            };
        },
        cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Task.Run(
            () =>
            {
                try
                {
                    return _file.Compact(cancellationToken);
                }
                catch (Native.DuckDbException exception) when (exception.IsInterrupt && cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException("Compacting was cancelled; the store is as it was.", exception, cancellationToken);
                }
                catch (Native.DuckDbException exception)
                {
                    throw DuckDbFailure.Explain(_file.Path, exception);
                }
            },
            cancellationToken);
    }

    public void PublishEndpoint(Uri? endpoint)
    {
        ThrowIfDisposed();
        _file.PublishEndpoint(endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await Task.Run(_file.Dispose).ConfigureAwait(false);
        }
    }

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) =>
        Readers.RunAsync(
            session => stored == bucket ? CandleTable.Read(session, symbol, stored, range) : CandleTable.ReadBuckets(session, symbol, stored, bucket, range),
            cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        Readers.RunAsync(session => TradeTable.Read(session, symbol, range, afterId, limit), cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        StoreWriteRules.Check(write);
        return WriteAsync(write, cancellationToken);
    }

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) =>
        Readers.RunAsync(session => LedgerTables.ReadCursor(session, file), cancellationToken);

    Task<IReadOnlyList<RetentionPolicy>> IMarketStore.GetRetentionAsync(CancellationToken cancellationToken) => Readers.RunAsync(Policies, cancellationToken);

    Task IMarketStore.SetRetentionAsync(string dataType, int? keepDays, CancellationToken cancellationToken) => Writer.RunAsync(
        session =>
        {
            InTransaction(
                session,
                () =>
                {
                    RetentionTables.Write(session, dataType, keepDays);
                    return 1;
                },
                cancellationToken);
            _file.Ledgers.Policies = null;
            return 1;
        },
        cancellationToken);

    Task<ExpiredRows> IMarketStore.ExpireAsync(string symbol, string dataType, DateTimeOffset end, CancellationToken cancellationToken) => Writer.RunAsync(
        session =>
        {
            var ledgers = _file.Ledgers.Load(session);
            var before = ledgers.GetValueOrDefault(symbol) ?? new SymbolLedger(symbol);
            var policies = Policies(session);
            var (rows, after) = InTransaction(
                session,
                () =>
                {
                    var step = RetentionTables.Expire(session, before, dataType, UnixTime.Microseconds(end), policies, _options.TimeProvider.GetUtcNow());
                    LedgerTables.Write(session, before, step.After);
                    return step;
                },
                cancellationToken);
            ledgers[symbol] = after;
            return rows;
        },
        cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => Writer.RunAsync(
        session => InTransaction(session, () => InstrumentTables.Write(session, instruments, _options.TimeProvider.GetUtcNow()), cancellationToken),
        cancellationToken);

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => Writer.RunAsync(
        session => InTransaction(session, () => IndicatorTable.Write(session, indicators), cancellationToken),
        cancellationToken);

    private DuckDbThread Readers
    {
        get
        {
            ThrowIfDisposed();
            return _file.Readers;
        }
    }

    private DuckDbThread Writer
    {
        get
        {
            ThrowIfDisposed();
            return _file.Writer;
        }
    }

    private async Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        var pending = new PendingWrite(write, cancellationToken);
        if (!pending.IsSmall)
        {
            return await Writer.RunAsync(session => Write(session, write, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        var writer = Writer;
        _waiting.Enqueue(pending);
        var isOwn = false;
        try
        {
            var own = await writer.RunAsync<StoreReceipt?>(
                session =>
                {
                    isOwn = pending.TryTake();
                    return isOwn ? WriteGroup(session, pending, cancellationToken)
                        : pending.TryAbandon() ? throw new OperationCanceledException(cancellationToken)
                        : null;
                },
                cancellationToken).ConfigureAwait(false);
            return own ?? await pending.Completion.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!isOwn && !pending.TryAbandon())
        {
            // Cancelled while another's transaction has it: it may be committed.
            return await pending.Completion.ConfigureAwait(false);
        }
    }

    /// <summary>The write, and with it in one transaction the small ones that wait behind it. One that fails takes nobody with it: then each is written alone.</summary>
    private StoreReceipt WriteGroup(DuckDbSession session, PendingWrite first, CancellationToken cancellationToken)
    {
        var others = new List<PendingWrite>();
        while (others.Count < GroupMax && _waiting.TryDequeue(out var pending))
        {
            if (pending != first && pending.TryTake())
            {
                others.Add(pending);
            }
        }

        if (others.Count == 0)
        {
            return Write(session, first.Write, cancellationToken);
        }

        try
        {
            var ledgers = _file.Ledgers.Load(session);
            var after = new Dictionary<string, SymbolLedger>(StringComparer.Ordinal);
            var receipts = InTransaction(
                session,
                () => others.Prepend(first).Select(pending =>
                {
                    var symbol = pending.Write.Symbol;
                    var before = after.GetValueOrDefault(symbol) ?? ledgers.GetValueOrDefault(symbol) ?? new SymbolLedger(symbol);
                    (var receipt, after[symbol]) = Merge(session, pending.Write, before);
                    return receipt;
                }).ToList(),
                CancellationToken.None);
            foreach (var (symbol, ledger) in after)
            {
                ledgers[symbol] = ledger;
            }

            for (var index = 0; index < others.Count; index++)
            {
                others[index].Complete(receipts[index + 1]);
            }

            return receipts[0];
        }
        catch (Exception exception)
        {
            LogGroup(others.Count + 1, exception);
            others.ForEach(pending => pending.GiveBack());
        }

        return Write(session, first.Write, cancellationToken);
    }

    private IReadOnlyList<RetentionPolicy> Policies(DuckDbSession session) => _file.Ledgers.Policies ??= RetentionTables.Read(session);

    private StoreReceipt Write(DuckDbSession session, StoreWrite write, CancellationToken cancellationToken)
    {
        var ledgers = _file.Ledgers.Load(session);
        var before = ledgers.GetValueOrDefault(write.Symbol) ?? new SymbolLedger(write.Symbol);
        var (receipt, after) = InTransaction(session, () => Merge(session, write, before), cancellationToken);
        ledgers[write.Symbol] = after;
        return receipt;
    }

    private (StoreReceipt Receipt, SymbolLedger After) Merge(DuckDbSession session, StoreWrite write, SymbolLedger before)
    {
        write = RetentionRules.Apply(write, Policies(session), _options.TimeProvider.GetUtcNow());
        var receipt = default(StoreReceipt);
        var changed = new HashSet<string>(StringComparer.Ordinal);
        (long, long)? tradeTimes = null;
        var known = before.Status.GetValueOrDefault(DataType.Trades);
        if (write.Trades is { Count: > 0 } trades)
        {
            (var merge, tradeTimes) = TradeTable.Write(session, write.Symbol, trades, known, _file.Ledgers.NewestTradeIds);
            receipt = receipt with { TradesInserted = merge.Insert.Count, TradesUnchanged = merge.Unchanged, TradesConflicting = merge.Conflicting };
            if (merge.Insert.Count + merge.Replace.Count > 0)
            {
                changed.Add(DataType.Trades);
            }
        }

        if (write.RebuildMinutes.Count > 0)
        {
            write = MinuteRebuild.Apply(
                write,
                before.Coverage.GetValueOrDefault(DataType.Trades, CoverageSet.Empty),
                range => TradeTable.ReadAll(session, write.Symbol, range),
                MinuteRebuild.OwnFrom(write, receipt.TradesInserted, known));
        }

        (long, long)? candleTimes = null;
        var proven = write.Proven(before.Coverage.GetValueOrDefault(DataType.Candles(Interval.Minute), CoverageSet.Empty));
        if (write.Candles is { Count: > 0 } || proven.Added is not null)
        {
            var interval = write.Candles is { Count: > 0 } ? write.CandleInterval : Interval.Minute;
            var dataType = DataType.Candles(interval);
            var outcome = CandleTable.Write(session, write.Symbol, interval, write.Candles ?? CandleBatch.FromRows([]), before.Status.GetValueOrDefault(dataType), proven);
            receipt = outcome.AddTo(receipt);
            candleTimes = outcome.Times;
            if (outcome.HasChanged)
            {
                changed.Add(dataType);
            }
        }

        var after = before.After(write, receipt, changed, tradeTimes, candleTimes, _options.TimeProvider.GetUtcNow());
        LedgerTables.Write(session, before, after);
        if (write.Cursor is { } cursor)
        {
            LedgerTables.WriteCursor(session, cursor);
        }

        if (write.FinishedFile is { } finished)
        {
            LedgerTables.DeleteCursor(session, finished);
        }

        return (receipt, after);
    }

    private T InTransaction<T>(DuckDbSession session, Func<T> work, CancellationToken cancellationToken)
    {
        session.Connection.Execute("BEGIN");
        try
        {
            T result;
            using (session.Connection.InterruptWhen(cancellationToken))
            {
                result = work();
            }

            cancellationToken.ThrowIfCancellationRequested();
            session.Connection.Execute("COMMIT");
            return result;
        }
        catch (Exception exception)
        {
            // A failed commit has rolled back already; the first exception says why.
            if (session.TryRollBack() is { } reason)
            {
                LogRollback(reason, exception);
            }

            _file.Ledgers.Forget();
            throw;
        }
    }

    private async Task<SymbolLedger> LedgerAsync(string symbol, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        var ledgers = _file.Ledgers.Loaded ?? await Readers.RunAsync(_file.Ledgers.Load, cancellationToken).ConfigureAwait(false);
        return ledgers.GetValueOrDefault(symbol) ?? new SymbolLedger(symbol);
    }

    private async Task<IEnumerable<SymbolLedger>> LedgersAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        var ledgers = _file.Ledgers.Loaded ?? await Readers.RunAsync(_file.Ledgers.Load, cancellationToken).ConfigureAwait(false);
        return ledgers.Values.OrderBy(ledger => ledger.Symbol, StringComparer.Ordinal);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} writes failed together and are written one by one")]
    private partial void LogGroup(int count, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Nothing left to roll back: {Reason}")]
    private partial void LogRollback(string reason, Exception exception);
}
