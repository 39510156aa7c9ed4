namespace KrakenDb;

/// <summary>Stored trades of one symbol as columns; values as in <see cref="TradeRow"/>. Ascending and unique in id in everything an engine takes or gives.</summary>
internal sealed class TradeBatch(int capacity)
{
    public int Count { get; set; }

    public int Capacity => Id.Length;

    public long[] Id { get; } = new long[capacity];

    public long[] TimestampNanoseconds { get; } = new long[capacity];

    public long[] Price { get; } = new long[capacity];

    public Int128[] Volume { get; } = new Int128[capacity];

    public TradeSide[] Side { get; } = new TradeSide[capacity];

    public string?[] OrderType { get; } = new string?[capacity];

    public string[] Misc { get; } = new string[capacity];

    public TradeRow this[int index]
    {
        get => new()
        {
            Id = Id[index],
            TimestampNanoseconds = TimestampNanoseconds[index],
            Price = Price[index],
            Volume = Volume[index],
            Side = Side[index],
            OrderType = OrderType[index],
            Misc = Misc[index],
        };
        set
        {
            Id[index] = value.Id;
            TimestampNanoseconds[index] = value.TimestampNanoseconds;
            Price[index] = value.Price;
            Volume[index] = value.Volume;
            Side[index] = value.Side;
            OrderType[index] = value.OrderType;
            Misc[index] = value.Misc;
        }
    }

    public static TradeBatch FromRows(IReadOnlyCollection<TradeRow> rows)
    {
        var batch = new TradeBatch(rows.Count);
        foreach (var row in rows)
        {
            batch.Add(row);
        }

        return batch;
    }

    public void Add(in TradeRow row) => this[Count++] = row;

    public IEnumerable<TradeRow> Rows()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    public bool IsOrdered()
    {
        for (var index = 1; index < Count; index++)
        {
            if (Id[index] <= Id[index - 1])
            {
                return false;
            }
        }

        return true;
    }
}
