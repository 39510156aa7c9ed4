using System.Collections.Immutable;
using System.Reflection;

namespace KrakenDb;

/// <summary>
/// The store as plain collections: for tests of a strategy, and the oracle that every engine is compared with. Nothing is kept after disposal.
/// </summary>
public sealed partial class InMemoryMarketStore(TimeProvider? timeProvider = null) : IMarketStore
{
    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Symbol, int Minutes), SortedDictionary<long, CandleRow>> _candles = [];
    private readonly Dictionary<string, SortedDictionary<long, TradeRow>> _trades = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Symbol, string DataType), CoverageSet> _coverage = [];
    private readonly Dictionary<(string Symbol, string DataType), DateTimeOffset> _lastSync = [];
    private readonly Dictionary<string, DateTimeOffset> _wantedFrom = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _lastSince = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<AbsentTradeIds>> _absent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImportCursor> _cursors = new(StringComparer.Ordinal);
    private readonly List<InstrumentChange> _instrumentChanges = [];
    private readonly Dictionary<(string Name, DateTimeOffset Time, string Source), ExternalIndicator> _indicators = [];
    private readonly Dictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RetentionPolicy> _retention = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<string>>([.. Status(symbol: null).Select(row => row.Symbol).Distinct(StringComparer.Ordinal)]);
        }
    }

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<SyncStatus>>([.. Status(symbol)]);
        }
    }

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult(_coverage.GetValueOrDefault((symbol, dataType), CoverageSet.Empty));
        }
    }

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<DateTimeOffset?>(_wantedFrom.TryGetValue(symbol, out var from) ? from : null);
        }
    }

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<AbsentTradeIds>>(_absent.GetValueOrDefault(symbol, []));
        }
    }

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Instrument>>([.. _instruments.Values.OrderBy(instrument => instrument.Symbol, StringComparer.Ordinal)]);
        }
    }

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<InstrumentChange>>([.. _instrumentChanges.OrderBy(change => change.ChangedAt).ThenBy(change => change.Symbol, StringComparer.Ordinal)]);
        }
    }

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<ExternalIndicator>>(
            [
                .. _indicators.Values.Where(indicator => indicator.IndicatorName == indicatorName && range.Contains(indicator.Timestamp))
                    .OrderBy(indicator => indicator.Timestamp)
                    .ThenBy(indicator => indicator.Source, StringComparer.Ordinal),
            ]);
        }
    }

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult(new StoreStatus
            {
                Engine = "memory",
                EngineVersion = typeof(InMemoryMarketStore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
                Location = "memory",
                SchemaVersion = 0,
                SizeBytes = 0,
                Candles = _candles.Values.Sum(rows => (long)rows.Count),
                Trades = _trades.Values.Sum(rows => (long)rows.Count),
            });
        }
    }

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => Task.FromResult(new CompactReport(0, 0));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var rows = _candles.TryGetValue((symbol, stored.Minutes), out var candles)
                ? candles.Values.Where(row => row.Timestamp >= range.StartMicroseconds && row.Timestamp < range.EndMicroseconds)
                : [];
            return Task.FromResult(CandleBatch.FromRows([.. stored == bucket ? rows : CandleAggregation.ToBuckets(rows, bucket)]));
        }
    }

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var rows = _trades.TryGetValue(symbol, out var trades)
                ? trades.Values.Where(row => row.Id > afterId && row.TimestampMicroseconds >= range.StartMicroseconds && row.TimestampMicroseconds < range.EndMicroseconds).Take(limit)
                : [];
            return Task.FromResult(TradeBatch.FromRows([.. rows]));
        }
    }

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            StoreWriteRules.Check(write);
            write = RetentionRules.Apply(write, _retention.Values, _timeProvider.GetUtcNow());
            var receipt = default(StoreReceipt);
            if (write.Trades is { Count: > 0 } trades)
            {
                receipt = WriteTrades(write.Symbol, trades, receipt);
            }

            if (write.RebuildMinutes.Count > 0)
            {
                write = MinuteRebuild.Apply(write, _coverage.GetValueOrDefault((write.Symbol, DataType.Trades), CoverageSet.Empty), range => TradesOf(write.Symbol, range));
            }

            var proven = write.Proven(_coverage.GetValueOrDefault((write.Symbol, DataType.Candles(Interval.Minute)), CoverageSet.Empty));
            if (write.Candles is { Count: > 0 } || proven.Added is not null)
            {
                receipt = WriteCandles(write.Symbol, write.Candles is { Count: > 0 } ? write.CandleInterval : Interval.Minute, write.Candles ?? CandleBatch.FromRows([]), proven, receipt);
            }

            if (_trades.GetValueOrDefault(write.Symbol) is { Count: > 0 } && SymbolLedger.Newer(write.LastKrakenSince, _lastSince.GetValueOrDefault(write.Symbol)) is { } since)
            {
                _lastSince[write.Symbol] = since;
            }

            var ids = write.Trades is { } stored ? stored.Id.AsSpan(0, stored.Count) : [];
            _absent[write.Symbol] = AbsentIdList.After(_absent.GetValueOrDefault(write.Symbol, []), write.Absent, ids);

            foreach (var added in write.Covered.GroupBy(covered => covered.DataType, covered => covered.Range, StringComparer.Ordinal))
            {
                _coverage[(write.Symbol, added.Key)] = _coverage.GetValueOrDefault((write.Symbol, added.Key), CoverageSet.Empty).Add(added);
            }

            if (write.WantedFrom is { } from && (!_wantedFrom.TryGetValue(write.Symbol, out var already) || from < already))
            {
                _wantedFrom[write.Symbol] = from;
            }

            if (write.Cursor is { } cursor)
            {
                _cursors[cursor.File] = cursor;
            }

            if (write.FinishedFile is { } finished)
            {
                _cursors.Remove(finished);
            }

            return Task.FromResult(receipt);
        }
    }

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_cursors.GetValueOrDefault(file));
        }
    }

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var instrument in instruments)
            {
                var old = _instruments.GetValueOrDefault(instrument.Symbol);
                _instruments[instrument.Symbol] = instrument;
                if (instrument != old)
                {
                    _instrumentChanges.AddRange(InstrumentChange.Between(old, instrument, _timeProvider.GetUtcNow()));
                }
            }

            return Task.CompletedTask;
        }
    }

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var indicator in indicators)
            {
                _indicators[(indicator.IndicatorName, indicator.Timestamp, indicator.Source)] = indicator;
            }

            return Task.CompletedTask;
        }
    }

    private StoreReceipt WriteCandles(string symbol, Interval interval, CandleBatch incoming, ProvenMinutes proven, StoreReceipt receipt)
    {
        if (!_candles.TryGetValue((symbol, interval.Minutes), out var rows))
        {
            _candles[(symbol, interval.Minutes)] = rows = [];
        }

        using var stored = CandleBatch.FromRows([.. rows.Values]);
        var merge = CandleMerge.Plan(stored, incoming, proven);
        foreach (var index in merge.Insert.Concat(merge.Replace))
        {
            rows[incoming.Timestamp[index]] = incoming[index];
        }

        foreach (var time in merge.Remove)
        {
            rows.Remove(time);
        }

        if (merge.Insert.Count + merge.Replace.Count + merge.Remove.Count > 0)
        {
            _lastSync[(symbol, DataType.Candles(interval))] = _timeProvider.GetUtcNow();
        }

        return receipt with { CandlesInserted = merge.Insert.Count, CandlesUnchanged = merge.Unchanged, CandlesConflicting = merge.Conflicting, CandlesRemoved = merge.Remove.Count };
    }

    private StoreReceipt WriteTrades(string symbol, TradeBatch incoming, StoreReceipt receipt)
    {
        if (!_trades.TryGetValue(symbol, out var rows))
        {
            _trades[symbol] = rows = [];
        }

        var merge = TradeMerge.Plan(TradeBatch.FromRows(rows.Values), incoming);
        foreach (var index in merge.Insert.Concat(merge.Replace))
        {
            rows[incoming.Id[index]] = incoming[index];
        }

        if (merge.Insert.Count + merge.Replace.Count > 0)
        {
            _lastSync[(symbol, DataType.Trades)] = _timeProvider.GetUtcNow();
        }

        return receipt with { TradesInserted = merge.Insert.Count, TradesUnchanged = merge.Unchanged, TradesConflicting = merge.Conflicting };
    }

    private TradeBatch TradesOf(string symbol, TimeRange range) => TradeBatch.FromRows(
        _trades.TryGetValue(symbol, out var rows)
            ? [.. rows.Values.Where(row => row.TimestampMicroseconds >= range.StartMicroseconds && row.TimestampMicroseconds < range.EndMicroseconds)]
            : []);

    private IEnumerable<SyncStatus> Status(string? symbol)
    {
        var candles = _candles
            .Where(entry => entry.Value.Count > 0)
            .Select(entry => Row(entry.Key.Symbol, DataType.Candles(entry.Key.Minutes), entry.Value.Keys.First(), entry.Value.Keys.Last(), entry.Value.Count));
        var trades = _trades
            .Where(entry => entry.Value.Count > 0)
            .Select(entry => Row(entry.Key, DataType.Trades, entry.Value.Values.Min(row => row.TimestampMicroseconds), entry.Value.Values.Max(row => row.TimestampMicroseconds), entry.Value.Count));
        return candles.Concat(trades)
            .Where(row => symbol is null || string.Equals(row.Symbol, symbol, StringComparison.Ordinal))
            .OrderBy(row => row.Symbol, StringComparer.Ordinal)
            .ThenBy(row => row.DataType, StringComparer.Ordinal);
    }

    private SyncStatus Row(string symbol, string dataType, long oldest, long newest, long count) => new()
    {
        Symbol = symbol,
        DataType = dataType,
        OldestTimestamp = UnixTime.ToDateTimeOffset(oldest),
        NewestTimestamp = UnixTime.ToDateTimeOffset(newest),
        LastSyncAt = _lastSync[(symbol, dataType)],
        LastKrakenSince = dataType == DataType.Trades ? _lastSince.GetValueOrDefault(symbol) : null,
        TotalRecords = count,
    };
}
