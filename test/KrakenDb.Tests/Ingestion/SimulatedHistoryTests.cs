using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Ingestion;

/// <summary>The whole way over the wire: a simulated exchange three symbols; in the end the store is the exchange's own record.</summary>
public sealed class SimulatedHistoryTests
{
    private static readonly string[] Symbols = ["BTC/USD", "ETH/USD", "XRP/USDT"];

    [Fact]
    public async Task A_limit_is_found_and_kept_to()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var clock = new ManualClock(new DateTimeOffset(2024, 1, 1, 3, 0, 0, TimeSpan.Zero));
        await using var exchange = await SimulatedExchange.StartAsync(new SimulatedExchangeOptions { TimeProvider = clock, RateLimitScale = 400 }, cancellationToken);
        using var client = SimulatedHistory.Connect(exchange);
        await using IMarketStore store = new InMemoryMarketStore(clock);

        var results = await Task.WhenAll(Symbols.Select(symbol =>
            new KrakenTradesBackfill(store, client, new KrakenTradesBackfillOptions { TimeProvider = clock }).BackfillSymbolAsync(symbol, cancellationToken: cancellationToken)));

        results.ShouldAllBe(result => result.Error == null);
        foreach (var symbol in Symbols)
        {
            await SimulatedHistory.ShouldBeTheExchangesAsync(store, exchange, symbol, clock, cancellationToken);
        }
    }

    [Fact]
    public async Task Gaps_are_filled_over_the_wire()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var clock = new ManualClock(new DateTimeOffset(2024, 1, 1, 20, 0, 20, TimeSpan.Zero));
        await using var exchange = await SimulatedExchange.StartAsync(new SimulatedExchangeOptions { TimeProvider = clock }, cancellationToken);
        using var client = SimulatedHistory.Connect(exchange);
        await using IMarketStore store = new InMemoryMarketStore(clock);
        await store.WriteAsync(new StoreWrite { Symbol = "ETH/USD", WantedFrom = clock.GetUtcNow().AddHours(-13) }, cancellationToken);
        await store.WriteAsync(new StoreWrite { Symbol = "BTC/USD", WantedFrom = clock.GetUtcNow().AddHours(-11) }, cancellationToken);
        var filler = new GapFiller(store, client, client, new GapFillerOptions { Symbols = ["XETHZUSD", "XBTUSD"], TimeProvider = clock });

        var result = await filler.FillAllGapsAsync(cancellationToken: cancellationToken);

        (result.GapsDetected, result.GapsFilled, result.Errors.Count).ShouldBe((2, 2, 0));
        result.TradesProcessed.ShouldBeGreaterThan(0);
        (await store.GetCoverageAsync("ETH/USD", "candles_1m", cancellationToken)).ShouldAllBe(range => range.Grade == CoverageGrade.Proven);
        (await store.GetCoverageAsync("BTC/USD", "candles_1m", cancellationToken)).ShouldAllBe(range => range.Source == CandleSource.RestOhlc);
        exchange.Requests.Of("OHLC").ShouldBe(1);
    }
}
