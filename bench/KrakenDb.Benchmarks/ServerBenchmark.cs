using KrakenDb.Timescale;
using Npgsql;
using NpgsqlTypes;

namespace KrakenDb.Benchmarks;

/// <summary>The server engine, each job beside the driver alone on the same server. Needs KRAKENDB_BENCH_URL: a server where databases may be created.</summary>
internal sealed partial class ServerBenchmark(BenchmarkOptions options, Report report)
{
    public const string UrlVariable = "KRAKENDB_BENCH_URL";

    private const int ImportBatch = 100_000;
    private const string Stage = "CREATE TEMP TABLE staging (LIKE candles) ON COMMIT DROP";
    private const string Copy = "COPY staging (symbol, interval_minutes, timestamp, open, high, low, close, volume, trade_count, source) FROM STDIN (FORMAT binary)";
    private const string Merge =
        """
        INSERT INTO candles SELECT * FROM staging
        ON CONFLICT (symbol, interval_minutes, timestamp) DO UPDATE SET
            open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume, trade_count = excluded.trade_count
        """;

    private static readonly Interval[] Timeframes = [new(1), new(5), new(15), new(30), new(60), new(240), new(720), new(1440), new(10080)];
    private static readonly Interval[] FiveTimeframes = [new(1), new(5), new(15), new(60), new(240)];

    private readonly long _rows = options.IsDry ? 20_000 : options.Rows.Count > 0 ? options.Rows.Max() : 2_000_000;

    public async Task RunAsync()
    {
        var url = Environment.GetEnvironmentVariable(UrlVariable);
        if (string.IsNullOrEmpty(url))
        {
            await Console.Error.WriteLineAsync($"   skipped: set {UrlVariable} to postgresql://user:password@host:port/postgres of a server where databases may be created");
            return;
        }

        var ceiling = await CreateDatabaseAsync(url, "krakendb_bench_ceiling");
        await using (IMarketStore schema = await OpenAsync(ceiling))
        {
            await schema.GetStatusAsync();
        }

        var target = await CreateDatabaseAsync(url, "krakendb_bench");
        await using var store = await OpenAsync(target);
        var status = await store.GetStatusAsync();
        await Console.Error.WriteLineAsync($"   {status.Engine} {status.EngineVersion}");
        report.Server = $"{status.Engine} {status.EngineVersion}";
        await ImportAsync(store, ceiling);
        await RefreshAsync(store);
        await UpsertsAsync(store, ceiling);
        await TradesAsync(store, ceiling);
        await QueriesAsync(store, target);
        await ReplayAsync(store, ceiling);
        await SizesAsync(target);
    }

    public static async Task<IMarketStore> OpenFreshAsync(string url, string name) => await OpenAsync(await CreateDatabaseAsync(url, name));

