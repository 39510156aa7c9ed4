using KrakenDb.DuckDb;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.Benchmarks;

/// <summary>
/// The layer below the engine: SQL through the binding, on a connection to the same open database, so that ceiling and measured code share
/// threads, memory limit and cached blocks.
/// </summary>
internal sealed class Binding : IDisposable
{
    public const string RowsSql =
        """
        SELECT timestamp, open, high, low, close, volume, quote_volume, trade_count, vwap, source
        FROM candles
        WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4
        """;

    private readonly DuckDbFile _file;
    private readonly long[] _int64 = new long[2048];
    private readonly Int128[] _hugeInt = new Int128[2048];

    // One session whatever the thread, so that statements stay prepared.
    private Binding(DuckDbFile file)
    {
        _file = file;
        DuckDbSession? own = null;
        file.WithSession(session => own = session);
        Session = own!;
    }

    /// <summary>Opens a file, or shares the one that a store of this process has open.</summary>
    public static Binding Open(string path) => new(DuckDbFile.Acquire(path, Stores.Options));

    public static string BucketsSql(Interval interval) =>
        $"""
        SELECT (epoch_us(timestamp) - {Interval.OriginMicroseconds}) // {interval.Microseconds} AS bucket,
               arg_min(open, timestamp), max(high), min(low), arg_max(close, timestamp), sum(volume), sum(trade_count)::BIGINT
        FROM candles
        WHERE symbol = $1 AND interval_minutes = $2 AND timestamp >= $3 AND timestamp < $4
        GROUP BY bucket ORDER BY bucket
        """;

    public DuckDbSession Session { get; }

    /// <summary>Runs a prepared statement over 1-minute candles and copies every column out; returns the rows.</summary>
    public long Read(string sql, TimeRange range)
    {
        using var result = Session.Prepare(sql)
            .Bind(1, Stores.Market.Symbol)
            .Bind(2, 1)
            .BindTimestamp(3, range.StartMicroseconds)
            .BindTimestamp(4, range.EndMicroseconds)
            .Query();
        return Drain(result);
    }

    /// <summary>Runs a prepared statement with the symbol as its only parameter.</summary>
    public void Read(string sql)
    {
        using var result = Session.Prepare(sql).Bind(1, Stores.Market.Symbol).Query();
        Drain(result);
    }

    /// <summary>Runs a statement whose numbers stand in its text.</summary>
    public void ReadText(string sql)
    {
        using var result = Session.Connection.Query(sql);
        Drain(result);
    }

    public void Dispose() => _file.Dispose();

    private long Drain(DuckDbResult result)
    {
        long rows = 0;
        var columns = result.Columns;
        while (result.FetchChunk() is { } chunk)
        {
            rows += chunk.RowCount;
            for (var column = 0; column < columns.Length; column++)
            {
                switch (columns[column].Size)
                {
                    case sizeof(long):
                        chunk.Int64(column).CopyTo(_int64);
                        break;
                    case 16:
                        chunk.HugeInt(column).CopyTo(_hugeInt);
                        break;
                }
            }
        }

        return rows;
    }
}
