namespace KrakenDb.Benchmarks;

/// <summary>The five queries through the provider, each run beside the same question in SQL through the binding, run by run in turns.</summary>
internal sealed class QueryBenchmark(BenchmarkOptions options, Report report)
{
    private const string RangeSql = "SELECT oldest_timestamp, newest_timestamp, total_records FROM data_sync_status WHERE symbol = $1 AND data_type = 'candles_1m'";
    private static readonly Interval[] FineTimeframes = [new(1), new(5), new(15), new(30), new(60), new(240)];
    private static readonly Interval[] CoarseTimeframes = [new(720), new(1440), new(10080)];
    private static readonly Interval[] FiveTimeframes = [new(1), new(5), new(15), new(60), new(240)];

    private readonly int _warmups = options.IsDry ? 1 : 50;
    private readonly int _runs = options.IsDry ? 3 : 200;

    public async Task RunAsync()
    {
        var path = await Stores.FilledAsync(options.Directory, options.StoreRows);
        await using var store = await MarketStore.OpenAsync(path);
        using var binding = Binding.Open(path);
        var provider = new HistoricalDataProvider(store, Stores.Clock);
        var symbol = Stores.Market.Symbol;
        var stored = await provider.GetDataRangeAsync(symbol);
        var newest = Interval.Minute.Floor(stored.Newest) + Interval.Minute.Duration;
        report.AddCeiling("range in SQL", Binding.RowsSql);
        report.AddCeiling("rollup in SQL", Binding.BucketsSql(Interval.Week));
        report.AddCeiling("ledger in SQL", RangeSql);

        var random = new Random(1);
        var minutes = (long)(newest - stored.Oldest).TotalMinutes;
        TimeRange range = default;
        await MeasureAsync(
            "1,000 candles by random range",
            10,
            "range in SQL",
            async () => (await provider.GetCandlesAsync(symbol, Interval.Minute, range.Start, range.End)).Count,
            () => binding.Read(Binding.RowsSql, range),
            () =>
            {
                var start = stored.Oldest + TimeSpan.FromMinutes(random.NextInt64(Math.Max(1, minutes - 1000)));
                range = new TimeRange(start, start + TimeSpan.FromMinutes(1000));
            });

        foreach (var interval in FineTimeframes.Concat(CoarseTimeframes))
        {
            var end = interval.Ceiling(newest);
            var latest = new TimeRange(end - (interval.Duration * 200), end);
            var sql = interval.Minutes == 1 ? Binding.RowsSql : Binding.BucketsSql(interval);
            await MeasureAsync(
                $"latest 200 of {interval}",
                CoarseTimeframes.Contains(interval) ? 50 : 5,
                interval.Minutes == 1 ? "range in SQL" : "rollup in SQL",
                async () => (await provider.GetLatestCandlesAsync(symbol, interval, 200)).Count,
                () => binding.Read(sql, latest));
        }

        await MeasureAsync(
            "data range of a symbol",
            2,
            "ledger in SQL",
            async () => (await provider.GetDataRangeAsync(symbol)).TotalCandles,
            () => binding.Read(RangeSql));

        await MeasureAsync(
            "five timeframes × 100 (1m, 5m, 15m, 1h, 4h)",
            25,
            "the same five in SQL, one after the other",
            async () => (await provider.GetMultiTimeframeCandlesAsync(symbol, newest, FiveTimeframes, 100)).Values.Sum(candles => candles.Count),
            () =>
            {
                foreach (var interval in FiveTimeframes)
                {
                    var end = interval.Floor(newest);
                    binding.Read(interval.Minutes == 1 ? Binding.RowsSql : Binding.BucketsSql(interval), new TimeRange(end - (interval.Duration * 100), end));
                }
            });
    }

    private async Task MeasureAsync(string job, double p95Target, string ceilingName, Func<Task<long>> query, Action ceiling, Action? prepare = null)
    {
        var (ours, theirs) = (new Samples(), new Samples());
        var (oursCpu, theirsCpu) = (TimeSpan.Zero, TimeSpan.Zero);
        long rows = 0;
        for (var run = -_warmups; run < _runs; run++)
        {
            if (run == 0)
            {
                ours.Clear();
                theirs.Clear();
                (oursCpu, theirsCpu) = (TimeSpan.Zero, TimeSpan.Zero);
            }

            // In turns: whoever comes first brings the blocks of a range into memory.
            prepare?.Invoke();
            if (run % 2 == 0)
            {
                oursCpu += await MeasureOursAsync();
                theirsCpu += MeasureTheirs();
            }
            else
            {
                theirsCpu += MeasureTheirs();
                oursCpu += await MeasureOursAsync();
            }
        }

        report.Add(new Result($"{job}: p95", ours.P95, "ms")
        {
            Target = p95Target,
            Ceiling = theirs.P95,
            CeilingName = ceilingName,
            Note = $"p50 {Result.Number(ours.Median)}, ceiling's p50 {Result.Number(theirs.Median)}; processor time {Result.Number(oursCpu.TotalMilliseconds / _runs)}, ceiling's {Result.Number(theirsCpu.TotalMilliseconds / _runs)}; {rows:N0} in the last answer",
        });

        async Task<TimeSpan> MeasureOursAsync()
        {
            var before = Environment.CpuUsage.TotalTime;
            await ours.AddAsync(async () => rows = await query());
            return Environment.CpuUsage.TotalTime - before;
        }

        TimeSpan MeasureTheirs()
        {
            var before = Environment.CpuUsage.TotalTime;
            theirs.Add(ceiling);
            return Environment.CpuUsage.TotalTime - before;
        }
    }
}
