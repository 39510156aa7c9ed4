using System.Text;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.WebSocket;

public sealed class SubscriptionLedgerTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));
    private readonly List<(Subscription Subscription, SubscriptionLedger.Outcome Outcome)> _outcomes = [];
    private readonly List<Subscription> _unanswered = [];

    private KrakenLiveFeedOptions Options => new() { TimeProvider = _clock, SymbolsPerRequest = 2 };

    private long Now => _clock.GetTimestamp();

    [Fact]
    public void Messages_are_those_of_the_documents()
    {
        var wanted = new LiveSubscription { Symbols = ["BTC/USD"], CandleIntervals = [5], Ticker = true, BookDepth = 100, Instruments = true };
        var ledger = new SubscriptionLedger(wanted.Symbols, wanted, isFirst: true, Options);
        var messages = new List<string>();
        while (ledger.Next(Now) is { } request)
        {
            messages.Add(Encoding.UTF8.GetString(request.ToMessage()));
        }

        messages.ShouldBe(
        [
            """{"method":"subscribe","params":{"channel":"instrument","include_tokenized_assets":false,"snapshot":true},"req_id":1}""",
            """{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":true},"req_id":2}""",
            """{"method":"subscribe","params":{"channel":"ohlc","symbol":["BTC/USD"],"interval":5,"snapshot":true},"req_id":3}""",
            """{"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/USD"],"event_trigger":"bbo","snapshot":true},"req_id":4}""",
            """{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":100,"snapshot":true},"req_id":5}""",
        ]);
        Encoding.UTF8.GetString(SubscribeRequest.Ping(3)).ShouldBe("""{"method":"ping","req_id":3}""");
    }

    [Fact]
    public void A_refusal_that_names_nobody_makes_each_asked_for_alone()
    {
        var ledger = Trades("A/USD", "B/USD");
        ledger.Next(Now)!.Subscriptions.Count.ShouldBe(2);
        ledger.Acknowledge(No("Something is wrong", requestId: 1), Now, _outcomes);
        _outcomes.ShouldBeEmpty();

        ledger.Next(Now)!.Subscriptions.ShouldHaveSingleItem().Symbol.ShouldBe("A/USD");
        ledger.Next(Now)!.Subscriptions.ShouldHaveSingleItem().Symbol.ShouldBe("B/USD");
        ledger.Acknowledge(No("Something is wrong", requestId: 2), Now, _outcomes);
        ledger.Acknowledge(Yes("B/USD", requestId: 3), Now, _outcomes);
        Told().ShouldBe(["A/USD Refused", "B/USD Subscribed"]);
        ledger.Next(Now).ShouldBeNull();
    }

    [Fact]
    public void A_depth_that_is_not_supported_is_refused_for_all()
    {
        var ledger = Trades("A/USD", "B/USD");
        ledger.Next(Now);
        ledger.Acknowledge(No("Subscription depth not supported"), Now, _outcomes);

        Told().ShouldBe(["A/USD Refused", "B/USD Refused"]);
    }

    [Fact]
    public void After_too_many_messages_the_same_is_asked_later()
    {
        var ledger = Trades("A/USD", "B/USD");
        ledger.Next(Now);
        ledger.Acknowledge(No("Exceeded msg rate"), Now, _outcomes);

        ledger.Next(Now).ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(10));
        ledger.Next(Now)!.Subscriptions.Count.ShouldBe(2);
    }

    [Fact]
    public void What_is_never_answered_is_asked_for_later_each_time()
    {
        var ledger = Trades("A/USD");
        var asked = new List<double>();
        for (var second = 0; second < 1500; second++)
        {
            ledger.Expire(Now, _unanswered);
            if (ledger.Next(Now) is not null)
            {
                asked.Add(second);
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        // Ten seconds for the answer, then a pause of 10, 20, 40 … at most 300.
        asked.ShouldBe([0, 20, 50, 100, 190, 360, 670, 980, 1290]);
        _unanswered.Count.ShouldBe(9);
    }

    [Fact]
    public void A_late_yes_is_a_yes()
    {
        var ledger = Trades("A/USD");
        ledger.Next(Now);
        _clock.Advance(TimeSpan.FromSeconds(11));
        ledger.Expire(Now, _unanswered);
        ledger.Acknowledge(Yes("A/USD", requestId: 1), Now, _outcomes);

        Told().ShouldBe(["A/USD Subscribed"]);
        _clock.Advance(TimeSpan.FromMinutes(10));
        ledger.Next(Now).ShouldBeNull();
    }

    [Fact]
    public void A_refusal_without_the_requests_id_finds_its_symbol()
    {
        var ledger = Trades("A/USD", "XBT/USDT");
        ledger.Next(Now);
        ledger.Acknowledge(No("Currency pair not supported XBT/USDT") with { Symbol = "XBT/USDT" }, Now, _outcomes);

        Told().ShouldBe(["XBT/USDT Refused"]);
    }

    [Fact]
    public void An_answer_for_what_was_never_asked_changes_nothing()
    {
        var ledger = Trades("A/USD");
        ledger.Acknowledge(Yes("Z/USD", requestId: 77), Now, _outcomes);
        ledger.Acknowledge(No("no", requestId: 77), Now, _outcomes);

        _outcomes.ShouldBeEmpty();
        ledger.Next(Now).ShouldNotBeNull();
    }

    [Fact]
    public void What_was_asked_decides_where_the_documents_answer_an_unsubscription_as_a_subscription()
    {
        var ledger = Trades("A/USD");
        ledger.Next(Now);
        ledger.Acknowledge(Yes("A/USD", requestId: 1), Now, _outcomes);
        ledger.Doubt(ledger.Of("A/USD")[0]).ShouldBeTrue();
        ledger.Next(Now)!.IsUnsubscribe.ShouldBeTrue();
        ledger.Acknowledge(Yes("A/USD", requestId: 2), Now, _outcomes);
        ledger.Next(Now)!.IsUnsubscribe.ShouldBeFalse();
        ledger.Acknowledge(Yes("A/USD", requestId: 3), Now, _outcomes);

        Told().ShouldBe(["A/USD Subscribed", "A/USD Unsubscribed", "A/USD Subscribed"]);
    }

    [Fact]
    public void A_new_connection_begins_from_nothing()
    {
        var ledger = Trades("A/USD");
        ledger.Next(Now);
        ledger.Acknowledge(No("no") with { Symbol = "A/USD" }, Now, _outcomes);
        ledger.Next(Now).ShouldBeNull();
        ledger.Reset();

        ledger.Next(Now).ShouldNotBeNull();
    }

    [Fact]
    public void A_share_of_the_frames_says_how_many_were_missed()
    {
        var subscription = new Subscription(new Topic(FrameChannel.Trade, 0), "A/USD");
        long total = 0;
        for (var frame = 0; frame < 1000; frame++)
        {
            total++;
            if (frame % 10 == 0)
            {
                subscription.Beat(Now, total);
            }
        }

        subscription.Missed(total).ShouldBe(0);
        subscription.Missed(total + 1000).ShouldBeInRange(95, 105);
        subscription.Suspect(Now, total + 1000);
        subscription.Missed(total + 1000).ShouldBe(0);
        subscription.Missed(total + 2000).ShouldBeInRange(95, 105);
        subscription.Patience(TimeSpan.FromMinutes(1)).ShouldBe(TimeSpan.FromMinutes(2));
    }

    private SubscriptionLedger Trades(params string[] symbols) => new(symbols, new LiveSubscription { Symbols = symbols }, isFirst: true, Options);

    private List<string> Told() => _outcomes.ConvertAll(outcome => $"{outcome.Subscription.Symbol} {outcome.Outcome}");

    private static Acknowledgement Yes(string symbol, long requestId) =>
        new() { IsUnsubscribe = false, Succeeded = true, RequestId = requestId, Channel = FrameChannel.Trade, Symbol = symbol, Parameter = null, Error = null };

    private static Acknowledgement No(string error, long? requestId = null) =>
        new() { IsUnsubscribe = false, Succeeded = false, RequestId = requestId, Channel = FrameChannel.None, Symbol = null, Parameter = null, Error = error };
}
