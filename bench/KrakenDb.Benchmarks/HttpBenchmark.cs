using System.Diagnostics;
using KrakenDb.Client;
using KrakenDb.Server;

namespace KrakenDb.Benchmarks;

/// <summary>A replay of everything that is stored through a running owner's endpoint on loopback, beside the same replay from the engine itself. Both ends share the processors.</summary>
internal sealed class HttpBenchmark(BenchmarkOptions options, Report report)
{
    private const string Ceiling = "the same replay in the owner's process";

    public async Task RunAsync()
    {
        var path = await Stores.FilledAsync(options.Directory, options.StoreRows);
        await using var store = await MarketStore.OpenAsync(path);
        await using var endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions { TimeProvider = Stores.Clock });
        await using var reader = await RemoteMarketReader.ConnectAsync(new EndpointAddress(endpoint.Address, endpoint.Token), locate: null, CancellationToken.None);
        var direct = new HistoricalDataProvider(store, Stores.Clock);
        var remote = new HistoricalDataProvider(reader, Stores.Clock);
        var stored = await direct.GetDataRangeAsync(Stores.Market.Symbol);
        var (start, end) = (stored.Oldest, stored.Newest + Interval.Minute.Duration);

        // The first pass compiles, the others count.
        var (ours, theirs, latest) = (new Samples(), new Samples(), new Samples());
        var candles = await ReplayAsync(direct, start, end);
        if (await ReplayAsync(remote, start, end) != candles)
        {
            throw new UnreachableException("The owner sent other candles than it has.");
        }

        var processor = Environment.CpuUsage.TotalTime;
        await ReplayAsync(remote, start, end);
        var cost = (Environment.CpuUsage.TotalTime - processor).TotalNanoseconds / candles.Count;
        for (var run = 0; run < (options.IsDry ? 1 : 5); run++)
        {
            await ours.AddAsync(() => ReplayAsync(remote, start, end));
            await theirs.AddAsync(() => ReplayAsync(direct, start, end));
        }

        for (var run = 0; run < (options.IsDry ? 10 : 500); run++)
        {
            await latest.AddAsync(() => remote.GetLatestCandlesAsync(Stores.Market.Symbol, Interval.Minute, 200));
        }

        report.Add(new Result($"http: replay of {candles.Count:N0} 1m candles", candles.Count / ours.Median * 1000, "candles/s")
        {
            Target = 1_000_000,
            Ceiling = candles.Count / theirs.Median * 1000,
            CeilingName = Ceiling,
            Note = $"{cost:0} ns of processor time per candle: engine, server, client and consumer",
        });
        report.Add(new Result("http: latest 200 1m candles", latest.P95, "ms, p95"));
    }

    private static async Task<(long Count, decimal Sum)> ReplayAsync(HistoricalDataProvider provider, DateTimeOffset start, DateTimeOffset end)
    {
        long count = 0;
        decimal sum = 0;
        await foreach (var candle in provider.ReplayCandlesAsync(Stores.Market.Symbol, Interval.Minute, start, end, speed: 0))
        {
            count++;
            sum += candle.Close;
        }

        return (count, sum);
    }
}
