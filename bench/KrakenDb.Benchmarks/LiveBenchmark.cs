using System.Collections.Concurrent;
using System.Diagnostics;
using KrakenDb.DuckDb;
using KrakenDb.Timescale;

namespace KrakenDb.Benchmarks;

/// <summary>
/// Live trades of twenty symbols through <see cref="DatabaseWriter"/>, with coverage and candles, beside one bulk write per symbol of the same; and how long a
/// trade takes from its receipt to a committed row at two paces. On the embedded store, and on the server that KRAKENDB_BENCH_URL names.
/// </summary>
internal sealed class LiveBenchmark(BenchmarkOptions options, Report report)
{
    private const int SymbolCount = 20;
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private static readonly string[] Symbols = [.. Enumerable.Range(1, SymbolCount).Select(number => $"S{number}/USD")];

    private readonly int _perSymbol = options.IsDry ? 1_000 : 50_000;

    public async Task RunAsync()
    {
        report.AddCeiling("bulk write", "store.WriteAsync(all trades of one symbol with their coverage and minutes), one symbol after the other");
        await RunAsync("embedded", 200_000, name => DuckAsync(name));
        if (Environment.GetEnvironmentVariable(ServerBenchmark.UrlVariable) is { Length: > 0 } url)
        {
            await RunAsync("server", 100_000, name => ServerAsync(url, name));
        }
    }

    private async Task<IMarketStore> DuckAsync(string name) => await DuckDbMarketStore.OpenAsync(Stores.Fresh(options.Directory, name), Stores.Options, CancellationToken.None);

    private static async Task<IMarketStore> ServerAsync(string url, string name) =>
        await TimescaleMarketStore.OpenAsync(await ServerBenchmark.CreateDatabaseAsync(url, $"krakendb_bench_{name.Replace('-', '_')}"), new TimescaleOptions(), CancellationToken.None);

    private async Task RunAsync(string engine, int target, Func<string, Task<IMarketStore>> open)
    {
        var rows = Symbols.Select(Rows).ToArray();
        double ceiling;
        double processor;
        await using (var store = await open("live-ceiling"))
        {
            var busy = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            for (var symbol = 0; symbol < SymbolCount; symbol++)
            {
                var batch = TradeBatch.FromRows(rows[symbol]);
                var step = TradeChain.Empty.After(batch);
                await store.WriteAsync(
                    new StoreWrite { Symbol = Symbols[symbol], Trades = batch, Covered = [.. step.Proven.Select(range => (DataType.Trades, range))], RebuildMinutes = step.Minutes }, CancellationToken.None);
            }

            ceiling = SymbolCount * _perSymbol / Stopwatch.GetElapsedTime(started).TotalSeconds;
            processor = MicrosecondsPerTrade(busy);
        }

        await using (var store = await open("live"))
        {
            await ThroughputAsync(engine, target, ceiling, processor, store, rows);
        }

        await using (var store = await open("live-latency"))
        {
            // So few that the interval alone starts a flush, then so many that 100 queued trades do.
            long id = 0;
            foreach (var rate in new[] { 80, 400 })
            {
                id = await LatencyAsync(engine, store, rate, id);
            }
        }
    }

    private async Task ThroughputAsync(string engine, int target, double ceiling, double processor, IMarketStore store, TradeRow[][] rows)
    {
        var records = new TradeRecord[SymbolCount * _perSymbol];
        for (var index = 0; index < records.Length; index++)
        {
            var row = rows[index % SymbolCount][index / SymbolCount];
            records[index] = new TradeRecord
            {
                Symbol = Symbols[index % SymbolCount],
                Id = row.Id,
                Timestamp = UnixTime.ToDateTimeOffset(row.TimestampMicroseconds),
                TimestampNanoseconds = row.TimestampNanoseconds,
                Price = FixedPoint.ToDecimal(row.Price),
                Volume = FixedPoint.ToDecimal(row.Volume),
                Side = row.Side,
                OrderType = row.OrderType,
            };
        }

        var journal = Path.Combine(options.Directory, $"journal-{engine}");
        var writer = new DatabaseWriter(store, new DatabaseWriterOptions { JournalDirectory = journal, StopTimeout = TimeSpan.FromMinutes(5) });
        await writer.StartAsync();
        GC.Collect();
        var busy = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        foreach (var record in records)
        {
            await writer.WriteTradeAsync(record);
        }

        var taken = Stopwatch.GetElapsedTime(started);
        await writer.StopAsync();
        var elapsed = Stopwatch.GetElapsedTime(started);
        var spent = MicrosecondsPerTrade(busy);
        var stats = writer.GetStats();
        if (stats.TradesWritten != records.Length || stats.Dropped > 0)
        {
            throw new InvalidOperationException($"{stats.TradesWritten} of {records.Length} trades were stored: {stats}");
        }

        report.Add(new Result($"live trades through DatabaseWriter, {SymbolCount} symbols, {engine}", records.Length / elapsed.TotalSeconds, "trades/s")
        {
            Target = target,
            Ceiling = ceiling,
            CeilingName = "bulk write",
            Note = $"taken at {Result.Number(records.Length / taken.TotalSeconds)}/s, {stats.FlushCount} flushes, {Result.Number(stats.OverflowCount)} through the journal; processor of this program {spent:0.00} µs a trade, of the bulk write {processor:0.00}",
        });
    }

