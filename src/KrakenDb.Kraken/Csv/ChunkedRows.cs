namespace KrakenDb.Kraken;

/// <summary>Rows that are added one by one and never moved: a list that doubles holds three times its rows while it grows.</summary>
internal sealed class ChunkedRows<T>
    where T : struct
{
    private const int ChunkBits = 16;
    private const int ChunkRows = 1 << ChunkBits;

    private readonly List<T[]> _chunks = [];

    public int Count { get; private set; }

    public ref readonly T this[int index] => ref _chunks[index >> ChunkBits][index & (ChunkRows - 1)];

    public void Add(in T row)
    {
        if (Count == _chunks.Count << ChunkBits)
        {
            _chunks.Add(new T[ChunkRows]);
        }

        _chunks[^1][Count & (ChunkRows - 1)] = row;
        Count++;
    }

    public void Clear()
    {
        _chunks.Clear();
        Count = 0;
    }
}
