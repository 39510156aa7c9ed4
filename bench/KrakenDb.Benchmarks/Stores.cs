using KrakenDb.DuckDb;
using KrakenDb.Simulator;

namespace KrakenDb.Benchmarks;

/// <summary>Generated files and the stores filled from them.</summary>
internal static class Stores
{
    /// <summary>The options of every store and of every ceiling.</summary>
    public static DuckDbOptions Options { get; } = new();

    // The first year that an import takes; 10 million traded minutes reach into 2028, so queries get a clock that stands later.
    public static MarketSpec Market { get; } = MarketSpec.BitcoinUsd with { Seed = 42, Start = new DateTimeOffset(2009, 1, 1, 0, 0, 0, TimeSpan.Zero) };

    public static TimeProvider Clock { get; } = new StandingClock();

    public static MarketSpec SecondMarket { get; } = MarketSpec.RippleTether with { Seed = 43, Start = Market.Start };

    public static CandleFile File(MarketSpec market, long rows) => new(market, MinuteSpan.First(rows * 2)) { RowsMax = rows };

    /// <summary>The path of a file of that many rows in a folder of its own; generated when it is not there.</summary>
    public static async Task<string> GenerateAsync(string directory, MarketSpec market, long rows)
    {
        var file = File(market, rows);
        var folder = Path.Combine(directory, $"csv-{rows}");
        var path = Path.Combine(folder, file.FileName);
        if (!System.IO.File.Exists(path))
        {
            await Console.Error.WriteLineAsync($"   generating {path}");
            await file.WriteToDirectoryAsync(folder);
        }

        return path;
    }

    /// <summary>A path at which no store is.</summary>
    public static string Fresh(string directory, string name)
    {
        var path = Path.Combine(directory, name + ".duckdb");
        foreach (var file in Directory.EnumerateFiles(directory, name + ".duckdb*"))
        {
            System.IO.File.Delete(file);
        }

        return path;
    }

    /// <summary>A store of that many 1-minute candles, written in whole row groups, closed once; kept for the next run.</summary>
    public static async Task<string> FilledAsync(string directory, long rows)
    {
        var finished = Path.Combine(directory, $"store-{rows}.duckdb");
        if (System.IO.File.Exists(finished))
        {
            return finished;
        }

        await Console.Error.WriteLineAsync($"   filling {finished}");
        var path = Fresh(directory, "unfinished");
        IMarketStore store = await DuckDbMarketStore.OpenAsync(path, Options, CancellationToken.None);
        await using (store)
        {
            foreach (var batch in Batches(File(Market, rows).Rows(), 983_040))
            {
                await WriteAsync(store, batch);
            }
        }

        System.IO.File.Move(path, finished);
        return finished;
    }

    /// <summary>Writes a batch with its coverage and gives the batch back.</summary>
    public static async Task<StoreReceipt> WriteAsync(IMarketStore store, CandleBatch batch)
    {
        using (batch)
        {
            var covered = new CoverageRange
            {
                Range = new TimeRange(batch.Timestamp[0], batch.Timestamp[batch.Count - 1] + UnixTime.MicrosecondsPerMinute),
                Source = CandleSource.OhlcvtCsv,
                Grade = CoverageGrade.Claimed,
            };
            var write = new StoreWrite
            {
                Symbol = Market.Symbol,
                CandleInterval = Interval.Minute,
                Candles = batch,
                Covered = [(DataType.Candles(Interval.Minute), covered)],
            };
            return await store.WriteAsync(write, CancellationToken.None);
        }
    }

    /// <summary>The rows in batches of a size; the last one is smaller.</summary>
    public static IEnumerable<CandleBatch> Batches(IEnumerable<SeededCandle> rows, int size)
    {
        CandleBatch? batch = null;
        foreach (var row in rows)
        {
            batch ??= CandleBatch.Rent(size);
            batch.Add(new CandleRow
            {
                Timestamp = row.UnixSeconds * 1_000_000,
                Open = row.Open,
                High = row.High,
                Low = row.Low,
                Close = row.Close,
                Volume = row.Volume,
                QuoteVolume = CandleRow.UnknownVolume,
                TradeCount = row.Trades,
                Vwap = CandleRow.UnknownPrice,
                Source = CandleSource.OhlcvtCsv,
            });
            if (batch.Count == size)
            {
                yield return batch;
                batch = null;
            }
        }

        if (batch is not null)
        {
            yield return batch;
        }
    }

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2090, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
