using Npgsql;
using NpgsqlTypes;

namespace KrakenDb.Benchmarks;

/// <content>Queries and the driver alone with the same work.</content>
internal sealed partial class ServerBenchmark
{
    private const string TradeStage = "CREATE TEMP TABLE staging (LIKE trades) ON COMMIT DROP";
    private const string TradeCopy = "COPY staging (symbol, timestamp, id, timestamp_rest_ns, price, volume, side, order_type, misc) FROM STDIN (FORMAT binary)";
    private const string TradeMerge = "INSERT INTO trades SELECT * FROM staging ON CONFLICT DO NOTHING";
    private const string ByDriver = "the rows in SQL, read by Npgsql";

    private static async Task CopyTradesAsync(NpgsqlDataSource source, TradeBatch batch)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, TradeStage);
        await using (var importer = await connection.BeginBinaryImportAsync(TradeCopy))
        {
            for (var row = 0; row < batch.Count; row++)
            {
                var trade = batch[row];
                await importer.StartRowAsync();
                await importer.WriteAsync(Stores.Market.Symbol, NpgsqlDbType.Text);
                await importer.WriteAsync(UnixTime.ToDateTimeOffset(trade.TimestampMicroseconds).UtcDateTime, NpgsqlDbType.TimestampTz);
                await importer.WriteAsync(trade.Id, NpgsqlDbType.Bigint);
                await importer.WriteAsync(trade.TimestampNanoseconds % 1000, NpgsqlDbType.Bigint);
                await importer.WriteAsync(FixedPoint.ToDecimal(trade.Price), NpgsqlDbType.Numeric);
                await importer.WriteAsync(FixedPoint.ToDecimal(trade.Volume), NpgsqlDbType.Numeric);
                await importer.WriteAsync(trade.Side == TradeSide.Buy ? "buy" : "sell", NpgsqlDbType.Text);
                await importer.WriteAsync(trade.OrderType!, NpgsqlDbType.Text);
                await importer.WriteAsync(trade.Misc, NpgsqlDbType.Text);
            }

            await importer.CompleteAsync();
        }

        await RunAsync(connection, TradeMerge);
        await transaction.CommitAsync();
    }

    // Every column of every row as .NET's own types; from the views where there are some.
    private static async Task<long> ReadAsync(NpgsqlDataSource source, Interval interval, DateTimeOffset start, DateTimeOffset end, int count)
    {
        var table = interval.Minutes == 1 ? "candles" : $"candles_{interval}";
        await using var command = source.CreateCommand($"""
            SELECT timestamp, open, high, low, close, volume, quote_volume, trade_count, vwap FROM {table}
            WHERE symbol = $1 AND interval_minutes = {interval.Minutes} AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp DESC LIMIT {count}
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = Stores.Market.Symbol });
        command.Parameters.Add(new NpgsqlParameter { Value = start.UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter { Value = end.UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync();
        long rows = 0;
        while (await reader.ReadAsync())
        {
            rows += reader.GetDateTime(0) < end.UtcDateTime ? 1 : 0;
            for (var column = 1; column < 6; column++)
            {
                _ = reader.GetDecimal(column);
            }

            _ = reader.IsDBNull(6) ? null : (decimal?)reader.GetDecimal(6);
            _ = reader.GetInt64(7);
            _ = reader.IsDBNull(8) ? null : (decimal?)reader.GetDecimal(8);
        }

        return rows;
    }

    private static async Task<long> StatusAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT data_type, oldest_timestamp, newest_timestamp, total_records FROM data_sync_status WHERE symbol = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = Stores.Market.Symbol });
        await using var reader = await command.ExecuteReaderAsync();
        long total = 0;
        while (await reader.ReadAsync())
        {
            total = reader.GetInt64(3);
        }

        return total;
    }

    private async Task QueriesAsync(IMarketStore store, NpgsqlConnectionStringBuilder target)
    {
        await using var source = NpgsqlDataSource.Create(target);
        var provider = new HistoricalDataProvider(store);
        var symbol = Stores.Market.Symbol;
        var stored = await provider.GetDataRangeAsync(symbol);
        var newest = stored.Newest + Interval.Minute.Duration;
        var minutes = (long)(newest - stored.Oldest).TotalMinutes;
        var random = new Random(1);
        var start = stored.Oldest;
        await MeasureAsync(
            "1,000 candles by random range",
            10,
            async () => (await provider.GetCandlesAsync(symbol, Interval.Minute, start, start + TimeSpan.FromMinutes(1000))).Count,
            () => ReadAsync(source, Interval.Minute, start, start + TimeSpan.FromMinutes(1000), 1000),
            () => start = stored.Oldest + TimeSpan.FromMinutes(random.NextInt64(Math.Max(1, minutes - 1000))));
        foreach (var interval in Timeframes)
        {
            var end = interval.Floor(newest);
            await MeasureAsync(
                $"latest 200 of {interval}",
                interval.Minutes >= 720 ? 50 : 5,
                async () => (await provider.GetLatestCandlesAsync(symbol, interval, 200)).Count,
                () => ReadAsync(source, interval, end - (interval.Duration * 314), end, 200));
        }

        await MeasureAsync("data range of a symbol", 2, async () => (await provider.GetDataRangeAsync(symbol)).TotalCandles, () => StatusAsync(source));
        await MeasureAsync(
            "five timeframes × 100",
            25,
            async () => (await provider.GetMultiTimeframeCandlesAsync(symbol, newest, FiveTimeframes, 100)).Values.Sum(candles => candles.Count),
            async () =>
            {
                long rows = 0;
                foreach (var interval in FiveTimeframes)
                {
                    var end = interval.Floor(newest);
                    rows += await ReadAsync(source, interval, end - (interval.Duration * 100), end, 100);
                }

                return rows;
            });
    }

    private async Task MeasureAsync(string job, double target, Func<Task<long>> query, Func<Task<long>> bare, Action? prepare = null)
    {
        var (ours, theirs) = (new Samples(), new Samples());
        long rows = 0;
        for (var run = options.IsDry ? -1 : -20; run < (options.IsDry ? 3 : 200); run++)
        {
            if (run == 0)
            {
                ours.Clear();
                theirs.Clear();
            }

            // In turns: whoever comes first brings the blocks into memory.
            prepare?.Invoke();
            foreach (var isOurs in run % 2 == 0 ? [true, false] : new[] { false, true })
            {
                await (isOurs ? ours.AddAsync(async () => rows = await query()) : theirs.AddAsync(bare));
            }
        }

        report.Add(new Result($"server: {job}: p95", ours.P95, "ms")
        {
            Target = target,
            Ceiling = theirs.P95,
            CeilingName = ByDriver,
            Note = $"p50 {Result.Number(ours.Median)}, ceiling's p50 {Result.Number(theirs.Median)}; {rows:N0} in the last answer",
        });
    }
}
