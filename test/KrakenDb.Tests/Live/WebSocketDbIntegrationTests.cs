using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>The documents' handlers between a user's own client and the writer.</summary>
public sealed class WebSocketDbIntegrationTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(Rows.Start.AddMinutes(10));
    private readonly InMemoryMarketStore _memory;
    private readonly DatabaseWriter _writer;

    public WebSocketDbIntegrationTests()
    {
        _memory = new InMemoryMarketStore(_clock);
        _writer = new DatabaseWriter(_memory, new DatabaseWriterOptions { TimeProvider = _clock });
    }

    private IMarketStore Store => _memory;

    public async ValueTask InitializeAsync() => await _writer.StartAsync();

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    [Fact]
    public async Task Trades_are_stored_with_their_ids_under_the_stored_name()
    {
        var integration = new WebSocketDbIntegration(_writer, timeProvider: _clock);
        await integration.OnTradeAsync("XBT/USD", Trade(1, 10));
        await integration.OnTradeAsync("XBTUSD", Trade(2, 20));

        await _writer.StopAsync();

        var stored = await Store.ReadTradesAsync("BTC/USD", Rows.Minutes(0, 10), 0, 10, default);
        stored.Rows().Select(row => (row.Id, row.OrderType)).ShouldBe([(1, "limit"), (2, "limit")]);
    }

    [Fact]
    public async Task A_candle_is_queued_when_a_later_one_comes_and_with_its_last_values()
    {
        var integration = new WebSocketDbIntegration(_writer, timeProvider: _clock);
        await integration.OnOhlcAsync("BTC/USD", Ohlc(3, 1));
        await integration.OnOhlcAsync("BTC/USD", Ohlc(3, 2));
        await integration.OnOhlcAsync("BTC/USD", Ohlc(4, 1));

        await _writer.StopAsync();

        using var candles = await Store.ReadCandlesAsync("BTC/USD", 1, 1, Rows.Minutes(0, 10), default);
        candles.Rows().Select(row => (row.TradeCount, row.Source)).ShouldBe([(2L, CandleSource.WebSocketOhlc)]);
    }

    [Fact]
    public async Task Flushing_leaves_out_what_ended_less_than_five_seconds_ago()
    {
        var integration = new WebSocketDbIntegration(_writer, timeProvider: _clock);
        await integration.OnOhlcAsync("BTC/USD", Ohlc(10, 1));
        await integration.OnOhlcAsync("ETH/USD", Ohlc(8, 1));
        await integration.OnOhlcAsync("BTC/USD", Ohlc(5, 7), new Interval(5));
        _clock.Advance(TimeSpan.FromSeconds(4));
        await integration.FlushCurrentCandlesAsync();
        await _writer.FlushAsync(default);
        (await Store.GetSyncStatusAsync()).Select(row => (row.Symbol, row.DataType)).ShouldBe([("ETH/USD", "candles_1m")]);

        _clock.Advance(TimeSpan.FromSeconds(2));
        await integration.FlushCurrentCandlesAsync();
        await _writer.StopAsync();

        (await Store.GetSyncStatusAsync()).Select(row => (row.Symbol, row.DataType)).ShouldBe([("BTC/USD", "candles_5m"), ("ETH/USD", "candles_1m")]);
    }

    [Fact]
    public async Task Where_trades_come_minutes_are_built_from_them_alone()
    {
        var integration = new WebSocketDbIntegration(_writer, timeProvider: _clock);
        await integration.OnTradeAsync("BTC/USD", Trade(1, 10));
        await integration.OnOhlcAsync("BTC/USD", Ohlc(3, 1));
        await integration.OnOhlcAsync("BTC/USD", Ohlc(4, 1));

        await _writer.StopAsync();

        (await Store.GetSyncStatusAsync("BTC/USD")).Select(row => row.DataType).ShouldBe([DataType.Trades]);
    }

    [Fact]
    public async Task A_clients_own_handlers_are_called_after_the_writer()
    {
        var calls = new List<string>();
        var client = new OwnClient
        {
            OnTrade = (symbol, _, _) =>
            {
                calls.Add(symbol);
                return Task.CompletedTask;
            },
        };
        WebSocketDbIntegration.IntegrateDbWriter(client, _writer);

        await client.OnTrade!("BTC/USD", Trade(1, 10), default);
        await client.OnOhlc!("ETH/USD", Ohlc(3, 1), Interval.Minute, default);
        await _writer.StopAsync();

        calls.ShouldBe(["BTC/USD"]);
        _writer.GetStats().TradesWritten.ShouldBe(1);
    }

    private static TradeData Trade(long id, int seconds) => new() { Price = 100, Qty = 1.5m, Timestamp = Rows.Start.AddSeconds(seconds), Side = TradeSide.Buy, TradeId = id, OrdType = "limit" };

    private static OhlcData Ohlc(int minute, long trades) => new() { Timestamp = Rows.Start.AddMinutes(minute), Open = 1, High = 2, Low = 1, Close = 2, Volume = 3, Trades = trades, Vwap = 1.5m };

    private sealed class OwnClient : IMarketClient
    {
        public Func<string, TradeData, CancellationToken, Task>? OnTrade { get; set; }

        public Func<string, OhlcData, Interval, CancellationToken, Task>? OnOhlc { get; set; }
    }
}
