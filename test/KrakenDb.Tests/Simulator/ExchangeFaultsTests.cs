using System.Net;
using System.Text.Json;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed class ExchangeFaultsTests : IAsyncLifetime
{
    private const string Page = "Trades?pair=XBTUSD&since=0&count=100";

    private readonly ManualClock _clock = new(new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero));
    private readonly ManualClock _limitClock = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private SimulatedExchange _exchange = null!;
    private ExchangeClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock, LimitTimeProvider = _limitClock, EdgeCache = TimeSpan.Zero });
        _client = new ExchangeClient(_exchange);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _exchange.DisposeAsync();
    }

    [Theory]
    [InlineData("TooManyRequests", "EGeneral:Too many requests")]
    [InlineData("RateLimitExceeded", "EAPI:Rate limit exceeded")]
    [InlineData("Throttled", "EService: Throttled: 1704196805")]
    [InlineData("Unavailable", "EService:Unavailable")]
    [InlineData("Busy", "EService:Busy")]
    [InlineData("InternalError", "EGeneral:Internal error")]
    [InlineData("Lockout", "EGeneral:Temporary lockout")]
    public async Task A_fault_asked_for_comes_as_often_as_asked_for(string fault, string error)
    {
        _exchange.FailNext(Enum.Parse<ExchangeFault>(fault), count: 2, endpoint: "Trades");

        (await _client.ErrorAsync("Time")).ShouldBeNull();
        (await _client.ErrorAsync(Page)).ShouldBe(error);
        (await _client.ErrorAsync(Page)).ShouldBe(error);
        (await _client.ErrorAsync(Page)).ShouldBeNull();
    }

    [Fact]
    public async Task The_edge_speaks_html()
    {
        _exchange.FailNext(ExchangeFault.HtmlError, count: 30);

        var statuses = new HashSet<int>();
        for (var i = 0; i < 30; i++)
        {
            using var response = await _client.GetAsync($"0/public/{Page}");
            statuses.Add((int)response.StatusCode);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
            (await response.Content.ReadAsStringAsync()).ShouldContain("<html");
        }

        statuses.ShouldBeSubsetOf([502, 503, 504, 520, 522, 525]);
        statuses.Count.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Silence_lasts_until_the_client_gives_up()
    {
        _exchange.FailNext(ExchangeFault.Silence);
        using var patience = new CancellationTokenSource();

        var request = _client.GetAsync($"0/public/{Page}", patience.Token);
        while (_exchange.Requests.Of(ExchangeFault.Silence) == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        request.IsCompleted.ShouldBeFalse();
        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(request);
        (await _client.TradeIdsAsync(Page)).Length.ShouldBe(100);
    }

    [Fact]
    public async Task An_exchange_that_stops_does_not_wait_for_the_silent()
    {
        var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock });
        using var client = new ExchangeClient(exchange);
        exchange.FailNext(ExchangeFault.Silence);
        var request = client.GetAsync($"0/public/{Page}");
        while (exchange.Requests.Faulty == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);

        await exchange.DisposeAsync();

        await Should.ThrowAsync<HttpRequestException>(request);
    }

    [Fact]
    public async Task A_cut_connection_and_a_cut_body_are_two_things()
    {
        _exchange.FailNext(ExchangeFault.CutConnection);
        await Should.ThrowAsync<HttpRequestException>(_client.TextAsync($"0/public/{Page}"));

        _exchange.FailNext(ExchangeFault.CutBody);
        var text = await _client.TextAsync($"0/public/{Page}");
        text.ShouldStartWith("""{"error":[],"result":{""");
        Should.Throw<JsonException>(() => JsonElement.Parse(text));
    }

    [Fact]
    public async Task Trades_can_come_twice_or_be_missing_in_one_reply()
    {
        var truth = await _client.TradeIdsAsync(Page);

        _exchange.FailNext(ExchangeFault.DuplicateTrades);
        var doubled = await _client.TradeIdsAsync(Page);
        _exchange.FailNext(ExchangeFault.MissingTrades);
        var missing = await _client.TradeIdsAsync(Page);

        doubled.Length.ShouldBeGreaterThan(100);
        doubled.Distinct().ShouldBe(truth);
        missing.Length.ShouldBeLessThan(100);
        missing.ShouldBe(truth.Intersect(missing));
        (missing[0], missing[^1]).ShouldBe((truth[0], truth[^1]));
        (await _client.TradeIdsAsync(Page)).ShouldBe(truth);
    }

    [Fact]
    public async Task Pages_can_lack_last_or_ids_or_have_another_shape()
    {
        _exchange.FailNext(ExchangeFault.MissingLast);
        (await _client.ResultAsync(Page)).TryGetProperty("last", out _).ShouldBeFalse();
        _exchange.FailNext(ExchangeFault.SixFieldTrades);
        (await _client.RowsAsync(Page)).Rows.ShouldAllBe(row => row.GetArrayLength() == 6);
        _exchange.FailNext(ExchangeFault.ChangedShape);
        (await _client.RowsAsync(Page)).Rows.ShouldAllBe(row => row.ValueKind == JsonValueKind.Object);
    }

    [Fact]
    public void Chance_is_the_seeds()
    {
        var faults = ExchangeFaults.Mixed(perThousand: 50, seed: 7);

        var drawn = Enumerable.Range(1, 20_000).Select(request => faults.Draw(request)).ToArray();

        drawn.ShouldBe(Enumerable.Range(1, 20_000).Select(request => ExchangeFaults.Mixed(50, 7).Draw(request)));
        drawn.Count(fault => fault is not null).ShouldBeInRange(850, 1_150);
        drawn.OfType<ExchangeFault>().Distinct().Count().ShouldBe(13);
        drawn.ShouldNotBe(Enumerable.Range(1, 20_000).Select(request => ExchangeFaults.Mixed(50, 8).Draw(request)));
    }

    [Fact]
    public async Task A_client_that_asks_again_gets_everything_through_the_faults()
    {
        _exchange.Faults = new() { Seed = 3, PerThousand = new Dictionary<ExchangeFault, int> { [ExchangeFault.Unavailable] = 300 } };
        var refused = 0;
        var ids = new List<long>();
        for (var since = "0"; ;)
        {
            var reply = await _client.AskAsync($"Trades?pair=XBTUSD&since={since}&count=1000");
            if (reply.GetProperty("error").GetArrayLength() > 0)
            {
                refused++;
                continue;
            }

            var rows = reply.GetProperty("result").GetProperty("XXBTZUSD");
            ids.AddRange(rows.EnumerateArray().Select(row => row[6].GetInt64()));
            since = reply.GetProperty("result").GetProperty("last").GetString();
            if (rows.GetArrayLength() < 1_000)
                break;
        }

        ids.Distinct().ShouldBe(_exchange.Trades("BTC/USD").Select(trade => trade.Id));
        refused.ShouldBeGreaterThan(5);
        _exchange.Requests.Of(ExchangeFault.Unavailable).ShouldBe(refused);
        _exchange.RecentRequests.Count(request => request.Outcome == "ok").ShouldBe((int)_exchange.Requests.Of("Trades") - refused);
    }

    // The measurements that stand in CallLimiter's summary.
    [Theory]
    [InlineData(100, 40, 30)]
    [InlineData(1_000, 20, 20)]
    [InlineData(1_500, 400, 113)]
    [InlineData(3_000, 400, 400)]
    public async Task The_limit_is_what_was_measured_at_Kraken(int spacingMilliseconds, int calls, int allowed)
    {
        _exchange.RateLimitScale = 1;
        var before = 0;
        while (before < calls && await _client.ErrorAsync("Time") is null)
        {
            before++;
            _limitClock.Advance(TimeSpan.FromMilliseconds(spacingMilliseconds));
        }

        before.ShouldBe(allowed);
        _exchange.Requests.RateLimited.ShouldBe(allowed < calls ? 1 : 0);
    }

    [Fact]
    public async Task Thirty_seconds_after_the_limit_all_is_well_and_a_factor_makes_it_one()
    {
        _exchange.RateLimitScale = 30;
        while (await _client.ErrorAsync("Time") is not { } error || error != "EGeneral:Too many requests")
        {
        }

        _limitClock.Advance(TimeSpan.FromSeconds(1));

        for (var i = 0; i < 15; i++)
            (await _client.ErrorAsync("Time")).ShouldBeNull();
        (await _client.ErrorAsync("Time")).ShouldBe("EGeneral:Too many requests");
    }

    [Fact]
    public async Task The_edge_answers_equal_requests_with_old_bytes_for_a_while()
    {
        await using var exchange = await SimulatedExchange.StartAsync(new() { TimeProvider = _clock, EdgeCache = TimeSpan.FromSeconds(2) });
        using var client = new ExchangeClient(exchange);
        var first = await client.TextAsync("0/public/Time");

        _clock.Advance(TimeSpan.FromSeconds(1.5));
        (await client.TextAsync("0/public/Time")).ShouldBe(first);
        (await client.TextAsync("0/public/Time?again")).ShouldNotBe(first);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await client.TextAsync("0/public/Time")).ShouldNotBe(first);
    }

    [Fact]
    public async Task Other_processes_steer_it_over_the_control_address()
    {
        await _client.PostAsync("control/fail?fault=busy&count=1&endpoint=Trades");
        (await _client.ErrorAsync(Page)).ShouldBe("EService:Busy");
        await _client.PostAsync("control/status?value=maintenance");
        _exchange.Status.ShouldBe("maintenance");
        await _client.PostAsync("control/status?value=online");
        await _client.PostAsync("control/faults?seed=9&HtmlError=20");
        _exchange.Faults.PerThousand.ShouldBe([new(ExchangeFault.HtmlError, 20)]);
        await _client.PostAsync("control/faults?mixed=0");
        await _client.PostAsync("control/limit?scale=2.5");
        _exchange.RateLimitScale.ShouldBe(2.5);
        await _client.PostAsync("control/skip?symbol=BTC/USD&first=3&last=4");
        await _client.PostAsync("control/gather?symbol=BTC/USD&first=7&count=3");

        var rows = (await _client.TextAsync("control/trades?symbol=BTC/USD&after=1")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        rows.Take(3).Select(row => row.Split(',')[0]).ShouldBe(["2", "5", "6"]);
        rows.Skip(3).Take(3).Select(row => row.Split(',')[1]).Distinct().ShouldHaveSingleItem();
        rows.Length.ShouldBe(_exchange.Trades("BTC/USD").Count() - 1);
        JsonElement.Parse(await _client.TextAsync("control")).GetProperty("requests").GetProperty("faulty").GetInt64().ShouldBe(1);
        using var wrong = await _client.GetAsync("control/trades?symbol=NOPE");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("no market NOPE");
    }
}
