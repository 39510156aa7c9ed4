using KrakenDb.DuckDb;
using KrakenDb.Simulator;
using KrakenDb.Tests;
using KrakenDb.Tests.Ingestion;
using KrakenDb.Tests.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Scenarios.History;

/// <summary>The whole way over the wire: a simulated exchange with faults, three symbols, kills; in the end the store is the exchange's own record.</summary>
public sealed class SimulatedHistoryScenario
{
    private static readonly string[] Symbols = ["BTC/USD", "ETH/USD", "XRP/USDT"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_history_with_faulty_replies_and_three_kills_ends_as_the_exchange_has_it(bool embedded)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var clock = new ManualClock(new DateTimeOffset(2024, 1, 1, 8, 30, 20, TimeSpan.Zero));
        await using var exchange = await SimulatedExchange.StartAsync(new SimulatedExchangeOptions { TimeProvider = clock }, cancellationToken);
        exchange.Faults = ExchangeFaults.Mixed(perThousand: 50, seed: 7);
        using var folder = new TemporaryFolder();
        await using IMarketStore store = embedded
            ? await DuckDbMarketStore.OpenAsync(folder["kraken.duckdb"], new DuckDbOptions { TimeProvider = clock }, cancellationToken)
            : new InMemoryMarketStore(clock);
        using var client = SimulatedHistory.Connect(exchange);
        foreach (var kill in new[] { 3, 10, 2 })
        {
            await Task.WhenAll(Symbols.Select(async symbol =>
            {
                var run = new KrakenTradesBackfill(new StoppingStore(store, kill), client, new KrakenTradesBackfillOptions { TimeProvider = clock });
                try
                {
                    await run.BackfillSymbolAsync(symbol, cancellationToken: cancellationToken);
                }
                catch (MarketStoreException)
                {
                    // The kill.
                }
            }));
        }

        // Ids that two replies in a row lacked are looked for again by the next run.
        for (var run = 0; run < 4; run++)
        {
            var backfill = new KrakenTradesBackfill(store, client, new KrakenTradesBackfillOptions { TimeProvider = clock });
            foreach (var symbol in Symbols)
            {
                (await backfill.BackfillSymbolAsync(symbol, cancellationToken: cancellationToken)).Error.ShouldBeNull();
            }
        }

        foreach (var symbol in Symbols)
        {
            await SimulatedHistory.ShouldBeTheExchangesAsync(store, exchange, symbol, clock, cancellationToken);
        }

        exchange.Requests.Faulty.ShouldBeGreaterThan(0);
    }
}
