using System.Diagnostics;

namespace KrakenDb.Benchmarks;

/// <summary>A replay of everything that is stored at full speed, beside a scan of the same windows into columns.</summary>
internal sealed class ReplayBenchmark(BenchmarkOptions options, Report report)
{
    private const int CeilingWindowMinutes = 131_072;

    public async Task RunAsync()
    {
        var path = await Stores.FilledAsync(options.Directory, options.StoreRows);
        await using var store = await MarketStore.OpenAsync(path);
        using var binding = Binding.Open(path);
        var provider = new HistoricalDataProvider(store, Stores.Clock);
        var symbol = Stores.Market.Symbol;
        var stored = await provider.GetDataRangeAsync(symbol);
        var (start, end) = (stored.Oldest, stored.Newest + Interval.Minute.Duration);
        report.AddCeiling("windows of 131,072 minutes in SQL", Binding.RowsSql);

        // The first pass compiles, the others count.
        var (ours, theirs, first) = (new Samples(), new Samples(), new Samples());
        await ReplayAsync(provider, start, end);
        Scan(binding, new TimeRange(start, end));
        Machine.ResetPeakMemory();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        long candles = 0;
        await ours.AddAsync(async () => candles = await ReplayAsync(provider, start, end));
        var cpuPerCandle = (Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / candles;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var peak = Machine.PeakMemory();
        for (var run = 0; run < (options.IsDry ? 1 : 5); run++)
        {
            await ours.AddAsync(() => ReplayAsync(provider, start, end));
            theirs.Add(() => Scan(binding, new TimeRange(start, end)));
        }

        for (var run = 0; run < (options.IsDry ? 1 : 20); run++)
        {
            await first.AddAsync(async () =>
            {
                await using var replay = provider.ReplayCandlesAsync(symbol, Interval.Minute, start, end, speed: 0).GetAsyncEnumerator();
                await replay.MoveNextAsync();
            });
        }

        report.Add(new Result($"replay of {candles:N0} 1m candles", candles / ours.Median * 1000, "candles/s")
        {
            Target = 5_000_000,
            Ceiling = candles / theirs.Median * 1000,
            CeilingName = "windows of 131,072 minutes in SQL",
            Note = $"{cpuPerCandle:0} ns of processor time per candle, all threads",
        });
        report.Add(new Result("replay: time to the first candle", first.Median, "ms") { Target = 100 });
        report.Add(new Result("replay: allocated per candle", (double)allocated / candles, "bytes"));
        report.Add(new Result("replay: peak memory of the process", peak / 1e6, "MB"));
    }

    private static async Task<long> ReplayAsync(HistoricalDataProvider provider, DateTimeOffset start, DateTimeOffset end)
    {
        long candles = 0;
        decimal sum = 0;
        await foreach (var candle in provider.ReplayCandlesAsync(Stores.Market.Symbol, Interval.Minute, start, end, speed: 0))
        {
            candles++;
            sum += candle.Close;
        }

        return sum > 0 ? candles : throw new UnreachableException("Candles without prices.");
    }

    private static void Scan(Binding binding, TimeRange range)
    {
        var width = CeilingWindowMinutes * UnixTime.MicrosecondsPerMinute;
        for (var from = range.StartMicroseconds; from < range.EndMicroseconds; from += width)
        {
            binding.Read(Binding.RowsSql, new TimeRange(from, Math.Min(from + width, range.EndMicroseconds)));
        }
    }
}
