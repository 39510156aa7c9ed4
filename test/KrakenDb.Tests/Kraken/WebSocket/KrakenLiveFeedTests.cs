using System.Collections.Concurrent;
using System.Text;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.WebSocket;

/// <summary>The feed against a server that misbehaves as the network and the exchange do.</summary>
public sealed class KrakenLiveFeedTests
{
    private static readonly LiveSubscription Bitcoin = new() { Symbols = ["BTC/USD"] };

    [Fact]
    public async Task A_feed_subscribes_and_brings_what_comes()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.AcceptAsync();
            await socket.TradeAsync(6, isSnapshot: true);
            await socket.TradeAsync(7);
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin);

        (await run.Told.UntilAsync("connected")).ShouldBe("connected 0 16174536464690282295");
        await run.Told.UntilAsync("system online");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
        await run.Told.UntilAsync("trade BTC/USD 6 snapshot");
        await run.Told.UntilAsync("trade BTC/USD 7");
        run.Feed.SilentFor("BTC/USD").ShouldNotBeNull();
        run.Feed.SilentFor("ETH/USD").ShouldBeNull();
        var statistics = run.Feed.GetStatistics();
        (statistics.OpenConnections, statistics.Trades, statistics.Frames).ShouldBe((1, 2, 4));
    }

    [Fact]
    public async Task A_cut_connection_is_made_again_at_once_and_everything_subscribed_again()
    {
        await using var exchange = new FakeExchange(
            async socket =>
            {
                await socket.HelloAsync();
                await socket.AcceptAsync();
                await socket.TradeAsync(1);

                // Half a message, and then nothing more.
                await socket.SendAsync(Encoding.UTF8.GetBytes(FakeSocket.TradeFrame(2)[..100]), endOfMessage: false);
                socket.Cut();
            },
            async socket =>
            {
                await socket.HelloAsync();
                await socket.AcceptAsync();
                await socket.TradeAsync(3);
                await socket.StayAsync();
            });
        await using var run = new RunningFeed(exchange, Bitcoin);

        await run.Told.UntilAsync("trade BTC/USD 1");
        (await run.Told.UntilAsync("")).ShouldStartWith("disconnected 0 cut");
        await run.Told.UntilAsync("connected 0");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
        await run.Told.UntilAsync("trade BTC/USD 3");
        var statistics = run.Feed.GetStatistics();
        (statistics.Connects, statistics.Reconnects, statistics.Malformed).ShouldBe((2, 1, 0));
    }

    [Fact]
    public async Task A_connection_that_is_open_on_one_side_only_is_noticed()
    {
        await using var exchange = new FakeExchange(
            async socket =>
            {
                await socket.HelloAsync();
                await socket.AcceptAsync();
                await socket.HangAsync();
            },
            async socket =>
            {
                await socket.HelloAsync();
                await socket.StayAsync();
            });
        await using var run = new RunningFeed(exchange, Bitcoin, options => options with { PingAfter = TimeSpan.FromMilliseconds(50), DeadAfter = TimeSpan.FromMilliseconds(500) });

        (await run.Told.UntilAsync("disconnected")).ShouldContain("dead: no frame for");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
    }

    [Fact]
    public async Task An_idle_connection_is_kept_by_pings()
    {
        var pinged = new TaskCompletionSource();
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.AcceptAsync();
            for (var ping = 0; ping < 3; ping++)
            {
                (await socket.ReceiveAsync()).GetProperty("method").GetString().ShouldBe("ping");
                await socket.SendAsync("""{"method":"pong","req_id":1}""");
            }

            pinged.SetResult();
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin, options => options with { PingAfter = TimeSpan.FromMilliseconds(20) });

        await pinged.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        run.Feed.GetStatistics().Reconnects.ShouldBe(0);
    }

    [Fact]
    public async Task A_refused_symbol_is_named_and_the_others_go_on()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.AnswerAsync(await socket.ReceiveRequestAsync(), symbol => symbol == "NO/USD" ? "Currency pair not supported NO/USD" : null);
            await socket.TradeAsync(1, "ETH/USD");
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, new LiveSubscription { Symbols = ["BTC/USD", "NO/USD", "ETH/USD"] });

        (await run.Told.UntilAsync("refused")).ShouldBe("refused NO/USD trade Currency pair not supported NO/USD");
        await run.Told.UntilAsync("subscribed ETH/USD trade");
        await run.Told.UntilAsync("trade ETH/USD 1");
        run.Feed.SilentFor("NO/USD").ShouldBeNull();
    }

    [Fact]
    public async Task A_subscription_that_is_not_answered_is_told_and_asked_for_again()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.ReceiveRequestAsync();
            await socket.AcceptAsync();
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin, options => options with { AckTimeout = TimeSpan.FromMilliseconds(50) });

        (await run.Told.UntilAsync("unanswered")).ShouldBe("unanswered BTC/USD trade 0.05 s");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
        run.Feed.GetStatistics().Unanswered.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task What_is_no_message_is_counted_and_the_connection_goes_on()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.AcceptAsync();
            await socket.SendAsync("{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":");
            await socket.SendAsync("not json");
            await socket.SendAsync("""{"channel":"weather","data":[]}""");
            await socket.TradeAsync(0);
            await socket.TradeAsync(1, "OTHER/USD");
            await socket.TradeAsync(2);
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin);

        await run.Told.UntilAsync("trade BTC/USD 2");
        var statistics = run.Feed.GetStatistics();
        statistics.Trades.ShouldBe(1);
        (statistics.UnknownChannels, statistics.Rejected, statistics.Unasked, statistics.Malformed, statistics.Reconnects).ShouldBe((1, 1, 1, 2, 0));
    }

    [Fact]
    public async Task A_message_that_is_too_large_ends_the_connection_not_the_feed()
    {
        await using var exchange = new FakeExchange(
            async socket =>
            {
                await socket.HelloAsync();
                await socket.AcceptAsync();
                await socket.SendAsync(new byte[200_000], endOfMessage: false);
                await socket.StayAsync();
            },
            async socket =>
            {
                await socket.HelloAsync();
                await socket.StayAsync();
            });
        await using var run = new RunningFeed(exchange, Bitcoin, options => options with { MessageBytesMax = 100_000 });

        (await run.Told.UntilAsync("disconnected")).ShouldContain("more than 100,000 bytes");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
    }

    [Fact]
    public async Task A_message_of_hundreds_of_kilobytes_comes_in_one_piece()
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Required.SharedData(), "ws_v2", "torquey66_instrument_snapshot.json"), TestContext.Current.CancellationToken);
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            var request = await socket.ReceiveRequestAsync();
            request.GetProperty("params").TryGetProperty("symbol", out _).ShouldBeFalse();
            await socket.SendAsync($$"""{"method":"subscribe","req_id":{{request.GetProperty("req_id").GetInt64()}},"result":{"channel":"instrument","snapshot":true},"success":true}""");
            for (var at = 0; at < bytes.Length; at += 50_001)
            {
                await socket.SendAsync(bytes.AsMemory(at, Math.Min(50_001, bytes.Length - at)), at + 50_001 >= bytes.Length);
            }

            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, new LiveSubscription { Symbols = [], Instruments = true });

        await run.Told.UntilAsync("subscribed  instrument");
        (await run.Told.UntilAsync("instruments")).ShouldBe("instruments 683");
    }

    [Fact]
    public async Task Many_symbols_go_on_several_connections_in_batches()
    {
        var symbols = Enumerable.Range(0, 1000).Select(index => $"A{index}/USD").ToArray();
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            while (true)
            {
                var request = await socket.AcceptAsync();
                request.GetProperty("params").GetProperty("symbol").GetArrayLength().ShouldBeLessThanOrEqualTo(50);
            }
        });
        await using var run = new RunningFeed(exchange, new LiveSubscription { Symbols = symbols, BookDepth = 10 });

        var subscribed = new HashSet<string>(StringComparer.Ordinal);
        while (subscribed.Count < 2000)
        {
            subscribed.Add(await run.Told.UntilAsync("subscribed"));
        }

        exchange.Connections.ShouldBe(4);
        run.Feed.GetStatistics().OpenConnections.ShouldBe(4);
    }

    [Fact]
    public async Task A_book_whose_checksum_failed_is_unsubscribed_and_subscribed_again()
    {
        var requests = new ConcurrentQueue<string>();
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            while (true)
            {
                var request = await socket.AcceptAsync();
                requests.Enqueue(request.GetRawText());
            }
        });
        await using var run = new RunningFeed(exchange, Bitcoin with { Trades = false, BookDepth = 25 });

        await run.Told.UntilAsync("subscribed BTC/USD book");
        ((ILiveFeed)run.Feed).ResubscribeBook("BTC/USD");
        await run.Told.UntilAsync("unsubscribed BTC/USD book");
        await run.Told.UntilAsync("subscribed BTC/USD book");

        // A request is noted behind its answer.
        while (requests.Count < 3)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        requests.ShouldBe(
        [
            """{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25,"snapshot":true},"req_id":1}""",
            """{"method":"unsubscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25},"req_id":2}""",
            """{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25,"snapshot":true},"req_id":3}""",
        ]);
    }

    [Fact]
    public async Task A_caller_who_knows_of_missing_trades_gets_a_new_connection()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin);

        await run.Told.UntilAsync("subscribed");
        ((ILiveFeed)run.Feed).Reconnect("BTC/USD", "REST knows of more trades");
        (await run.Told.UntilAsync("disconnected")).ShouldBe("disconnected 0 asked for: REST knows of more trades");
        await run.Told.UntilAsync("subscribed");
    }

    [Fact]
    public async Task A_channel_that_is_silent_while_others_live_is_subscribed_again_and_then_its_connection_made_anew()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.AcceptAsync();
            for (var id = 1; id <= 60; id++)
            {
                await socket.TradeAsync(id);
                await socket.TradeAsync(id, "ETH/USD");
            }

            // From now on nothing of BTC/USD but acknowledgements and snapshots.
            var talking = TalkAsync(socket);
            var answering = AnswerAsync(socket);
            await Task.WhenAny(talking, answering);
        });
        await using var run = new RunningFeed(
            exchange,
            new LiveSubscription { Symbols = ["BTC/USD", "ETH/USD"] },
            options => options with { SilenceMin = TimeSpan.FromMilliseconds(50), SilenceFrames = 10 });

        await run.Told.UntilAsync("silent BTC/USD trade");
        await run.Told.UntilAsync("unsubscribed BTC/USD trade");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
        await run.Told.UntilAsync("silent BTC/USD trade");
        (await run.Told.UntilAsync("disconnected")).ShouldContain("BTC/USD trade stays silent");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
        run.Feed.GetStatistics().Silences.ShouldBeGreaterThanOrEqualTo(2);

        static async Task TalkAsync(FakeSocket socket)
        {
            for (var id = 1000; ; id++)
            {
                await socket.TradeAsync(id, "ETH/USD");
                await Task.Yield();
            }
        }

        static async Task AnswerAsync(FakeSocket socket)
        {
            while (true)
            {
                await socket.AcceptAsync();
            }
        }
    }

    [Fact]
    public async Task Maintenance_keeps_the_connection_and_what_was_refused_is_asked_for_again_after_it()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync("maintenance");
            await socket.AnswerAsync(await socket.ReceiveRequestAsync(), _ => "Market in maintenance");
            await socket.HelloAsync();
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin);

        await run.Told.UntilAsync("system maintenance");
        await run.Told.UntilAsync("refused BTC/USD trade Market in maintenance");
        await run.Told.UntilAsync("system online");
        await run.Told.UntilAsync("subscribed BTC/USD trade");
        run.Feed.GetStatistics().Connects.ShouldBe(1);
    }

    [Fact]
    public async Task A_handler_that_fails_costs_its_connection_not_the_feed()
    {
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            await socket.AcceptAsync();
            await socket.TradeAsync(666);
            await socket.StayAsync();
        });
        await using var run = new RunningFeed(exchange, Bitcoin, told: new ToldEvents { OnTrade = id => _ = id == 666 ? throw new InvalidOperationException("no room") : id });

        (await run.Told.UntilAsync("disconnected")).ShouldBe("disconnected 0 the handler failed: no room");
        await run.Told.UntilAsync("connected");
    }

    [Fact]
    public async Task A_cancelled_feed_says_goodbye()
    {
        var goodbye = new TaskCompletionSource();
        await using var exchange = new FakeExchange(async socket =>
        {
            await socket.HelloAsync();
            try
            {
                await socket.StayAsync();
            }
            catch (OperationCanceledException exception) when (exception.Message == "The client closed.")
            {
                goodbye.SetResult();
            }
        });
        await using var run = new RunningFeed(exchange, Bitcoin);

        await run.Told.UntilAsync("subscribed");
        await run.StopAsync();
        await run.Told.UntilAsync("disconnected 0 stopped");
        await goodbye.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        run.Feed.GetStatistics().OpenConnections.ShouldBe(0);
    }

    [Fact]
    public async Task A_feed_waits_for_an_exchange_that_is_not_there_yet()
    {
        var exchange = new FakeExchange(_ => Task.CompletedTask);
        var address = exchange.Address;
        await exchange.DisposeAsync();
        using var stop = new CancellationTokenSource();
        var feed = new KrakenLiveFeed(new KrakenLiveFeedOptions { Address = address, ReconnectDelay = TimeSpan.Zero, ConnectsPerTenMinutes = 5 });
        var running = ((ILiveFeed)feed).RunAsync(Bitcoin, new ToldEvents(), stop.Token);
        while (feed.GetStatistics().FailedConnects < 5)
        {
            await Task.Yield();
        }

        // The sixth attempt is not made within ten minutes.
        running.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        feed.GetStatistics().FailedConnects.ShouldBe(5);
    }

    [Theory]
    [InlineData("429 Too Many Requests")]
    [InlineData("403 Forbidden")]
    public async Task An_edge_that_bans_is_left_alone_for_a_minute(string refusal)
    {
        var clock = new ManualClock(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));
        await using var exchange = new FakeExchange(_ => Task.CompletedTask) { Refusal = refusal };
        using var stop = new CancellationTokenSource();
        var feed = new KrakenLiveFeed(new KrakenLiveFeedOptions { Address = exchange.Address, ReconnectDelay = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromDays(1), TimeProvider = clock });
        var running = ((ILiveFeed)feed).RunAsync(Bitcoin, new ToldEvents(), stop.Token);
        await FailuresAsync(1);
        clock.Advance(TimeSpan.FromSeconds(59));
        exchange.Connections.ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await FailuresAsync(2);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);

        // Failed, and waiting with the one timer that is left.
        async Task FailuresAsync(int count)
        {
            while (feed.GetStatistics().FailedConnects < count || clock.Waiting != 1)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Nothing_to_subscribe_to_is_a_mistake() =>
        await Should.ThrowAsync<ArgumentException>(((ILiveFeed)new KrakenLiveFeed()).RunAsync(new LiveSubscription { Symbols = [] }, new ToldEvents(), CancellationToken.None));

    /// <summary>A feed that runs during a test, without pauses.</summary>
    private sealed class RunningFeed : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public RunningFeed(FakeExchange exchange, LiveSubscription subscription, Func<KrakenLiveFeedOptions, KrakenLiveFeedOptions>? change = null, ToldEvents? told = null)
        {
            Told = told ?? new ToldEvents();
            var options = new KrakenLiveFeedOptions
            {
                Address = exchange.Address,
                Tick = TimeSpan.FromMilliseconds(5),
                SendInterval = TimeSpan.Zero,
                ReconnectDelay = TimeSpan.Zero,
                ReconnectDelayMax = TimeSpan.Zero,
            };
            Feed = new KrakenLiveFeed(change is null ? options : change(options));
            _running = ((ILiveFeed)Feed).RunAsync(subscription, Told, _stop.Token);
        }

        public KrakenLiveFeed Feed { get; }

        public ToldEvents Told { get; }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(_running);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }
    }
}
