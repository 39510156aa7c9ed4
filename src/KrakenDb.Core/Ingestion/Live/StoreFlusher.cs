using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace KrakenDb;

/// <summary>
/// Writes batches into the store, one transaction per symbol: rows, what their ids prove, and the candles of the minutes that they complete. A row that the store refuses
/// is set aside with the reason and the rest is stored.
/// </summary>
internal sealed class StoreFlusher(IMarketStore store, RejectedRecords rejected)
{
    // A server takes several symbols at once; the embedded store makes one commit of small writes that wait together.
    private const int Parallelism = 6;

    private readonly ConcurrentDictionary<string, SymbolState> _symbols = new(StringComparer.Ordinal);
    private long _tradesWritten;
    private long _candlesWritten;
    private long _duplicates;

    public long TradesWritten => Interlocked.Read(ref _tradesWritten);

    public long CandlesWritten => Interlocked.Read(ref _candlesWritten);

    public long Duplicates => Interlocked.Read(ref _duplicates);

    /// <summary>What is proven of a symbol's committed trades; empty before the first write.</summary>
    public TradeChain ChainOf(string symbol) => _symbols.TryGetValue(symbol, out var state) ? state.Chain ?? TradeChain.Empty : TradeChain.Empty;

    /// <summary>Stores everything. After a failure some symbols may be stored; storing them again changes nothing.</summary>
    public async Task WriteAsync(FlushBatch batch, CancellationToken cancellationToken)
    {
        var parts = new List<(string Symbol, SymbolState State, TradeBatch Trades)>();
        foreach (var (symbol, rows) in batch.Trades)
        {
            parts.Add((symbol, _symbols.GetOrAdd(symbol, static _ => new SymbolState()), Ordered(rows)));
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(parts, parallel, async (part, token) =>
        {
            await part.State.Gate.WaitAsync(token).ConfigureAwait(false);
            try
            {
                await WriteAsync(part.Symbol, part.State, part.Trades, token).ConfigureAwait(false);
            }
            finally
            {
                part.State.Gate.Release();
            }
        }).ConfigureAwait(false);

        foreach (var ((symbol, interval), rows) in batch.Candles)
        {
            await WriteAsync(symbol, interval, [.. rows.Values], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes over what other writers have proven of a symbol, and covers what follows from it: ids that now join.</summary>
    public async Task<TradeChain> LearnAsync(string symbol, CancellationToken cancellationToken)
    {
        var state = _symbols.GetOrAdd(symbol, static _ => new SymbolState());
        await state.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LearnAsync(symbol, state, cancellationToken).ConfigureAwait(false);
            return state.Chain!;
        }
        finally
        {
            state.Gate.Release();
        }
    }

    private static TradeBatch Slice(TradeBatch trades, int start, int count)
    {
        var slice = new TradeBatch(count);
        for (var index = start; index < start + count; index++)
        {
            slice.Add(trades[index]);
        }

        return slice;
    }

    private static StoreWrite With(StoreWrite write, TradeChainStep step) => write with
    {
        Covered = [.. step.Proven.Select(range => (DataType.Trades, range))],
        RebuildMinutes = step.Minutes,
    };

    private TradeBatch Ordered(List<TradeRow> rows)
    {
        var trades = new TradeBatch(rows.Count);
        foreach (ref readonly var row in CollectionsMarshal.AsSpan(rows))
        {
            trades.Add(row);
        }

        (trades, var repeated, var conflicting) = TradeMerge.Order(trades);
        Interlocked.Add(ref _duplicates, repeated + conflicting);
        return trades;
    }

    private async Task LearnAsync(string symbol, SymbolState state, CancellationToken cancellationToken)
    {
        var step = (state.Chain ?? TradeChain.Empty).Learn(await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false));
        if (step.Proven.Count > 0)
        {
            await store.WriteAsync(With(new StoreWrite { Symbol = symbol }, step), cancellationToken).ConfigureAwait(false);
        }

        state.Chain = step.Chain;
    }

    private async Task WriteAsync(string symbol, SymbolState state, TradeBatch trades, CancellationToken cancellationToken)
    {
        if (state.Chain is null)
        {
            await LearnAsync(symbol, state, cancellationToken).ConfigureAwait(false);
        }

        var step = state.Chain!.After(trades);
        try
        {
            var receipt = await store.WriteAsync(With(new StoreWrite { Symbol = symbol, Trades = trades }, step), cancellationToken).ConfigureAwait(false);
            state.Chain = step.Chain;
            Interlocked.Add(ref _tradesWritten, receipt.TradesInserted);
            Interlocked.Add(ref _duplicates, receipt.TradesUnchanged + receipt.TradesConflicting);
        }
        catch (Exception exception) when (MarketStoreException.IsOfRows(exception))
        {
            if (trades.Count == 1)
            {
                rejected.Add(symbol, trades[0], exception.Message);
                return;
            }

            var half = trades.Count / 2;
            await WriteAsync(symbol, state, Slice(trades, 0, half), cancellationToken).ConfigureAwait(false);
            await WriteAsync(symbol, state, Slice(trades, half, trades.Count - half), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(string symbol, Interval interval, ImmutableArray<CandleRow> rows, CancellationToken cancellationToken)
    {
        try
        {
            using var candles = CandleBatch.FromRows(rows);
            var receipt = await store.WriteAsync(
                new StoreWrite
                {
                    Symbol = symbol,
                    CandleInterval = interval,
                    Candles = candles,
                    Covered = [.. rows.Select(row => (DataType.Candles(interval), new CoverageRange
                    {
                        Range = new TimeRange(row.Timestamp, row.Timestamp + interval.Microseconds),
                        Source = CandleSource.WebSocketOhlc,
                        Grade = CoverageGrade.Claimed,
                    }))],
                },
                cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _candlesWritten, receipt.CandlesInserted);
        }
        catch (Exception exception) when (MarketStoreException.IsOfRows(exception))
        {
            if (rows.Length == 1)
            {
                rejected.Add(symbol, interval, rows[0], exception.Message);
                return;
            }

            var half = rows.Length / 2;
            await WriteAsync(symbol, interval, rows[..half], cancellationToken).ConfigureAwait(false);
            await WriteAsync(symbol, interval, rows[half..], cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class SymbolState
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public volatile TradeChain? Chain;
    }
}
