using System.Net;
using System.Text;
using KrakenDb.Cli;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Indicators;

/// <summary>External indicators from files and publishers, read as of a time.</summary>
public sealed class IndicatorTests : IDisposable
{
    private const string FearGreed =
        """{"name":"Fear and Greed Index","data":[{"value":"41","value_classification":"Fear","timestamp":"1704153600","time_until_update":"68499"},{"value":"40","value_classification":"Fear","timestamp":"1704067200"}],"metadata":{"error":null}}""";

    private const string Global = """{"data":{"active_cryptocurrencies":13690,"market_cap_percentage":{"btc":50.44637375218229,"eth":14.9},"updated_at":1704153601}}""";

    private readonly ManualClock _clock = new(Rows.Start.AddDays(10));
    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryMarketStore _store = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fear_and_greed_come_with_all_of_their_history()
    {
        await using var publisher = new Publisher(FearGreed);

        var run = await RunAsync(publisher, "indicators", "fetch", "fear_greed");

        run.ExitCode.ShouldBe(0, run.Error);
        publisher.Path.ShouldBe("/fng/?limit=0");
        (await RunAsync(publisher, "indicators", "show", "fear_greed", "--start", "2024-01-01", "--format", "csv")).Lines.ShouldBe(
            ["timestamp,indicator_name,value,source", "2024-01-01T00:00:00Z,fear_greed,40,alternative.me", "2024-01-02T00:00:00Z,fear_greed,41,alternative.me"]);
    }

    [Fact]
    public async Task The_dominance_of_bitcoin_is_rounded_to_ten_decimals()
    {
        await using var publisher = new Publisher(Global);

        await RunAsync(publisher, "indicators", "fetch", "btc_dominance");

        publisher.Path.ShouldBe("/api/v3/global");
        (await new HistoricalDataProvider(_store, _clock).GetLatestExternalIndicatorAsync("btc_dominance")).ShouldBe(new ExternalIndicator
        {
            Timestamp = DateTimeOffset.FromUnixTimeSeconds(1704153601),
            IndicatorName = "btc_dominance",
            Value = 50.4463737522m,
            Source = "coingecko",
        });
    }

    [Theory]
    [InlineData("<html>", "not of the documented form")]
    [InlineData("""{"data":[{"value":"x","timestamp":"1"}]}""", "not of the documented form")]
    [InlineData("""{"metadata":{"error":"x"}}""", "not of the documented form")]
    public async Task An_answer_of_another_form_stores_nothing(string body, string message)
    {
        await using var publisher = new Publisher(body);

        var run = await RunAsync(publisher, "indicators", "fetch", "fear_greed");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain(message);
    }

    [Fact]
    public async Task Nothing_that_was_not_true_yet_is_shown()
    {
        await File.WriteAllTextAsync(_folder["a.csv"], "timestamp,value\n2023-01-01,10\n2024-01-03T12:00:00Z,11\n1704412800,12.50000000005\n");
        (await RunAsync(null, "indicators", "import", _folder["a.csv"], "--name", "mood")).ExitCode.ShouldBe(0);
        var provider = new HistoricalDataProvider(_store, _clock);

        (await provider.GetLatestExternalIndicatorAsync("mood"))!.Value.ShouldBe(12.5000000001m);
        (await provider.GetLatestExternalIndicatorAsync("mood", Rows.Start.AddDays(2.5)))!.Value.ShouldBe(11);
        (await provider.GetLatestExternalIndicatorAsync("mood", Rows.Start.AddDays(2.4)))!.Value.ShouldBe(10);
        (await provider.GetLatestExternalIndicatorAsync("mood", Rows.Start.AddDays(-700))).ShouldBeNull();
        (await provider.GetExternalIndicatorsAsync("mood", Rows.Start, Rows.Start.AddDays(30), Rows.Start.AddDays(3))).Single().Source.ShouldBe("a.csv");
        (await RunAsync(null, "indicators", "show", "mood", "--as-of", "2024-01-03T12:00:00Z", "--format", "csv")).Lines[1].ShouldBe("2024-01-03T12:00:00Z,mood,11,a.csv");
    }

    [Theory]
    [InlineData("timestamp,value\n2024-01-01,abc\n", "line 2: 'abc' is no number")]
    [InlineData("timestamp,value\n2024-01-01,1\n01/02/2024,1\n", "line 3: '01/02/2024' is no time")]
    [InlineData("timestamp,value\n2024-01-01,1,2\n", "line 2: 3 fields")]
    [InlineData("2024-01-01,1\n", "the first line must name the columns")]
    public async Task A_file_with_a_line_that_cannot_be_read_is_refused_as_a_whole(string text, string message)
    {
        await File.WriteAllTextAsync(_folder["a.csv"], text);

        var run = await RunAsync(null, "indicators", "import", _folder["a.csv"], "--name", "mood");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain(message);
        (await _store.GetExternalIndicatorsAsync("mood", new TimeRange(Rows.Start, Rows.Start.AddYears(1)))).ShouldBeEmpty();
    }

    private async Task<ProgramRun> RunAsync(Publisher? publisher, params string[] arguments)
    {
        var output = new MemoryStream();
        var error = new StringWriter();
        var context = new CommandContext(output, error)
        {
            TimeProvider = _clock,
            Opener = (_, _, _) => Task.FromResult<IMarketStore>(_store),
            IndicatorFeedOptions = () => publisher is null ? new IndicatorFeedOptions() : new IndicatorFeedOptions { AlternativeMe = publisher.Address, CoinGecko = publisher.Address },
        };
        var code = await KrakenDbProgram.RunAsync(arguments, context, TestContext.Current.CancellationToken);
        return new ProgramRun(code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    /// <summary>A web server on loopback that gives one answer to everything.</summary>
    private sealed class Publisher : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _answering;

        public Publisher(string body)
        {
            // A free port: asked for, given back, taken.
            var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
            probe.Stop();
            _listener.Prefixes.Add(Address.AbsoluteUri);
            _listener.Start();
            _answering = AnswerAsync(Encoding.UTF8.GetBytes(body));
        }

        public Uri Address { get; }

        public string? Path { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _answering;
        }

        private async Task AnswerAsync(byte[] body)
        {
            try
            {
                while (true)
                {
                    var call = await _listener.GetContextAsync();
                    Path = call.Request.RawUrl;
                    await call.Response.OutputStream.WriteAsync(body);
                    call.Response.Close();
                }
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // The end of the test.
            }
        }
    }
}