    private async Task<long> LatencyAsync(string engine, IMarketStore store, int perSecond, long lastId)
    {
        var writer = new DatabaseWriter(store, new DatabaseWriterOptions { TradeFlushInterval = FlushInterval });
        await writer.StartAsync();
        var waiting = new ConcurrentDictionary<(string Symbol, long Id), long>();
        var latencies = new List<double>();
        using var done = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            while (!waiting.IsEmpty || !done.IsCancellationRequested)
            {
                foreach (var (key, at) in waiting)
                {
                    if (writer.ChainOf(key.Symbol).Head is { } head && head.LastId >= key.Id)
                    {
                        latencies.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                        waiting.TryRemove(key, out _);
                    }
                }

                await Task.Delay(1);
            }
        });

        var count = perSecond * (options.IsDry ? 2 : 20);
        var began = Stopwatch.GetTimestamp();
        for (var index = 0; index < count; index++)
        {
            // By the clock, so that a late timer makes the pace no slower.
            while (Stopwatch.GetElapsedTime(began).TotalSeconds * perSecond < index)
            {
                await Task.Delay(1);
            }

            var symbol = Symbols[index % SymbolCount];
            var id = lastId + 1 + (index / SymbolCount);
            waiting[(symbol, id)] = Stopwatch.GetTimestamp();
            var now = TimeProvider.System.GetUtcNow();
            writer.WriteTrades(symbol, [new TradeRow { Id = id, TimestampNanoseconds = UnixTime.Microseconds(now) * 1000, Price = FixedPoint.One, Volume = FixedPoint.One, Side = TradeSide.Buy, OrderType = "limit", Misc = "" }]);
        }

        await writer.StopAsync();
        await done.CancelAsync();
        await watching;
        var sorted = latencies.Order().ToArray();
        report.Add(new Result($"receipt to committed row, {SymbolCount} symbols, {perSecond} trades/s, flush interval {FlushInterval.TotalMilliseconds:0} ms, {engine}", sorted[(int)(sorted.Length * 0.99)], "ms p99")
        {
            Target = FlushInterval.TotalMilliseconds + 50,
            Note = $"p50 {Result.Number(sorted[sorted.Length / 2])} ms, max {Result.Number(sorted[^1])} ms, {sorted.Length} trades",
        });
        return lastId + (count / SymbolCount);
    }

    private double MicrosecondsPerTrade(TimeSpan busyBefore) => (Environment.CpuUsage.TotalTime - busyBefore).TotalMicroseconds / (SymbolCount * _perSymbol);

    private TradeRow[] Rows(string symbol)
    {
        var random = new Random(symbol.GetHashCode(StringComparison.Ordinal) & 0xFF);
        var (nanoseconds, price) = (UnixTime.Microseconds(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)) * 1000, 42_000L * FixedPoint.One);
        return
        [
            .. Enumerable.Range(1, _perSymbol).Select(id => new TradeRow
            {
                Id = id,
                TimestampNanoseconds = nanoseconds += random.NextInt64(0, 140_000_000),
                Price = price += random.NextInt64(-50, 51) * (FixedPoint.One / 10),
                Volume = random.NextInt64(1, 500_000_000) * 100,
                Side = random.Next(2) == 0 ? TradeSide.Buy : TradeSide.Sell,
                OrderType = random.Next(4) == 0 ? "market" : "limit",
                Misc = "",
            }),
        ];
    }
}
