using System.Text;
using System.Text.Json;
using KrakenDb.Cli;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

/// <summary>The commands that call the exchange, against a simulated one.</summary>
public sealed class RestCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _replies = new();
    private readonly ManualClock _clock = new(new DateTimeOffset(2024, 1, 1, 2, 0, 20, TimeSpan.Zero));
    private readonly InMemoryMarketStore _store;
    private SimulatedExchange _exchange = null!;

    public RestCommandTests() => _store = new InMemoryMarketStore(_clock);

    public async ValueTask InitializeAsync() => _exchange = await SimulatedExchange.StartAsync(new SimulatedExchangeOptions { TimeProvider = _clock }, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _exchange.DisposeAsync();
        _replies.Dispose();
    }

    [Fact]
    public async Task Backfill_prints_a_plan_and_what_it_came_to()
    {
        var trades = _exchange.Trades("BTC/USD").Count();

        var first = await RunAsync("backfill", "--symbols", "XBTUSD", "--format", "json");

        first.ExitCode.ShouldBe(0, first.Error);
        first.ErrorLines[0].ShouldBe($"BTC/USD: about {trades:N0} trades from the first trade of all to 2024-01-01 02:00:20; 0 trades stored.");
        first.ErrorLines[1].ShouldStartWith("Plan: at least ");
        using var result = JsonDocument.Parse(first.Output);
        result.RootElement[0].GetProperty("inserted").GetInt64().ShouldBe(trades);

        var again = await RunAsync("backfill", "--symbols", "BTC/USD", "--resume");
        again.ExitCode.ShouldBe(0);
        again.ErrorLines[0].ShouldEndWith($"; {trades:N0} trades stored.");
        again.Output.ShouldContain("BTC/USD");
    }

    [Fact]
    public async Task Fill_gaps_prints_the_five_fields()
    {
        await ((IMarketStore)_store).WriteAsync(new StoreWrite { Symbol = "BTC/USD", WantedFrom = _clock.GetUtcNow().AddHours(-1) }, default);

        var run = await RunAsync("fill-gaps", "--symbols", "BTC/USD", "--format", "json");

        run.ExitCode.ShouldBe(0, run.Error);
        using var result = JsonDocument.Parse(run.Output);
        result.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["gaps_detected", "gaps_filled", "candles_inserted", "trades_processed", "errors"]);
        result.RootElement.GetProperty("gaps_filled").GetInt32().ShouldBe(1);
        (await RunAsync("fill-gaps", "--symbols", "BTC/USD")).Output.ShouldBe("No gaps: everything wanted is stored.\n");
    }

    [Fact]
    public async Task Verify_gives_a_verdict_and_coverage_draws_days()
    {
        await RunAsync("backfill", "--symbols", "BTC/USD");

        var verified = await RunAsync("verify", "--symbols", "BTC/USD", "--format", "json");
        verified.ExitCode.ShouldBe(0, verified.Error);
        using var reports = JsonDocument.Parse(verified.Output);
        reports.RootElement[0].GetProperty("verdict").GetString().ShouldBe("proven");

        var wrong = (await ((IMarketStore)_store).ReadCandlesAsync("BTC/USD", 1, 1, new TimeRange(_clock.GetUtcNow().AddHours(-1), _clock.GetUtcNow()), default))[0] with { TradeCount = 1_000_000 };
        await ((IMarketStore)_store).WriteAsync(new StoreWrite { Symbol = "BTC/USD", CandleInterval = 1, Candles = CandleBatch.FromRows([wrong]) }, default);
        (await RunAsync("verify", "--offline")).ExitCode.ShouldBe(ExitCode.Failed);

        var repaired = await RunAsync("verify", "--repair");
        repaired.ExitCode.ShouldBe(ExitCode.Done, repaired.Error);
        repaired.Output.ShouldContain("proven");

        (await RunAsync("coverage", "XBTUSD")).Lines[2].ShouldBe("2024-01  #" + new string(' ', 30));
        (await RunAsync("status", "BTC/USD")).Output.ShouldContain("proven");
    }

    [Fact]
    public async Task After_a_refresh_every_listed_pair_has_all_its_names()
    {
        var run = await RunAsync("symbols", "--refresh");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldContain("3 pairs listed: 3 new to this store, 0 changes");
        using var listed = JsonDocument.Parse((await RunAsync("symbols", "--listed", "--format", "json")).Output);
        listed.RootElement[0].GetProperty("rest_key").GetString().ShouldBe("XXBTZUSD");
        (await RunAsync("symbols", "--changes", "--format", "csv")).Lines.Length.ShouldBe(4);
        (await RunAsync("symbols", "--refresh")).Error.ShouldContain("0 new to this store, 0 changes");

        // A pair that was listed after this version was made, by a key that nothing could guess.
        await ((IMarketStore)_store).AddInstrumentsAsync([new Instrument { Symbol = "NEWCOIN/USD", Altname = "NEWCOINUSD", RestKey = "XNEWZUSD", WsName = "NEWCOIN/USD" }], default);
        await ((IMarketStore)_store).WriteAsync(new StoreWrite { Symbol = "NEWCOIN/USD", Trades = TradeBatch.FromRows([Storage.Rows.Trade(1)]) }, default);
        (await RunAsync("status", "XNEWZUSD")).Output.ShouldContain("NEWCOIN/USD");
    }

    [Fact]
    public async Task A_start_in_the_future_is_a_mistake()
    {
        var run = await RunAsync("backfill", "--symbols", "BTC/USD", "--since", "2025-01-01");

        run.ExitCode.ShouldBe(ExitCode.Misused);
        run.Error.ShouldContain("lies in the future");
    }

    [Fact]
    public async Task An_unknown_pair_is_named_with_its_near_matches()
    {
        var run = await RunAsync("backfill", "--symbols", "BTC/USX");

        run.ExitCode.ShouldBe(ExitCode.Misused);
        run.Error.ShouldContain("Did you mean BTC/USD");
    }

    [Fact]
    public async Task An_exchange_that_is_not_there_says_what_was_tried()
    {
        var run = await RunAtAsync(_clock, new Uri("http://127.0.0.1:9"), "backfill", "--symbols", "BTC/USD", "--max-retries", "2");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("tried 3 times in");
        run.Error.ShouldContain("warning: Time, try 3: No answer to Time");
        run.Error.ShouldNotContain("try 2");
        run.Error.ShouldContain("what is stored stays");
        run.Error.ShouldContain("BTC/USD: no trade is stored.");

        await RunAsync("backfill", "--symbols", "BTC/USD");
        _clock.Advance(TimeSpan.FromMinutes(5));
        run = await RunAtAsync(_clock, new Uri("http://127.0.0.1:9"), "backfill", "--symbols", "BTC/USD", "--max-retries", "0");
        run.Error.ShouldMatch("BTC/USD: [0-9,]+ trades stored, from 2024-01-01 00:0.:.. to 2024-01-01 0[12]:..:..");
    }

    [Fact]
    public async Task A_reply_of_another_shape_is_kept_aside_and_nothing_of_it_is_stored()
    {
        _exchange.FailNext(ExchangeFault.ChangedShape, count: 20, "Trades");

        var run = await RunAsync("backfill", "--symbols", "BTC/USD");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("is not of the documented form");
        run.Error.ShouldMatch("it is kept in .*kraken-Trades-.*json");
        Directory.EnumerateFiles(_replies.Path).ShouldHaveSingleItem();
        (await _store.GetSyncStatusAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clock_that_is_minutes_off_is_warned_of()
    {
        var ahead = new ManualClock(_clock.GetUtcNow().AddMinutes(5));

        var run = await RunAtAsync(ahead, _exchange.BaseAddress, "backfill", "--symbols", "BTC/USD");

        run.Error.ShouldContain("this machine's clock is 5 min ahead of the exchange's");
        (await _store.GetCoverageAsync("BTC/USD", DataType.Trades)).Single().Range.End.ShouldBeLessThanOrEqualTo(_clock.GetUtcNow());
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) => RunAtAsync(_clock, _exchange.BaseAddress, arguments);

    private async Task<ProgramRun> RunAtAsync(TimeProvider clock, Uri address, params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var context = new CommandContext(output, error)
        {
            TimeProvider = clock,
            Opener = (_, _, _) => Task.FromResult<IMarketStore>(_store),
            ExchangeOptions = () => new KrakenExchangeOptions
            {
                Address = address,
                CallInterval = TimeSpan.Zero,
                RetryDelay = TimeSpan.FromMilliseconds(1),
                ReportDirectory = _replies.Path,
            },
        };
        var code = await KrakenDbProgram.RunAsync(arguments, context, TestContext.Current.CancellationToken);
        return new ProgramRun(code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}
