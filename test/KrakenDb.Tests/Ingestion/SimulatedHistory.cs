using KrakenDb.Simulator;
using Shouldly;

namespace KrakenDb.Tests.Ingestion;

/// <summary>What a store must be after the history of a simulated exchange came over the wire.</summary>
internal static class SimulatedHistory
{
    /// <summary>A client without the exchange's pace, that tries again at once.</summary>
    public static KrakenExchange Connect(SimulatedExchange exchange) => new(new KrakenExchangeOptions
    {
        Address = exchange.BaseAddress,
        CallInterval = TimeSpan.Zero,
        LimitPause = TimeSpan.FromMilliseconds(20),
        RetryDelay = TimeSpan.FromMilliseconds(2),
        Timeout = TimeSpan.FromSeconds(1),
        MaxRetries = 12,
    });

    /// <summary>Every trade and every covered minute, nothing else; proven up to the clock.</summary>
    public static async Task ShouldBeTheExchangesAsync(IMarketStore store, SimulatedExchange exchange, string symbol, ManualClock clock, CancellationToken cancellationToken)
    {
        var trades = exchange.Trades(symbol).ToList();
        var all = new TimeRange(clock.GetUtcNow().AddDays(-1), clock.GetUtcNow().AddDays(1));
        var stored = await store.ReadTradesAsync(symbol, all, 0, int.MaxValue, cancellationToken);
        stored.Rows().Select(row => (row.Id, row.Price, row.Volume)).ShouldBe(trades.Select(trade => (trade.Id, trade.Price, trade.Volume)));
        var coverage = (await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken)).Single();
        coverage.Grade.ShouldBe(CoverageGrade.Proven);
        coverage.Range.End.ShouldBeInRange(clock.GetUtcNow().AddSeconds(-10), clock.GetUtcNow());
        var minutes = (await store.GetCoverageAsync(symbol, "candles_1m", cancellationToken)).Single().Range;
        using var candles = await store.ReadCandlesAsync(symbol, 1, 1, all, cancellationToken);
        candles.Rows().ShouldBe(ListedMarket.Minutes(stored.Rows(), minutes));
    }
}
