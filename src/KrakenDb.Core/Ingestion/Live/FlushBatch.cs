using System.Runtime.InteropServices;

namespace KrakenDb;

/// <summary>Records by symbol on their way into the store. Not safe for several threads. Emptied and filled again, so that a steady stream makes no garbage.</summary>
internal sealed class FlushBatch
{
    private readonly Dictionary<string, List<TradeRow>> _trades = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Symbol, Interval Interval), SortedDictionary<long, CandleRow>> _candles = [];

    public int TradeCount { get; private set; }

    public int CandleCount { get; private set; }

    public bool IsEmpty => TradeCount + CandleCount == 0;

    /// <summary>Symbols with trades, and those trades in the order of arrival.</summary>
    public IEnumerable<KeyValuePair<string, List<TradeRow>>> Trades => _trades.Where(entry => entry.Value.Count > 0);

    /// <summary>Candles by open time; of several of one time the last.</summary>
    public IEnumerable<KeyValuePair<(string Symbol, Interval Interval), SortedDictionary<long, CandleRow>>> Candles => _candles.Where(entry => entry.Value.Count > 0);

    public void Add(string symbol, in TradeRow trade)
    {
        ListOf(symbol).Add(trade);
        TradeCount++;
    }

    public void Add(string symbol, ReadOnlySpan<TradeRow> trades)
    {
        CollectionExtensions.AddRange(ListOf(symbol), trades);
        TradeCount += trades.Length;
    }

    public void Add(string symbol, Interval interval, in CandleRow candle)
    {
        var rows = CandlesOf(symbol, interval);
        CandleCount += rows.ContainsKey(candle.Timestamp) ? 0 : 1;
        rows[candle.Timestamp] = candle;
    }

    /// <summary>Moves candles that are open at a time into another batch.</summary>
    public void MoveOpenTo(FlushBatch other, long nowMicroseconds)
    {
        foreach (var ((symbol, interval), rows) in _candles)
        {
            foreach (var open in rows.Values.Where(row => row.Timestamp + interval.Microseconds > nowMicroseconds).ToList())
            {
                rows.Remove(open.Timestamp);
                CandleCount--;
                other.Add(symbol, interval, open);
            }
        }
    }

    public bool HasClosedCandle(long nowMicroseconds) =>
        CandleCount > 0 && _candles.Any(entry => entry.Value.Keys.Any(open => open + entry.Key.Interval.Microseconds <= nowMicroseconds));

    /// <summary>Drops the oldest tenth of the symbol that has most.</summary>
    /// <returns>How many.</returns>
    public int DropOldest()
    {
        if (TradeCount == 0)
        {
            return 0;
        }

        var longest = _trades.Values.MaxBy(list => list.Count)!;
        var count = Math.Max(1, longest.Count / 10);
        longest.RemoveRange(0, count);
        TradeCount -= count;
        return count;
    }

    public void Clear()
    {
        foreach (var list in _trades.Values)
        {
            list.Clear();
        }

        foreach (var rows in _candles.Values)
        {
            rows.Clear();
        }

        (TradeCount, CandleCount) = (0, 0);
    }

    private List<TradeRow> ListOf(string symbol)
    {
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_trades, symbol, out _);
        return list ??= [];
    }

    private SortedDictionary<long, CandleRow> CandlesOf(string symbol, Interval interval)
    {
        ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(_candles, (symbol, interval), out _);
        return rows ??= [];
    }
}
