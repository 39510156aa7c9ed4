using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KrakenDb.Client;
using KrakenDb.Server;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.House;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Server;

/// <summary>What people and programs are answered over HTTP.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(Rows.Start.AddDays(10));
    private readonly InMemoryMarketStore _store;
    private readonly HttpClient _http = new();
    private OwnerEndpoint _endpoint = null!;

    public EndpointTests() => _store = new InMemoryMarketStore(_clock);

    private IMarketStore Store => _store;

    public async ValueTask InitializeAsync()
    {
        await Store.WriteAsync(Rows.Write("BTC/USD", 1, Enumerable.Range(0, 5000).Select(minute => Rows.Candle(minute, 100 + (minute % 9))), Rows.Covered(0, 5000)), default);
        await Store.WriteAsync(new StoreWrite { Symbol = "BTC/USD", Trades = TradeBatch.FromRows([Rows.Trade(1, 5), Rows.Trade(2, 6.5m, side: TradeSide.Sell), Rows.Trade(4, 7)]) }, default);
        await Store.AddInstrumentsAsync([new Instrument { Symbol = "FOO/USD", Altname = "FOOUSD", TickSize = 0.01m }], default);
        await Store.WriteIndicatorsAsync([new ExternalIndicator { Timestamp = Rows.Start, IndicatorName = "fear_greed", Value = 40.5m, Source = "a" }], default);
        await StartAsync(_store);
    }

    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        _http.Dispose();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData("candles XBTUSD --interval 7 --format json", "/v1/candles?symbol=XBTUSD&interval=7")]
    [InlineData("candles BTC/USD --interval 1m --start 2024-01-01T10:00 --end 2024-01-01T12:00 --limit 7 --format csv", "/v1/candles?symbol=BTC/USD&interval=1m&start=2024-01-01T10:00&end=2024-01-01T12:00&limit=7&format=csv")]
    [InlineData("candles BTC/USD --interval 1d --as-of 2024-01-02T12:00 --include-open --format json", "/v1/candles?symbol=BTC/USD&interval=1d&as_of=2024-01-02T12:00&include_open=true")]
    [InlineData("latest BTC/USD --interval 1h --count 3 --holes skip --format json", "/v1/candles/latest?symbol=BTC/USD&interval=1h&count=3&holes=skip")]
    [InlineData("latest BTC/USD --interval 1h --format csv", "/v1/candles/latest?symbol=BTC/USD&interval=1h&format=csv")]
    [InlineData("multi BTC/USD --as-of 2024-01-03 --intervals 1m 1h --lookback 4 --format json", "/v1/candles/multi?symbol=BTC/USD&as_of=2024-01-03&intervals=1m,1h&lookback=4")]
    [InlineData("multi BTC/USD --as-of 2024-01-03 --format csv", "/v1/candles/multi?symbol=BTC/USD&as_of=2024-01-03&format=csv")]
    [InlineData("range BTC/USD --format json", "/v1/range?symbol=BTC/USD")]
    [InlineData("symbols --format csv", "/v1/symbols?format=csv")]
    [InlineData("symbols --listed --format json", "/v1/instruments")]
    [InlineData("symbols --changes --format json", "/v1/instruments/changes")]
    [InlineData("status --format json", "/v1/status")]
    [InlineData("status XBTUSD --format csv", "/v1/status?symbol=XBTUSD&format=csv")]
    [InlineData("indicators show fear_greed --format json", "/v1/indicators?name=fear_greed")]
    public async Task The_answer_is_what_the_program_prints(string command, string path)
    {
        var printed = await ProgramRun.OnAsync(_store, _clock, command.Split(' '));
        printed.ExitCode.ShouldBe(0, printed.Error);

        (await GetAsync(path)).ShouldBe(printed.Output);
    }

    [Fact]
    public async Task Trades_come_in_pages_by_id()
    {
        (await GetAsync("/v1/trades?symbol=XBTUSD&limit=2&format=csv")).ShouldBe(
            "symbol,id,timestamp,timestamp_nanoseconds,price,volume,side,order_type,misc\n"
            + "BTC/USD,1,2024-01-01T00:00:05Z,1704067205000000000,100,1,buy,limit,\n"
            + "BTC/USD,2,2024-01-01T00:00:06.500000Z,1704067206500000000,100,1,sell,limit,\n");
        (await GetAsync("/v1/trades?symbol=XBTUSD&after_id=2&format=csv")).Split('\n')[1].ShouldStartWith("BTC/USD,4,");
    }

    [Fact]
    public async Task Without_the_token_nothing_is_told_but_that_somebody_lives()
    {
        foreach (var route in Routes.All.Where(route => !route.IsOpen).Select(route => (route.Method, route.Path)).Append(("GET", "/")).Append(("GET", "/v1/nothing")))
        {
            foreach (var token in new[] { null, "", "wrong", _endpoint.Token[..^1], _endpoint.Token + "0" })
            {
                using var response = await SendAsync(route.Item1, route.Item2, token);

                response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{route} with '{token}'");
                response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
                var error = await ErrorAsync(response);
                error.Code.ShouldBe("unauthorized");
                error.NextStep.ShouldContain("token");
            }
        }

        using var health = await SendAsync("GET", "/health", token: null);
        (await health.Content.ReadAsStringAsync()).ShouldBe("{\"status\":\"alive\"}\n");
        JsonDocument.Parse(await GetAsync("/health")).RootElement.GetProperty("total_candles").GetInt64().ShouldBe(5000);
    }

    [Theory]
    [InlineData("/v1/candels", 404, "not_found", "/v1/candles")]
    [InlineData("/v1/candles", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&intervall=1", 400, "invalid_argument", "interval")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&interval=1", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=0", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&start=yesterday", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&start=2024-01-02&end=2024-01-01", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&limit=-1", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&format=xml", 400, "invalid_argument", "")]
    [InlineData("/v1/candles?symbol=BTC/USDD&interval=1m", 404, "unknown_symbol", "BTC/USD")]
    [InlineData("/v1/candles?symbol=BTC/USD&interval=1m&start=2023-12-01&holes=fail", 409, "incomplete_data", "")]
    [InlineData("/v1/frames/candles?symbol=BTC/USD&stored=1&bucket=1&start=2&end=1", 400, "invalid_argument", "")]
    [InlineData("/v1/trades?symbol=BTC/USD&limit=100001", 400, "invalid_argument", "")]
    [InlineData("/v1/commands", 405, "method_not_allowed", "")]
    public async Task A_wrong_request_is_answered_with_the_evidence_and_the_next_step(string path, int status, string code, string near)
    {
        using var response = await SendAsync("GET", path, _endpoint.Token);

        ((int)response.StatusCode).ShouldBe(status);
        var error = await ErrorAsync(response);
        error.Code.ShouldBe(code);
        error.Message.ShouldNotBeNullOrWhiteSpace();
        error.NextStep.ShouldNotBeNullOrWhiteSpace();
        if (near.Length > 0)
        {
            error.NearMatches.ShouldContain(near);
        }
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_read_of_the_engine()
    {
        var slow = new WaitingStore();
        await using var endpoint = await OwnerEndpoint.StartAsync(slow, new OwnerEndpointOptions());
        await using IMarketReader reader = await RemoteMarketReader.ConnectAsync(new EndpointAddress(endpoint.Address, endpoint.Token), locate: null, default);
        using var leaving = new CancellationTokenSource();
        var reading = reader.ReadCandlesAsync("BTC/USD", 1, 1, Rows.Minutes(0, 1), leaving.Token);
        await slow.Started;

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        await slow.Cancelled.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public async Task An_owner_that_ends_cuts_its_requests_off_and_says_so()
    {
        var slow = new WaitingStore();
        var endpoint = await OwnerEndpoint.StartAsync(slow, new OwnerEndpointOptions());
        await using IMarketReader reader = await RemoteMarketReader.ConnectAsync(new EndpointAddress(endpoint.Address, endpoint.Token), locate: null, default);
        var reading = reader.ReadCandlesAsync("BTC/USD", 1, 1, Rows.Minutes(0, 1), default);
        await slow.Started;

        await endpoint.DisposeAsync();

        (await Should.ThrowAsync<MarketStoreException>(() => reading)).IsTransient.ShouldBeTrue();
        (await Should.ThrowAsync<MarketStoreException>(() => reader.GetSymbolsAsync())).Message.ShouldContain("does not answer");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        var taken = await Should.ThrowAsync<IOException>(() => OwnerEndpoint.StartAsync(_store, new OwnerEndpointOptions { Port = _endpoint.Address.Port }));

        taken.Message.ShouldContain($"{_endpoint.Address.Port}");
        taken.Message.ShouldContain("--port");
    }

    [Fact]
    public async Task The_token_lies_in_files_that_only_the_user_can_read_and_goes_with_the_owner()
    {
        using var folder = new TemporaryFolder();
        await using var store = await MarketStore.OpenAsync(folder["kraken.duckdb"]);
        var endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions { TokenFolder = folder.Path });
        string[] files = [folder["kraken.duckdb.token"], folder[$"endpoints/{endpoint.Address.Port}.token"]];
        endpoint.TokenFiles.ShouldBe(files);
        endpoint.Token.Length.ShouldBe(64);
        foreach (var file in files)
        {
            TokenFile.Read(file).ShouldBe(endpoint.Token);
            if (!OperatingSystem.IsWindows())
            {
                File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        await endpoint.DisposeAsync();

        files.ShouldAllBe(file => !File.Exists(file));
        await using var second = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions());
        second.Token.ShouldNotBe(endpoint.Token);
    }

    [Fact]
    public void The_page_lists_every_route_with_its_parameters()
    {
        var rows = File.ReadLines(Repository.PathOf("docs/http-api.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Contains(" /", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1].Trim('`')}: {string.Join(' ', cells[2].Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(name => name.Replace("`", "", StringComparison.Ordinal).Replace("**", "", StringComparison.Ordinal)))}");

        rows.ShouldBe(Routes.All.Select(route => $"{route.Method} {route.Path}: {string.Join(' ', route.Parameters)}"));
    }

    private async Task StartAsync(IMarketStore store) => _endpoint = await OwnerEndpoint.StartAsync(store, new OwnerEndpointOptions { TimeProvider = _clock });

    private async Task<string> GetAsync(string path)
    {
        using var response = await SendAsync("GET", path, _endpoint.Token);
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, body);
        return body;
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path, string? token)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_endpoint.Address, path));
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return _http.SendAsync(request);
    }

    private static async Task<EndpointError> ErrorAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType.ShouldBe(MediaTypeHeaderValue.Parse("application/json; charset=utf-8"));
        var text = await response.Content.ReadAsStringAsync();
        JsonDocument.Parse(text).RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["error", "message", "next_step", "near_matches"]);
        return JsonSerializer.Deserialize(text, EndpointJson.Wire.EndpointError)!;
    }
}