    /// <summary>An empty database of that name.</summary>
    public static async Task<NpgsqlConnectionStringBuilder> CreateDatabaseAsync(string url, string name)
    {
        var settings = PostgresUrl.Parse(url, Environment.GetEnvironmentVariable);
        await ExecuteAsync(settings, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await ExecuteAsync(settings, $"CREATE DATABASE {name}");
        settings.Database = name;
        return settings;
    }

    private static async Task<IMarketStore> OpenAsync(NpgsqlConnectionStringBuilder settings) => await TimescaleMarketStore.OpenAsync(settings, new TimescaleOptions(), CancellationToken.None);

    private static async Task ExecuteAsync(NpgsqlConnectionStringBuilder settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, MinPoolSize = 0, CommandTimeout = 0 });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnectionStringBuilder settings, string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, MinPoolSize = 0, CommandTimeout = 0 });
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    // Ours and the driver's batches in turns, so that a noisy moment meets both.
    private async Task ImportAsync(IMarketStore store, NpgsqlConnectionStringBuilder ceiling)
    {
        var (ours, again, theirs) = (new Samples(), new Samples(), new Samples());
        await using var source = NpgsqlDataSource.Create(ceiling);
        var rows = Stores.File(Stores.Market, _rows).Rows().ToList();
        for (var at = 0; at < rows.Count; at += ImportBatch)
        {
            var part = rows.GetRange(at, Math.Min(ImportBatch, rows.Count - at));
            await ours.AddAsync(() => Stores.WriteAsync(store, Stores.Batches(part, part.Count).Single()));
            using var batch = Stores.Batches(part, part.Count).Single();
            await theirs.AddAsync(() => CopyAndMergeAsync(source, batch, Stores.Market.Symbol));
        }

        for (var at = 0; at < rows.Count; at += ImportBatch)
        {
            var part = rows.GetRange(at, Math.Min(ImportBatch, rows.Count - at));
            await again.AddAsync(() => Stores.WriteAsync(store, Stores.Batches(part, part.Count).Single()));
        }

        var count = Math.Min(ImportBatch, rows.Count);
        report.AddCeiling("binary COPY + merge", $"{Stage};\n{Copy};\n{Merge};");
        report.Add(new Result($"server: import of {_rows:N0} candles, {ImportBatch:N0} per transaction", count / ours.Median * 1000, "rows/s")
        {
            Target = 150_000,
            Ceiling = count / theirs.Median * 1000,
            CeilingName = "binary COPY + merge",
        });
        report.Add(new Result("server: the same import again", count / again.Median * 1000, "rows/s"));
    }

    private static async Task CopyAndMergeAsync(NpgsqlDataSource source, CandleBatch batch, string symbol)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, Stage);
        await using (var importer = await connection.BeginBinaryImportAsync(Copy))
        {
            for (var row = 0; row < batch.Count; row++)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(symbol, NpgsqlDbType.Text);
                await importer.WriteAsync((short)1, NpgsqlDbType.Smallint);
                await importer.WriteAsync(UnixTime.ToDateTimeOffset(batch.Timestamp[row]).UtcDateTime, NpgsqlDbType.TimestampTz);
                await importer.WriteAsync(FixedPoint.ToDecimal(batch.Open[row]), NpgsqlDbType.Numeric);
                await importer.WriteAsync(FixedPoint.ToDecimal(batch.High[row]), NpgsqlDbType.Numeric);
                await importer.WriteAsync(FixedPoint.ToDecimal(batch.Low[row]), NpgsqlDbType.Numeric);
                await importer.WriteAsync(FixedPoint.ToDecimal(batch.Close[row]), NpgsqlDbType.Numeric);
                await importer.WriteAsync(FixedPoint.ToDecimal(batch.Volume[row]), NpgsqlDbType.Numeric);
                await importer.WriteAsync(batch.TradeCount[row], NpgsqlDbType.Bigint);
                await importer.WriteAsync((short)batch.Source[row], NpgsqlDbType.Smallint);
            }

            await importer.CompleteAsync();
        }

        await RunAsync(connection, Merge);
        await transaction.CommitAsync();
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    private async Task RefreshAsync(IMarketStore store)
    {
        var refresh = new Samples();
        await refresh.AddAsync(() => store.RefreshRollupsAsync(range: null, CancellationToken.None));
        report.Add(new Result("server: refresh of the eight rollups", _rows / refresh.Median * 1000, "minutes/s") { Target = 30_000 });
    }

    private async Task UpsertsAsync(IMarketStore store, NpgsqlConnectionStringBuilder ceiling)
    {
        await using var source = NpgsqlDataSource.Create(ceiling);
        var (appended, repeated, theirs) = (new Samples(), new Samples(), new List<Samples>());
        var rows = Stores.File(Stores.Market with { Symbol = "ETH/USD" }, options.IsDry ? 3_000 : 100_000).Rows().ToList();
        foreach (var samples in new[] { appended, repeated })
        {
            var bare = new Samples();
            theirs.Add(bare);
            foreach (var batch in Stores.Batches(rows, 1_000))
            {
                await bare.AddAsync(() => CopyAndMergeAsync(source, batch, "ETH/USD"));
                await samples.AddAsync(async () =>
                {
                    using (batch)
                    {
                        await store.WriteAsync(new StoreWrite { Symbol = "ETH/USD", CandleInterval = Interval.Minute, Candles = batch }, CancellationToken.None);
                    }
                });
            }
        }

        report.Add(new Result("server: candle upserts, 1,000 new ones per transaction", 1_000 / appended.Median * 1000, "candles/s") { Target = 50_000, Ceiling = 1_000 / theirs[0].Median * 1000, CeilingName = "binary COPY + merge", Note = $"p95 {Result.Number(appended.P95)} ms per transaction" });
        report.Add(new Result("server: candle upserts, 1,000 per transaction, all stored already", 1_000 / repeated.Median * 1000, "candles/s") { Target = 50_000, Ceiling = 1_000 / theirs[1].Median * 1000, CeilingName = "binary COPY + merge" });
    }

    private async Task TradesAsync(IMarketStore store, NpgsqlConnectionStringBuilder ceiling)
    {
        await using var source = NpgsqlDataSource.Create(ceiling);
        var theirs = new Samples();
        report.AddCeiling("binary COPY + merge of trades", $"{TradeStage};\n{TradeCopy};\n{TradeMerge};");
        const int size = 5_000;
        var samples = new Samples();
        var random = new Random(7);
        var (nanoseconds, price) = (UnixTime.Microseconds(Stores.Market.Start) * 1000, 42_000L * FixedPoint.One);
        long id = 0;
        for (var written = 0; written < (options.IsDry ? size : 1_000_000); written += size)
        {
            var batch = new TradeBatch(size);
            for (var row = 0; row < size; row++)
            {
                nanoseconds += random.NextInt64(0, 2_000_000_000);
                price += random.NextInt64(-50, 51) * (FixedPoint.One / 10);
                batch.Add(new TradeRow
                {
                    Id = ++id,
                    TimestampNanoseconds = nanoseconds,
                    Price = price,
                    Volume = random.NextInt64(1, 500_000_000) * 100,
                    Side = random.Next(2) == 0 ? TradeSide.Buy : TradeSide.Sell,
                    OrderType = random.Next(4) == 0 ? "market" : "limit",
                    Misc = "",
                });
            }

            await samples.AddAsync(() => store.WriteAsync(new StoreWrite { Symbol = Stores.Market.Symbol, Trades = batch }, CancellationToken.None));
            await theirs.AddAsync(() => CopyTradesAsync(source, batch));
        }

        report.Add(new Result($"server: trades, {size:N0} per transaction", size / samples.Median * 1000, "trades/s") { Target = 100_000, Ceiling = size / theirs.Median * 1000, CeilingName = "binary COPY + merge of trades" });
    }

    private async Task ReplayAsync(IMarketStore store, NpgsqlConnectionStringBuilder ceiling)
    {
        var provider = new HistoricalDataProvider(store);
        var stored = await provider.GetDataRangeAsync(Stores.Market.Symbol);
        var (ours, theirs, first) = (new Samples(), new Samples(), new Samples());
        await using var source = NpgsqlDataSource.Create(ceiling);
        long candles = 0;
        for (var run = 0; run < (options.IsDry ? 1 : 3); run++)
        {
            await ours.AddAsync(async () =>
            {
                candles = 0;
                await foreach (var candle in provider.ReplayCandlesAsync(Stores.Market.Symbol, Interval.Minute, stored.Oldest, stored.Newest + Interval.Minute.Duration, speed: 0))
                {
                    candles += candle.Close > 0 ? 1 : 0;
                }
            });
            await theirs.AddAsync(() => CopyOutAsync(source));
            await first.AddAsync(async () =>
            {
                await using var replay = provider.ReplayCandlesAsync(Stores.Market.Symbol, Interval.Minute, stored.Oldest, stored.Newest, speed: 0).GetAsyncEnumerator();
                await replay.MoveNextAsync();
            });
        }

        report.Add(new Result($"server: replay of {candles:N0} 1m candles", candles / ours.Median * 1000, "candles/s")
        {
            Target = 500_000,
            Ceiling = candles / theirs.Median * 1000,
            CeilingName = "binary COPY of the rows out, undecoded",
        });
        report.Add(new Result("server: replay: time to the first candle", first.Median, "ms") { Target = 100 });
    }

    private static async Task CopyOutAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var copy = await connection.BeginRawBinaryCopyAsync("COPY (SELECT * FROM candles WHERE symbol = 'BTC/USD' AND interval_minutes = 1 ORDER BY timestamp) TO STDOUT (FORMAT binary)");
        var buffer = new byte[128 * 1024];
        while (await copy.ReadAsync(buffer, CancellationToken.None) > 0)
        {
        }
    }

    private async Task SizesAsync(NpgsqlConnectionStringBuilder target)
    {
        if (!await ScalarAsync<bool>(target, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"))
        {
            return;
        }

        foreach (var table in new[] { "candles", "trades" })
        {
            var rows = await ScalarAsync<long>(target, $"SELECT count(*) FROM {table}");
            var before = await ScalarAsync<long>(target, $"SELECT hypertable_size('{table}')");
            await ExecuteAsync(target, $"SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('{table}') chunk");
            var after = await ScalarAsync<long>(target, $"SELECT hypertable_size('{table}')");
            report.Add(new Result($"server: size of {table} before compression", (double)before / rows, "bytes per row"));
            report.Add(new Result($"server: size of {table} after compression", (double)after / rows, "bytes per row") { Target = table == "trades" ? 22 : 31 });
        }
    }
}
