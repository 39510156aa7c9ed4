using KrakenDb.DuckDb;
using KrakenDb.Simulator;

namespace KrakenDb.Benchmarks;

/// <summary>Candles in transactions of 1,000, as live writing and backfills bring them, beside the appender alone in equal transactions.</summary>
internal sealed class UpsertBenchmark(BenchmarkOptions options, Report report)
{
    private const int BatchSize = 1_000;

    public async Task RunAsync()
    {
        var batches = options.IsDry ? 5 : 200;
        var stored = options.IsDry ? 10_000 : 1_000_000;
        var path = Stores.Fresh(options.Directory, "upserts");
        var rows = Stores.File(Stores.Market, stored + (batches * BatchSize)).Rows().ToList();
        var incoming = rows[stored..];
        var (appended, repeated, filled) = (new Samples(), new Samples(), new Samples());
        await using (IMarketStore store = await DuckDbMarketStore.OpenAsync(path, Stores.Options, CancellationToken.None))
        {
            foreach (var batch in Stores.Batches(rows.Take(stored), 100_000))
            {
                await Stores.WriteAsync(store, batch);
            }

            await WriteAsync(store, appended, incoming);
            await WriteAsync(store, repeated, incoming);

            // Every second minute is missing on the first pass and comes on the second: the rows lie between stored ones.
            var later = incoming.ConvertAll(row => row with { UnixSeconds = row.UnixSeconds + 600_000_000 });
            await WriteAsync(store, new Samples(), [.. later.Where((_, index) => index % 2 == 0)]);
            await WriteAsync(store, filled, [.. later.Where((_, index) => index % 2 == 1)]);
        }

        var ceiling = Ceiling(Stores.Fresh(options.Directory, "upserts-ceiling"), rows, stored);
        report.AddCeiling("appender in transactions of 1,000", "BEGIN; -- then 1,000 rows through duckdb_append_data_chunk, one flush\nCOMMIT;");
        report.Add(new Result("candle upserts, 1,000 new ones per transaction", BatchSize / appended.Median * 1000, "candles/s")
        {
            Target = 50_000,
            Ceiling = BatchSize / ceiling.Median * 1000,
            CeilingName = "appender in transactions of 1,000",
            Note = $"p50 {Result.Number(appended.Median)} ms, p95 {Result.Number(appended.P95)} ms per transaction with coverage and ledger",
        });
        report.Add(new Result("candle upserts, 1,000 per transaction, all stored already", BatchSize / repeated.Median * 1000, "candles/s") { Target = 50_000 });
        report.Add(new Result("candle upserts, 1,000 per transaction between stored ones", BatchSize / filled.Median * 1000, "candles/s") { Target = 50_000 });
    }

    private static async Task WriteAsync(IMarketStore store, Samples samples, List<SeededCandle> rows)
    {
        foreach (var batch in Stores.Batches(rows, BatchSize))
        {
            await samples.AddAsync(() => Stores.WriteAsync(store, batch));
        }
    }

    private static Samples Ceiling(string path, List<SeededCandle> rows, int stored)
    {
        var samples = new Samples();
        using var binding = Binding.Open(path);
        binding.Session.Connection.Execute("BEGIN");
        Append(binding.Session, rows[..stored]);
        binding.Session.Connection.Execute("COMMIT");
        for (var at = stored; at < rows.Count; at += BatchSize)
        {
            var batch = rows.GetRange(at, BatchSize);
            samples.Add(() =>
            {
                binding.Session.Connection.Execute("BEGIN");
                Append(binding.Session, batch);
                binding.Session.Connection.Execute("COMMIT");
            });
        }

        return samples;
    }

    private static void Append(DuckDbSession session, List<SeededCandle> rows)
    {
        using var appender = session.Connection.CreateAppender("candles");
        for (var at = 0; at < rows.Count; at += appender.Capacity)
        {
            var count = Math.Min(appender.Capacity, rows.Count - at);
            appender.FillString(0, Stores.Market.Symbol);
            appender.Int16(1).Fill(1);
            for (var row = 0; row < count; row++)
            {
                var candle = rows[at + row];
                appender.Int64(2)[row] = candle.UnixSeconds * 1_000_000;
                appender.Int64(3)[row] = candle.Open;
                appender.Int64(4)[row] = candle.High;
                appender.Int64(5)[row] = candle.Low;
                appender.Int64(6)[row] = candle.Close;
                appender.HugeInt(7)[row] = candle.Volume;
                appender.Int64(9)[row] = candle.Trades;
            }

            appender.SetAllNull(8);
            appender.SetAllNull(10);
            appender.UInt8(11).Fill((byte)CandleSource.OhlcvtCsv);
            appender.Append(count);
        }

        appender.Close();
    }
}
