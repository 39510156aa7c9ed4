using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>Several symbols in one transaction of the embedded engine.</summary>
public sealed class WriteTogetherTests
{
    [Fact]
    public async Task Symbols_that_are_written_together_commit_together_or_not_at_all()
    {
        using var folder = new TemporaryFolder();
        await using var store = await StoreFile.OpenAsync(folder["kraken.duckdb"]);
        store.HasOneWriter.ShouldBeTrue();

        var receipts = await store.WriteTogetherAsync([Trades("BTC/USD", 1, 2, 3), Trades("ETH/USD", 7)], default);

        receipts.Select(receipt => receipt.TradesInserted).ShouldBe([3, 1]);
        await Should.ThrowAsync<ArgumentException>(async () => await store.WriteTogetherAsync([Trades("BTC/USD", 4), Trades("ETH/USD", 9, 8)], default));
        await Should.ThrowAsync<ArgumentException>(async () => await store.WriteTogetherAsync([Trades("BTC/USD", 4), Trades("BTC/USD", 5)], default));
        (await store.GetSyncStatusAsync()).Select(row => (row.Symbol, row.TotalRecords)).ShouldBe([("BTC/USD", 3L), ("ETH/USD", 1L)]);
        (await store.GetCoverageAsync("BTC/USD", DataType.Trades)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_writer_stores_many_symbols_at_once_with_coverage_and_candles()
    {
        using var folder = new TemporaryFolder();
        await using var store = await StoreFile.OpenAsync(folder["kraken.duckdb"]);
        var writer = new DatabaseWriter(store, new DatabaseWriterOptions { JournalDirectory = folder["journal"] });
        string[] symbols = [.. Enumerable.Range(1, 12).Select(number => $"S{number}/USD")];
        foreach (var id in Enumerable.Range(1, 200))
        {
            foreach (var symbol in symbols)
            {
                writer.WriteTrades(symbol, [Rows.Trade(id, id)]);
            }
        }

        await writer.StartAsync();
        await writer.StopAsync();

        writer.GetStats().TradesWritten.ShouldBe(2400);
        foreach (var symbol in symbols)
        {
            var covered = (await store.GetCoverageAsync(symbol, DataType.Trades)).ShouldHaveSingleItem();
            (covered.LastTradeId, covered.Range.End).ShouldBe((199, Rows.Start.AddSeconds(200)));
            using var candles = await store.ReadCandlesAsync(symbol, 1, 1, Rows.Minutes(0, 10), default);
            candles.Count.ShouldBe(2);
        }

        await writer.DisposeAsync();
    }

    private static StoreWrite Trades(string symbol, params long[] ids) => new()
    {
        Symbol = symbol,
        Trades = TradeBatch.FromRows([.. ids.Select(id => Rows.Trade(id, id))]),
        Covered = [(DataType.Trades, new CoverageRange { Range = Rows.Minutes(0, 1), Source = CandleSource.ProvenTrades, Grade = CoverageGrade.Proven })],
    };
}
