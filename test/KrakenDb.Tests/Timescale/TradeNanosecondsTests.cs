using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>Trades keep the nanoseconds beyond the microsecond of their time; stores of earlier versions had the whole time a second time.</summary>
public sealed class TradeNanosecondsTests
{
    // What script 11 found.
    private const string Earlier =
        """
        ALTER TABLE trades RENAME COLUMN timestamp_rest_ns TO timestamp_ns;
        UPDATE trades SET timestamp_ns = (extract(epoch FROM timestamp) * 1000000)::bigint * 1000 + timestamp_ns;
        DELETE FROM schema_version WHERE version = 11;
        """;

    [Fact]
    public async Task An_earlier_store_on_PostgreSQL_keeps_its_times()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await UpgradeAsync(database, compress: null);
    }

    [Fact]
    public async Task An_earlier_store_on_TimescaleDB_keeps_its_times_in_compressed_chunks()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await UpgradeAsync(database, "SELECT compress_chunk(chunk) FROM show_chunks('trades') chunk");
        (await database.ScalarAsync<string>("SELECT time_interval::text FROM timescaledb_information.dimensions WHERE hypertable_name = 'candles'")).ShouldBe("28 days");
    }

    private static async Task UpgradeAsync(TestDatabase database, string? compress)
    {
        TradeRow[] trades = [.. Enumerable.Range(1, 3_000).Select(id => Rows.Trade(id, id * 180.000000123m))];
        await using (var store = await database.OpenAsync())
        {
            await store.WriteAsync(new StoreWrite { Symbol = "BTC/USD", Trades = TradeBatch.FromRows(trades) }, default);
        }

        (await database.ScalarAsync<long>("SELECT max(timestamp_rest_ns) FROM trades")).ShouldBe(999);
        await database.ExecuteAsync(Earlier);
        if (compress is not null)
        {
            await database.ExecuteAsync(compress);
        }

        await using var again = await database.OpenAsync();

        (await again.ReadTradesAsync("BTC/USD", Rows.Minutes(0, 100_000), 0, 10_000, default)).Rows().ShouldBe(trades);
    }
}
