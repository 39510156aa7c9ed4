using System.Globalization;
using KrakenDb.DuckDb;
using KrakenDb.Kraken;
using KrakenDb.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb.Benchmarks;

/// <summary>
/// What a backfill costs beside the network: a page of 1,000 trades parsed, and stored with its candles, coverage, cursor and ledger, for one symbol and for three
/// at a time; with the processor time, which a busy machine does not stretch. The server engine is measured where KRAKENDB_BENCH_URL names one.
/// </summary>
internal sealed class PagesBenchmark(BenchmarkOptions options, Report report)
{
    private static readonly MarketSpec[] Markets = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd, MarketSpec.RippleTether];

    private readonly int _pages = options.IsDry ? 5 : 300;

    public async Task RunAsync()
    {
        var bodies = await FetchAsync();
        var parsing = new Samples();
        var pages = bodies.Select(list => list.ConvertAll(body => Parse(body, parsing))).ToArray();
        report.Add(new Result("a page of 1,000 trades parsed", parsing.Median, "ms p50") { Target = 1, Note = $"p95 {Result.Number(parsing.P95)} ms" });
        foreach (var symbols in new[] { 1, 3 })
        {
            var path = Stores.Fresh(options.Directory, "pages");
            await using IMarketStore store = await DuckDbMarketStore.OpenAsync(path, Stores.Options, CancellationToken.None);
            await StoreAsync("DuckDB", store, pages[..symbols]);
        }

        if (Environment.GetEnvironmentVariable(ServerBenchmark.UrlVariable) is { Length: > 0 } url)
        {
            foreach (var symbols in new[] { 1, 3 })
            {
                await using var store = await ServerBenchmark.OpenFreshAsync(url, "krakendb_bench_pages");
                await StoreAsync((await store.GetStatusAsync()).Engine, store, pages[..symbols]);
            }
        }
    }

    private static TradesPage Parse(byte[] body, Samples samples)
    {
        TradesPage? page = null;
        samples.Add(() => page = ReplyReader.Read(body, TradesReply.Read).Result);
        return page!;
    }

    private async Task<List<byte[]>[]> FetchAsync()
    {
        await using var exchange = await SimulatedExchange.StartAsync(new SimulatedExchangeOptions { Markets = Markets });
        using var client = new HttpClient { BaseAddress = exchange.BaseAddress };
        var lists = new List<byte[]>[Markets.Length];
        for (var index = 0; index < Markets.Length; index++)
        {
            lists[index] = [];
            for (var since = "0"; lists[index].Count < _pages;)
            {
                var body = await client.GetByteArrayAsync(new Uri($"/0/public/Trades?pair={Markets[index].CsvName}&since={since}", UriKind.Relative));
                lists[index].Add(body);
                since = ReplyReader.Read(body, TradesReply.Read).Result!.Last!;
            }
        }

        return lists;
    }

    private async Task StoreAsync(string engine, IMarketStore store, List<TradesPage>[] pages)
    {
        var samples = pages.Select(_ => new Samples()).ToArray();
        var processor = Environment.CpuUsage.TotalTime;
        await Task.WhenAll(pages.Select((list, index) => Task.Run(async () =>
        {
            var stretch = new TradeStretch(store, new ListedPages(list), Markets[index].Symbol, start: null, lastId: null, static () => DateTimeOffset.UnixEpoch.AddYears(80), NullLogger.Instance) { Wants = true };
            for (var page = 0; page < list.Count; page++)
            {
                await samples[index].AddAsync(() => stretch.NextAsync(CancellationToken.None));
            }
        })));
        var all = Samples.Of(samples);
        var count = pages.Sum(list => list.Count);
        var perPage = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / count;
        report.Add(new Result($"a page stored with everything, {pages.Length} symbol{(pages.Length > 1 ? "s at a time" : "")} ({engine})", all.P95, "ms p95")
        {
            Target = 50,
            Note = string.Create(CultureInfo.InvariantCulture, $"p50 {all.Median:0.#} ms, {count} pages, {perPage:0.#} ms of processor time each"),
        });
    }

    /// <summary>Pages that are there already, given out in turn: what is measured is what comes after the network.</summary>
    private sealed class ListedPages(List<TradesPage> pages) : ITradeSource
    {
        private int _next;

        public int PageSize => TradesReply.RowsMax;

        public Task<TradesPage> ReadTradesAsync(string symbol, string since, CancellationToken cancellationToken) => Task.FromResult(pages[_next++]);

        public Task<long?> FindTradeIdAsync(string symbol, string? since, CancellationToken cancellationToken) => Task.FromResult<long?>(null);

        public Task<DateTimeOffset> ReadTimeAsync(CancellationToken cancellationToken) => Task.FromResult(DateTimeOffset.UnixEpoch);
    }
}
