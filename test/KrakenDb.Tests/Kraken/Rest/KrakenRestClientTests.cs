using System.Net;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.Rest;

/// <summary>What the wire can send beside what was asked for.</summary>
public sealed class KrakenRestClientTests
{
    private const string Time = """{"error":[],"result":{"unixtime":1762820224,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}""";
    private const string Html = "<html><head><title>520: Web server is returning an unknown error</title></head></html>";

    private static readonly DateTimeOffset Expected = DateTimeOffset.FromUnixTimeSeconds(1762820224);

    [Theory]
    [InlineData("""{"error":["EGeneral:Too many requests"]}""", HttpStatusCode.OK)]
    [InlineData("""{"error":["EAPI:Rate limit exceeded"]}""", HttpStatusCode.OK)]
    [InlineData("""{"error":["EService: Throttled: 1762820224"]}""", HttpStatusCode.OK)]
    [InlineData("""{"error":["EService:Unavailable"]}""", HttpStatusCode.OK)]
    [InlineData("""{"error":["EService:Busy"]}""", HttpStatusCode.OK)]
    [InlineData("""{"error":["EService:Deadline elapsed"]}""", HttpStatusCode.OK)]
    [InlineData("""{"error":["EGeneral:Internal error:4f1"]}""", HttpStatusCode.OK)]
    [InlineData(Html, HttpStatusCode.OK)]
    [InlineData(Html, (HttpStatusCode)520)]
    [InlineData(Html, HttpStatusCode.BadGateway)]
    [InlineData(Html, HttpStatusCode.Forbidden)]
    [InlineData("""{"error":[],"result":{"unixtime":17628""", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    public async Task What_passes_is_tried_again(string body, HttpStatusCode status)
    {
        var wire = new RecordedExchange(RecordedExchange.Text(body, status), RecordedExchange.Text(Time));
        using var exchange = wire.Connect();

        (await exchange.GetTimeAsync()).ShouldBe(Expected);
        wire.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_connection_is_tried_again()
    {
        using var exchange = new RecordedExchange(new RecordedExchange.Answer(default, Body: null), RecordedExchange.Text(Time)).Connect();

        (await exchange.GetTimeAsync()).ShouldBe(Expected);
    }

    [Theory]
    [InlineData("""{"error":["EQuery:Unknown asset pair"]}""", KrakenErrorKind.UnknownPair)]
    [InlineData("""{"error":["EGeneral:Invalid arguments"]}""", KrakenErrorKind.Refused)]
    [InlineData("""{"error":["EGeneral:Temporary lockout"]}""", KrakenErrorKind.Refused)]
    [InlineData("""{"error":["EGeneral:Permission denied"]}""", KrakenErrorKind.Refused)]
    [InlineData("""{"error":["EGeneral:Unknown method"]}""", KrakenErrorKind.Refused)]
    [InlineData("""{"error":[],"result":{"unixtime":"yesterday"}}""", KrakenErrorKind.UnexpectedReply)]
    [InlineData("""{"error":[]}""", KrakenErrorKind.UnexpectedReply)]
    [InlineData("[]", KrakenErrorKind.UnexpectedReply)]
    public async Task What_stays_is_tried_once(string body, KrakenErrorKind kind)
    {
        var wire = new RecordedExchange(RecordedExchange.Text(body));
        using var exchange = wire.Connect();

        (await Should.ThrowAsync<KrakenApiException>(() => exchange.GetTimeAsync())).Kind.ShouldBe(kind);
        wire.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Giving_up_says_what_was_tried()
    {
        var wire = new RecordedExchange(new RecordedExchange.Answer(default, Body: null));
        using var exchange = wire.Connect(options => options with { MaxRetries = 3 });

        var failure = await Should.ThrowAsync<KrakenApiException>(() => exchange.GetTimeAsync());

        wire.Requests.Count.ShouldBe(4);
        failure.IsTransient.ShouldBeTrue();
        failure.Message.ShouldContain("Connection refused");
        failure.Message.ShouldContain("tried 4 times in");
    }

    [Fact]
    public async Task A_warning_beside_a_result_is_no_error()
    {
        using var exchange = new RecordedExchange(RecordedExchange.Text(Time.Replace("[]", """["WGeneral:Deprecated"]"""))).Connect();

        (await exchange.GetTimeAsync()).ShouldBe(Expected);
    }

    [Fact]
    public async Task A_reply_that_changed_its_shape_is_kept_for_a_report()
    {
        using var folder = new TemporaryFolder();
        const string Body = """{"error":[],"result":{"XXBTZUSD":[{"price":"1"}],"last":"1"}}""";
        using var exchange = new RecordedExchange(RecordedExchange.Text(Body)).Connect(options => options with { ReportDirectory = folder["replies"] });

        var failure = await Should.ThrowAsync<KrakenApiException>(() => ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "0", default));

        var kept = Directory.GetFiles(folder["replies"]).Single();
        (await File.ReadAllTextAsync(kept)).ShouldBe(Body);
        failure.Message.ShouldContain(kept);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-1e30")]
    [InlineData("1e30")]
    [InlineData("0")]
    public async Task A_price_that_cannot_be_true_is_rejected_alone(string price)
    {
        var body = $$$"""{"error":[],"result":{"XXBTZUSD":[["{{{price}}}","2",1517940026.1831,"b","l","",1],["1.5","2",1517940027,"s","m","",2]],"last":"1517940027000000000"}}""";
        using var exchange = new RecordedExchange(RecordedExchange.Text(body)).Connect();

        var page = await ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "0", default);

        (page.Rows, page.Rejected).ShouldBe((2, 1));
        page.Trades.Rows().Select(row => row.Id).ShouldBe([2]);
    }

    [Fact]
    public async Task Trades_of_six_fields_have_no_id_and_are_counted()
    {
        const string Body =
            """{"error":[],"result":{"XXBTZUSD":[["1.5","2",1517940026.1831,"b","l",""],["1.5","2",1517940026.1832,"s","m","x\"y",0],["1.5","1E-8",1517940027,"s","m","x\"y",7,"new"]],"last":"1517940027000000000"}}""";
        using var exchange = new RecordedExchange(RecordedExchange.Text(Body)).Connect();

        var page = await ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "0", default);

        (page.Rows, page.WithoutId, page.Trades.Count).ShouldBe((3, 2, 1));
        page.Trades[0].ShouldBe(new TradeRow { Id = 7, TimestampNanoseconds = 1_517_940_027_000_000_000, Price = 15_000_000_000, Volume = 100, Side = TradeSide.Sell, OrderType = "market", Misc = "x\"y" });
    }

    [Theory]
    [InlineData("1762820035.9822779", 1_762_820_035_982_277_900)]
    [InlineData("1762820035.982277754", 1_762_820_035_982_277_754)]
    [InlineData("1517940026.1831", 1_517_940_026_183_100_000)]
    [InlineData("1517940026", 1_517_940_026_000_000_000)]
    [InlineData("1.5179400261831E+9", 1_517_940_026_183_100_000)]
    [InlineData("1762820035.98227775449", 1_762_820_035_982_277_754)]
    [InlineData("1762820035.9822777549", 1_762_820_035_982_277_754)]
    public async Task Times_are_the_digits_of_the_text(string text, long nanoseconds)
    {
        var body = """{"error":[],"result":{"X":[["1","1",TIME,"b","l","",1]],"last":"1"}}""".Replace("TIME", text);
        using var exchange = new RecordedExchange(RecordedExchange.Text(body)).Connect();

        (await ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "0", default)).Trades.TimestampNanoseconds[0].ShouldBe(nanoseconds);
    }

    [Fact]
    public async Task A_row_twice_in_a_page_is_one_trade()
    {
        const string Body = """{"error":[],"result":{"X":[["1","1",2,"b","l","",6],["1","1",1,"b","l","",5],["1","1",2,"b","l","",6]],"last":"1"}}""";
        using var exchange = new RecordedExchange(RecordedExchange.Text(Body)).Connect();

        var page = await ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "0", default);

        page.Trades.Rows().Select(row => row.Id).ShouldBe([5L, 6L]);
        (page.Rows, page.Repeated).ShouldBe((3, 1));
    }

    [Fact]
    public async Task Pairs_are_asked_for_by_altname_and_since_stays_text()
    {
        var wire = new RecordedExchange(RecordedExchange.Text("""{"error":[],"result":{"XXBTZUSD":[]}}"""));
        using var exchange = wire.Connect();

        var page = await ((ITradeSource)exchange).ReadTradesAsync("BTC/USD", "1762820035982277754", default);

        wire.Requests.ShouldBe(["/0/public/Trades?pair=XBTUSD&since=1762820035982277754"]);
        (page.Rows, page.Last).ShouldBe((0, null));
    }
}
