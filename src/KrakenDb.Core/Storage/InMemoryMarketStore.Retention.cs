namespace KrakenDb;

/// <content>Retention.</content>
public sealed partial class InMemoryMarketStore
{
    Task<IReadOnlyList<RetentionPolicy>> IMarketStore.GetRetentionAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RetentionPolicy>>([.. _retention.Values]);
        }
    }

    Task IMarketStore.SetRetentionAsync(string dataType, int? keepDays, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (keepDays is { } days)
            {
                _retention[dataType] = new RetentionPolicy(dataType, days);
            }
            else
            {
                _retention.Remove(dataType);
            }

            return Task.CompletedTask;
        }
    }

    Task<ExpiredRows> IMarketStore.ExpireAsync(string symbol, string dataType, DateTimeOffset end, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var edge = UnixTime.Microseconds(end);
            var before = LedgerOf(symbol);
            if (DataType.CandleInterval(dataType) is not { } interval)
            {
                var trades = _trades.GetValueOrDefault(symbol) ?? [];
                long[] old = [.. trades.Where(entry => entry.Value.TimestampMicroseconds < edge).Select(entry => entry.Key)];
                Array.ForEach(old, id => trades.Remove(id));
                _coverage[(symbol, dataType)] = before.Expire(dataType, edge, old.Length, oldestLeft: null).Coverage[dataType];
                return Task.FromResult(new ExpiredRows(old.Length, 0));
            }

            var rows = _candles.GetValueOrDefault((symbol, interval.Minutes)) ?? [];
            var kept = interval == Interval.Minute && rows.Count > 0 ? KeepRollups(symbol, new TimeRange(Interval.Week.Floor(rows.Keys.First()), edge), before) : 0;
            long[] opens = [.. rows.Keys.TakeWhile(time => time < edge)];
            Array.ForEach(opens, time => rows.Remove(time));
            _coverage[(symbol, dataType)] = before.Expire(dataType, edge, opens.Length, oldestLeft: null).Coverage[dataType];
            return Task.FromResult(new ExpiredRows(opens.Length, kept));
        }
    }

    private long KeepRollups(string symbol, TimeRange range, SymbolLedger before)
    {
        long count = 0;
        foreach (var interval in KeptRollup.Intervals(_retention.Values, range, _timeProvider.GetUtcNow()))
        {
            var (key, dataType) = ((symbol, interval.Minutes), DataType.Candles(interval));
            var sources = KeptRollup.Sources(interval, before.Status.Keys).Select(source => (BucketsOf(symbol, source, interval, range), before.Coverage.GetValueOrDefault(DataType.Candles(source), CoverageSet.Empty))).ToList();
            using var kept = KeptRollup.Plan(interval, range, sources);
            var stored = _candles.TryGetValue(key, out var there) ? there : _candles[key] = [];
            kept.Removed.ForEach(time => stored.Remove(time));
            foreach (var row in kept.Rows.Rows())
            {
                stored[row.Timestamp] = row;
            }

            if (kept.Rows.Count > 0)
            {
                _lastSync[(symbol, dataType)] = _timeProvider.GetUtcNow();
            }

            if (kept.Covered.Count > 0)
            {
                _coverage[(symbol, dataType)] = _coverage.GetValueOrDefault((symbol, dataType), CoverageSet.Empty).Add(kept.Covered);
            }

            count += kept.Rows.Count;
        }

        return count;
    }

    private CandleBatch BucketsOf(string symbol, Interval stored, Interval bucket, TimeRange range)
    {
        var rows = (_candles.GetValueOrDefault((symbol, stored.Minutes)) ?? []).Values.Where(row => row.Timestamp >= range.StartMicroseconds && row.Timestamp < range.EndMicroseconds);
        return CandleBatch.FromRows([.. stored == bucket ? rows : CandleAggregation.ToBuckets(rows, bucket)]);
    }

    private SymbolLedger LedgerOf(string symbol)
    {
        var ledger = new SymbolLedger(symbol) { WantedFrom = _wantedFrom.TryGetValue(symbol, out var from) ? from : null };
        foreach (var row in Status(symbol))
        {
            ledger = ledger with { Status = ledger.Status.SetItem(row.DataType, row) };
        }

        foreach (var entry in _coverage.Where(entry => entry.Key.Symbol == symbol))
        {
            ledger = ledger with { Coverage = ledger.Coverage.SetItem(entry.Key.DataType, entry.Value) };
        }

        return ledger;
    }
}
