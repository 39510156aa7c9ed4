using System.Globalization;

namespace KrakenDb;

/// <summary>Compares what two stores hold, table by table and symbol by symbol.</summary>
/// <param name="tables">Present on both sides.</param>
/// <param name="createWire">How the exchange writes order books.</param>
internal sealed class StoreComparison(IMarketStore source, IMarketStore destination, IReadOnlyList<StoreTable> tables, Func<IBookWire> createWire)
{
    private readonly ITableStore _source = (ITableStore)source;
    private readonly ITableStore _destination = (ITableStore)destination;

    /// <summary>The first table that is not empty; null for an empty store.</summary>
    public async Task<string?> FirstTableWithRowsAsync(ITableStore store, CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            if ((await store.ReadRowsAsync(table, after: null, 1, cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                return table.Name;
            }
        }

        return null;
    }

    /// <summary>A quick look: whether the ledgers count the same rows of the same things.</summary>
    public async Task<bool> MayBeEqualAsync(CancellationToken cancellationToken)
    {
        var left = await source.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false);
        var right = await destination.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false);
        return left.Select(row => (row.Symbol, row.DataType, row.TotalRecords)).SequenceEqual(right.Select(row => (row.Symbol, row.DataType, row.TotalRecords)))
            && (await BookArchive.Of(source).GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false)).SequenceEqual(await BookArchive.Of(destination).GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <param name="isMerge">Whether it is enough that the destination contains the source.</param>
    /// <param name="cancellationToken"></param>
    public async Task<IReadOnlyList<CopyCheck>> RunAsync(bool isMerge, CancellationToken cancellationToken)
    {
        var from = await StoreLedgers.ReadAsync(source, _source, cancellationToken).ConfigureAwait(false);
        var to = await StoreLedgers.ReadAsync(destination, _destination, cancellationToken).ConfigureAwait(false);
        var checks = new List<CopyCheck>();
        foreach (var table in tables)
        {
            checks.AddRange(table.Mode switch
            {
                TableCopyMode.Candles => await CompareSeriesAsync(from, to, ledger => ledger.Interval is not null, isMerge, cancellationToken).ConfigureAwait(false),
                TableCopyMode.Trades => await CompareSeriesAsync(from, to, ledger => ledger.DataType == DataType.Trades, isMerge, cancellationToken).ConfigureAwait(false),
                TableCopyMode.Books => await new BookComparison(BookArchive.Of(source), BookArchive.Of(destination), createWire, isMerge).RunAsync(table.Name, cancellationToken).ConfigureAwait(false),
                TableCopyMode.Derived when isMerge => [],
                _ => await CompareRowsAsync(table, from, to, isMerge, cancellationToken).ConfigureAwait(false),
            });
        }

        return checks;
    }

    internal static CopyCheck Check(string table, string symbol, RowDigest left, RowDigest right, bool isMerge, string? evidence) => new()
    {
        Table = table,
        Symbol = symbol,
        Source = left,
        Destination = right,
        Verdict = left == right ? CopyVerdict.Same : isMerge && evidence is null ? CopyVerdict.Contained : CopyVerdict.Different,
        Evidence = left == right ? null : evidence,
    };

    private async Task<List<CopyCheck>> CompareSeriesAsync(
        IReadOnlyList<StoreLedger> from, IReadOnlyList<StoreLedger> to, Func<StoreLedger, bool> isOfTable, bool isMerge, CancellationToken cancellationToken)
    {
        var checks = new List<CopyCheck>();
        var left = from.Where(isOfTable).ToDictionary(ledger => (ledger.Symbol, ledger.DataType));
        var right = to.Where(isOfTable).ToDictionary(ledger => (ledger.Symbol, ledger.DataType));

        // What only a merged-into destination holds is none of the source's business.
        foreach (var key in isMerge ? [.. left.Keys] : left.Keys.Union(right.Keys).ToList())
        {
            var (ours, theirs) = (left.GetValueOrDefault(key), right.GetValueOrDefault(key));
            if (ours?.Extent is null && (isMerge || theirs?.Extent is null))
            {
                continue;
            }

            var interval = (ours ?? theirs)!.Interval;
            var sourceDigest = await DigestAsync(source, ours, cancellationToken).ConfigureAwait(false);
            var destinationDigest = await DigestAsync(destination, theirs, cancellationToken).ConfigureAwait(false);
            var evidence = sourceDigest == destinationDigest ? null
                : ours?.Extent is { } extent && await (interval is { } candles ? FirstLostCandleAsync(key.Symbol, candles, extent, isMerge, cancellationToken) : FirstLostTradeAsync(key.Symbol, extent, isMerge, cancellationToken)).ConfigureAwait(false) is { } lost ? lost
                : isMerge ? null
                : "the destination has rows that the source does not have";
            checks.Add(Check(interval is null ? "trades" : "candles", interval is null ? key.Symbol : $"{key.Symbol} {interval}", sourceDigest, destinationDigest, isMerge, evidence));
        }

        return checks;
    }

    private static async Task<RowDigest> DigestAsync(IMarketStore store, StoreLedger? ledger, CancellationToken cancellationToken)
    {
        if (ledger?.Extent is not { } extent)
        {
            return RowDigest.Empty;
        }

        using var digester = new RowDigester();
        if (ledger.Interval is { } interval)
        {
            await foreach (var (candles, _) in StoreStreams.CandlesAsync(store, ledger.Symbol, interval, extent, cancellationToken).ConfigureAwait(false))
            {
                using (candles)
                {
                    digester.Add(candles);
                }
            }
        }
        else
        {
            await foreach (var (trades, _, _) in StoreStreams.TradesAsync(store, ledger.Symbol, extent, cancellationToken).ConfigureAwait(false))
            {
                digester.Add(trades);
            }
        }

        return digester.Finish();
    }

    /// <summary>The first candle of the source that the destination has neither as it is nor (merged) in a better one.</summary>
    private async Task<string?> FirstLostCandleAsync(string symbol, Interval interval, TimeRange extent, bool isMerge, CancellationToken cancellationToken)
    {
        // A minute that the destination's trades prove to be quiet has no candle, whatever the source's file says.
        var proven = isMerge && interval == Interval.Minute
            ? ProvenMinutes.Of(await destination.GetCoverageAsync(symbol, DataType.Candles(interval), cancellationToken).ConfigureAwait(false), [], [])
            : ProvenMinutes.None;
        await foreach (var (candles, range) in StoreStreams.CandlesAsync(source, symbol, interval, extent, cancellationToken).ConfigureAwait(false))
        {
            using (candles)
            {
                using var there = await destination.ReadCandlesAsync(symbol, interval, interval, range, cancellationToken).ConfigureAwait(false);
                var at = 0;
                for (var index = 0; index < candles.Count; index++)
                {
                    while (at < there.Count && there.Timestamp[at] < candles.Timestamp[index])
                    {
                        at++;
                    }

                    var found = at < there.Count && there.Timestamp[at] == candles.Timestamp[index];
                    if (!found && proven.Refuses(candles.Timestamp[index], candles.Source[index]))
                    {
                        continue;
                    }

                    if (!found || (isMerge ? CandlePrecedence.Compare(there[at], candles[index]) < 0 : there[at] != candles[index]))
                    {
                        return $"{UnixTime.ToDateTimeOffset(candles.Timestamp[index]):u}: source {candles[index].ToText()} ({candles.Source[index]}), destination {(found ? $"{there[at].ToText()} ({there.Source[at]})" : "nothing")}";
                    }
                }
            }
        }

        return null;
    }

    private async Task<string?> FirstLostTradeAsync(string symbol, TimeRange extent, bool isMerge, CancellationToken cancellationToken)
    {
        await foreach (var (trades, window, _) in StoreStreams.TradesAsync(source, symbol, extent, cancellationToken).ConfigureAwait(false))
        {
            // The time of one trade may differ by a moment between sources: the earlier stays.
            var near = new TimeRange(window.StartMicroseconds - UnixTime.MicrosecondsPerMinute, window.EndMicroseconds + UnixTime.MicrosecondsPerMinute);
            var index = 0;
            while (index < trades.Count)
            {
                var there = await destination.ReadTradesAsync(symbol, near, trades.Id[index] - 1, trades.Count, cancellationToken).ConfigureAwait(false);
                var last = there.Count > 0 ? there.Id[there.Count - 1] : 0;
                var at = 0;
                do
                {
                    while (at < there.Count && there.Id[at] < trades.Id[index])
                    {
                        at++;
                    }

                    var found = at < there.Count && there.Id[at] == trades.Id[index];
                    if (!found || (isMerge ? TradeRow.ComparePrecedence(there[at], trades[index]) < 0 : there[at] != trades[index]))
                    {
                        return $"trade {trades.Id[index]}: source {trades[index]}, destination {(found ? there[at] : "nothing")}";
                    }

                    index++;
                }
                while (index < trades.Count && trades.Id[index] <= last);
            }
        }

        return null;
    }

    private async Task<List<CopyCheck>> CompareRowsAsync(StoreTable table, IReadOnlyList<StoreLedger> from, IReadOnlyList<StoreLedger> to, bool isMerge, CancellationToken cancellationToken)
    {
        var left = await DigestAsync(_source, table, cancellationToken).ConfigureAwait(false);
        var right = await DigestAsync(_destination, table, cancellationToken).ConfigureAwait(false);
        var symbols = isMerge ? left.Keys.ToList() : left.Keys.Union(right.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var lost = symbols.TrueForAll(symbol => left.GetValueOrDefault(symbol) == right.GetValueOrDefault(symbol)) ? [] : await FirstLostRowsAsync(table, isMerge, cancellationToken).ConfigureAwait(false);
        var checks = new List<CopyCheck>();
        foreach (var symbol in symbols)
        {
            var (ours, theirs) = (left.GetValueOrDefault(symbol, RowDigest.Empty), right.GetValueOrDefault(symbol, RowDigest.Empty));
            var evidence = (table.Mode, isMerge) switch
            {
                (TableCopyMode.WithRows, true) when table == StoreTables.Coverage => FirstLostCoverage(from, to, symbol),

                // A trade that came since ends such a range.
                (TableCopyMode.WithRows, true) when table == StoreTables.AbsentIds => null,
                _ => lost.GetValueOrDefault(symbol) ?? (isMerge || ours == theirs ? null : "the destination has rows that the source does not have"),
            };
            checks.Add(Check(table.Name, symbol, ours, theirs, isMerge, evidence));
        }

        return checks;
    }

    private static async Task<SortedDictionary<string, RowDigest>> DigestAsync(ITableStore store, StoreTable table, CancellationToken cancellationToken)
    {
        var digesters = new SortedDictionary<string, RowDigester>(StringComparer.Ordinal);
        try
        {
            await foreach (var row in StoreStreams.RowsAsync(store, table, cancellationToken).ConfigureAwait(false))
            {
                var symbol = table.SymbolOf(row);
                if (!digesters.TryGetValue(symbol, out var digester))
                {
                    digesters[symbol] = digester = new RowDigester();
                }

                digester.Add(row, table.SummedOf(row));
            }

            return new SortedDictionary<string, RowDigest>(digesters.ToDictionary(entry => entry.Key, entry => entry.Value.Finish(), StringComparer.Ordinal), StringComparer.Ordinal);
        }
        finally
        {
            foreach (var digester in digesters.Values)
            {
                digester.Dispose();
            }
        }
    }

    /// <summary>By symbol, the first row of the source whose key the destination lacks, or (not merged) has with other values.</summary>
    private async Task<Dictionary<string, string>> FirstLostRowsAsync(StoreTable table, bool isMerge, CancellationToken cancellationToken)
    {
        var lost = new Dictionary<string, string>(StringComparer.Ordinal);
        var there = StoreStreams.RowsAsync(_destination, table, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (there.ConfigureAwait(false))
        {
            var hasRow = await there.MoveNextAsync().ConfigureAwait(false);
            await foreach (var row in StoreStreams.RowsAsync(_source, table, cancellationToken).ConfigureAwait(false))
            {
                var key = table.KeyOf(row);
                while (hasRow && table.CompareKeys(table.KeyOf(there.Current), key) < 0)
                {
                    hasRow = await there.MoveNextAsync().ConfigureAwait(false);
                }

                var found = hasRow && table.CompareKeys(table.KeyOf(there.Current), key) == 0;
                if (!found || (!isMerge && !there.Current.AsSpan().SequenceEqual(row)))
                {
                    lost.TryAdd(table.SymbolOf(row), $"source ({Text(row)}), destination {(found ? $"({Text(there.Current)})" : "nothing")}");
                }
            }
        }

        return lost;

        static string Text(string?[] row) => string.Join(", ", row.Select(value => value is { Length: > 60 } ? value[..60] + "…" : value ?? "null"));
    }

    // At each instant the greater of both claims stays: joining the source's once more must change nothing.
    private static string? FirstLostCoverage(IReadOnlyList<StoreLedger> from, IReadOnlyList<StoreLedger> to, string symbol)
    {
        foreach (var ledger in from.Where(ledger => ledger.Symbol == symbol))
        {
            var there = to.FirstOrDefault(other => (other.Symbol, other.DataType) == (symbol, ledger.DataType))?.Coverage ?? CoverageSet.Empty;
            if (ledger.Coverage.FirstOrDefault(range => !there.Add(range).Equals(there)) is { } lost)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{ledger.DataType} {lost.Range} {lost.Source} {lost.Grade} is not covered in the destination");
            }
        }

        return null;
    }
}
