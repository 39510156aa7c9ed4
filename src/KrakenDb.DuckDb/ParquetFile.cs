using System.Text;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>Writes candles to a Parquet file, whatever engine they come from: through a database of its own beside the target, never the user's.</summary>
internal static partial class ParquetFile
{
    private const string Table =
        """
        CREATE TABLE candles (
            symbol           VARCHAR        NOT NULL,
            timestamp        TIMESTAMP      NOT NULL,
            interval_minutes INTEGER        NOT NULL,
            open             DECIMAL(18,10) NOT NULL,
            high             DECIMAL(18,10) NOT NULL,
            low              DECIMAL(18,10) NOT NULL,
            close            DECIMAL(18,10) NOT NULL,
            volume           DECIMAL(28,10) NOT NULL,
            quote_volume     DECIMAL(28,10),
            trade_count      BIGINT         NOT NULL,
            vwap             DECIMAL(18,10),
            complete         BOOLEAN        NOT NULL
        )
        """;

    // A file and not memory: DuckDB writes full row groups of a transaction out at once, so that any number of rows needs the same memory.
    private static readonly Dictionary<string, string> Settings = new(StringComparer.Ordinal)
    {
        ["threads"] = "2",
        ["memory_limit"] = "256MiB",
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
    };

    /// <summary>Writes all candles in the order in which they come and returns how many they were.</summary>
    /// <param name="path">The target. One that exists is replaced once the new file is whole; until then and after any error it stays as it is.</param>
    /// <param name="candles">Any symbols and intervals.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="MarketStoreException">No such folder, no space, a value beyond the limits.</exception>
    public static Task<long> WriteCandlesAsync(string path, IAsyncEnumerable<Candle> candles, CancellationToken cancellationToken = default) =>
        WriteAsync(path, "candles", Table, connection => AppendAsync(connection, candles, cancellationToken), cancellationToken);

    private static async Task<long> WriteAsync(string path, string table, string definition, Func<DuckDbConnection, Task<long>> append, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(path);
        if (Directory.Exists(target))
        {
            throw new MarketStoreException($"{target} is a folder. Name a file in it, such as {Path.Combine(target, table + ".parquet")}.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(target)))
        {
            throw new MarketStoreException($"There is no folder {Path.GetDirectoryName(target)}. Create it, or name another file.");
        }

        // A name of its own: two exports to one target do not meet, and the last one stays.
        var unfinished = $"{target}.{Path.GetRandomFileName()[..8]}.partial";
        var staging = unfinished + ".duckdb";
        try
        {
            var rows = await WriteAsync(staging, unfinished, table, definition, append, cancellationToken).ConfigureAwait(false);
            File.Move(unfinished, target, overwrite: true);
            return rows;
        }
        catch (DuckDbException exception) when (exception.IsInterrupt && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The export was cancelled.", exception, cancellationToken);
        }
        catch (DuckDbException exception)
        {
            throw DuckDbFailure.Explain(target, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MarketStoreException($"{target} cannot be written: {exception.Message}", exception);
        }
        finally
        {
            Delete(unfinished);
            Delete(staging);
            Delete(staging + ".wal");
        }
    }

    private static async Task<long> WriteAsync(string staging, string unfinished, string table, string definition, Func<DuckDbConnection, Task<long>> append, CancellationToken cancellationToken)
    {
        using var database = DuckDbDatabase.Open(staging, new Dictionary<string, string>(Settings, StringComparer.Ordinal) { ["temp_directory"] = staging + ".tmp" });
        using var connection = database.Connect();
        using var interrupt = connection.InterruptWhen(cancellationToken);
        connection.Execute(definition);

        // One transaction, never committed: the rows are read by it alone.
        connection.Execute("BEGIN");
        var rows = await append(connection).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var copy = $"COPY {table} TO '{unfinished.Replace("'", "''", StringComparison.Ordinal)}' (FORMAT parquet, COMPRESSION zstd)";

        // Takes a second for each few million rows: not on a thread of the pool.
        await Task.Factory.StartNew(() => connection.Execute(copy), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        return rows;
    }

    private static async Task<long> AppendAsync(DuckDbConnection connection, IAsyncEnumerable<Candle> candles, CancellationToken cancellationToken)
    {
        using var appender = connection.CreateAppender("candles");
        var symbol = "";
        var utf8 = Array.Empty<byte>();
        long rows = 0;
        var row = 0;
        await foreach (var candle in candles.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (!string.Equals(symbol, candle.Symbol, StringComparison.Ordinal))
            {
                symbol = candle.Symbol;
                utf8 = Encoding.UTF8.GetBytes(symbol);
            }

            Set(appender, row, utf8, candle);
            rows++;
            if (++row == appender.Capacity)
            {
                appender.Append(row);
                row = 0;
            }
        }

        appender.Append(row);
        appender.Close();
        return rows;
    }

    private static void Set(DuckDbAppender appender, int row, byte[] symbol, Candle candle)
    {
        try
        {
            appender.SetBytes(0, row, symbol);
            appender.Int64(1)[row] = UnixTime.Microseconds(candle.Timestamp);
            appender.Int32(2)[row] = candle.IntervalMinutes;
            appender.Int64(3)[row] = FixedPoint.PriceFromDecimal(candle.Open);
            appender.Int64(4)[row] = FixedPoint.PriceFromDecimal(candle.High);
            appender.Int64(5)[row] = FixedPoint.PriceFromDecimal(candle.Low);
            appender.Int64(6)[row] = FixedPoint.PriceFromDecimal(candle.Close);
            appender.HugeInt(7)[row] = FixedPoint.VolumeFromDecimal(candle.Volume);
            if (candle.QuoteVolume is { } quoteVolume)
            {
                appender.HugeInt(8)[row] = FixedPoint.VolumeFromDecimal(quoteVolume);
            }
            else
            {
                appender.SetNull(8, row);
            }

            appender.Int64(9)[row] = candle.TradeCount;
            if (candle.Vwap is { } vwap)
            {
                appender.Int64(10)[row] = FixedPoint.PriceFromDecimal(vwap);
            }
            else
            {
                appender.SetNull(10, row);
            }

            appender.UInt8(11)[row] = candle.Complete ? (byte)1 : (byte)0;
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new MarketStoreException($"{candle.Symbol} {candle.Interval} candle at {candle.Timestamp:u} does not fit a Parquet file: {exception.Message}", exception);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first error says what is wrong; a file left over carries ".partial" in its name.
        }
    }
}
