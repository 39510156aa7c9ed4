using System.Collections.Concurrent;

namespace KrakenDb;

/// <summary>
/// Stored candles of one symbol and interval as columns, so that no object is made per row. Values as in <see cref="CandleRow"/>.
/// Rented and returned: after <see cref="Dispose"/> another owner fills it.
/// </summary>
internal sealed class CandleBatch : IDisposable
{
    // Four keep a read-ahead pipeline free of allocations and hold on to at most some 100 MB.
    private const int PoolSize = 4;
    private const int PooledCapacityMax = 262_144;
    private static readonly ConcurrentQueue<CandleBatch> Pool = new();

    private int _isRented = 1;

    private CandleBatch(int capacity)
    {
        Timestamp = new long[capacity];
        Open = new long[capacity];
        High = new long[capacity];
        Low = new long[capacity];
        Close = new long[capacity];
        Volume = new Int128[capacity];
        QuoteVolume = new Int128[capacity];
        TradeCount = new long[capacity];
        Vwap = new long[capacity];
        Source = new CandleSource[capacity];
    }

    public int Count { get; set; }

    public int Capacity => Timestamp.Length;

    /// <summary>Microseconds since 1970 UTC; ascending and unique in everything an engine takes or gives.</summary>
    public long[] Timestamp { get; }

    public long[] Open { get; }

    public long[] High { get; }

    public long[] Low { get; }

    public long[] Close { get; }

    public Int128[] Volume { get; }

    /// <summary><see cref="CandleRow.UnknownVolume"/> where unknown.</summary>
    public Int128[] QuoteVolume { get; }

    public long[] TradeCount { get; }

    /// <summary><see cref="CandleRow.UnknownPrice"/> where unknown.</summary>
    public long[] Vwap { get; }

    public CandleSource[] Source { get; }

    public CandleRow this[int index]
    {
        get => new()
        {
            Timestamp = Timestamp[index],
            Open = Open[index],
            High = High[index],
            Low = Low[index],
            Close = Close[index],
            Volume = Volume[index],
            QuoteVolume = QuoteVolume[index],
            TradeCount = TradeCount[index],
            Vwap = Vwap[index],
            Source = Source[index],
        };
        set
        {
            Timestamp[index] = value.Timestamp;
            Open[index] = value.Open;
            High[index] = value.High;
            Low[index] = value.Low;
            Close[index] = value.Close;
            Volume[index] = value.Volume;
            QuoteVolume[index] = value.QuoteVolume;
            TradeCount[index] = value.TradeCount;
            Vwap[index] = value.Vwap;
            Source[index] = value.Source;
        }
    }

    public static CandleBatch Rent(int capacity)
    {
        for (var tries = Pool.Count; tries > 0 && Pool.TryDequeue(out var pooled); tries--)
        {
            if (pooled.Capacity >= capacity)
            {
                pooled.Count = 0;
                pooled._isRented = 1;
                return pooled;
            }
        }

        return new CandleBatch(capacity);
    }

    public static CandleBatch FromRows(IReadOnlyCollection<CandleRow> rows)
    {
        var batch = Rent(rows.Count);
        foreach (var row in rows)
        {
            batch.Add(row);
        }

        return batch;
    }

    /// <summary>This batch when so many rows more fit, else a larger one with its rows; this one is then given back.</summary>
    public CandleBatch WithRoom(int rows)
    {
        if (Count + rows <= Capacity)
        {
            return this;
        }

        var larger = Rent(Math.Max(Count + rows, Capacity * 2));
        Timestamp.AsSpan(0, Count).CopyTo(larger.Timestamp);
        Open.AsSpan(0, Count).CopyTo(larger.Open);
        High.AsSpan(0, Count).CopyTo(larger.High);
        Low.AsSpan(0, Count).CopyTo(larger.Low);
        Close.AsSpan(0, Count).CopyTo(larger.Close);
        Volume.AsSpan(0, Count).CopyTo(larger.Volume);
        QuoteVolume.AsSpan(0, Count).CopyTo(larger.QuoteVolume);
        TradeCount.AsSpan(0, Count).CopyTo(larger.TradeCount);
        Vwap.AsSpan(0, Count).CopyTo(larger.Vwap);
        Source.AsSpan(0, Count).CopyTo(larger.Source);
        larger.Count = Count;
        Dispose();
        return larger;
    }

    public void Add(in CandleRow row) => this[Count++] = row;

    public IEnumerable<CandleRow> Rows()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    /// <summary>Ascending and unique in time.</summary>
    public bool IsOrdered()
    {
        var timestamps = Timestamp.AsSpan(0, Count);
        for (var index = 1; index < timestamps.Length; index++)
        {
            if (timestamps[index] <= timestamps[index - 1])
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        // Only once: two owners of one batch would overwrite each other.
        if (Interlocked.Exchange(ref _isRented, 0) == 1 && Capacity <= PooledCapacityMax && Pool.Count < PoolSize)
        {
            Pool.Enqueue(this);
        }
    }
}
