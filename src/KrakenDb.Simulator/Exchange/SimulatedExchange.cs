using Microsoft.AspNetCore.Http;

namespace KrakenDb.Simulator;

/// <summary>
/// An exchange on loopback that speaks Kraken's public REST and WebSocket interfaces over seeded markets, with faults on request and a record of
/// the truth. Everything is public here that a test needs to steer it; programs steer it through <c>/control</c>.
/// </summary>
internal sealed class SimulatedExchange : IAsyncDisposable
{
    private readonly SimulatedExchangeOptions _options;
    private readonly ListedMarket[] _markets;
    private readonly PublicReplies _replies;
    private readonly CallLimiter _limiter;
    private readonly EdgeCache _edge;
    private readonly ExchangeFeed _feed;
    private readonly FaultQueue _faults = new();
    private readonly RequestLog _log = new();
    private readonly CancellationTokenSource _stopping = new();
    private LoopbackServer? _server;
    private long _requests;

    private SimulatedExchange(SimulatedExchangeOptions options)
    {
        _options = options;
        _markets = [.. options.Markets.Select(spec => new ListedMarket(spec))];
        _replies = new PublicReplies(new SeededMarkets(_markets, options.TimeProvider)) { SinceIsExclusive = options.SinceIsExclusive };
        _limiter = new CallLimiter(options.LimitTimeProvider) { Scale = options.RateLimitScale };
        _feed = new ExchangeFeed(_markets, options, () => _replies.Status);
        _edge = new EdgeCache(options.EdgeCache, options.TimeProvider);
        _faults.ByChance = options.Faults;
    }

    /// <summary>Such as <c>http://127.0.0.1:40001/</c>; the endpoints are below <c>/0/public/</c>.</summary>
    public Uri BaseAddress => _server!.Address;

    /// <summary>Such as <c>ws://127.0.0.1:40001/v2</c>.</summary>
    public Uri FeedAddress => new($"ws://{BaseAddress.Authority}/v2");

    /// <summary>By the exchange's clock.</summary>
    public DateTimeOffset Now => _options.TimeProvider.GetUtcNow();

    public IEnumerable<ListedPair> Pairs => _markets.Select(market => market.Pair);

    /// <summary>Faults that happen by chance.</summary>
    public ExchangeFaults Faults
    {
        get => _faults.ByChance;
        set => _faults.ByChance = value;
    }

    /// <summary><c>online</c>, <c>cancel_only</c>, <c>post_only</c>; under <c>maintenance</c> only Time and SystemStatus answer.</summary>
    public string Status
    {
        get => _replies.Status;
        set => _replies.Status = value;
    }

    /// <summary>How many times as fast as Kraken's the clients' allowance comes back; 0 for no limit.</summary>
    public double RateLimitScale
    {
        get => _limiter.Scale;
        set => _limiter.Scale = _feed.LimitScale = value;
    }

    /// <summary>Faults of WebSocket connections that happen by chance.</summary>
    public FeedFaults FeedFaults
    {
        get => _feed.Faults.ByChance;
        set => _feed.Faults.ByChance = value;
    }

    /// <summary>What each WebSocket connection was sent, oldest first; the last 10,000.</summary>
    public IReadOnlyList<FeedRecord> FeedRecords => _feed.Records;

    public RequestCounts Requests => _log.Counts;

    /// <summary>The last 10,000, oldest first.</summary>
    public IReadOnlyList<SimulatedRequest> RecentRequests => _log.Recent;

    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="ArgumentException">A market's spec is wrong.</exception>
    public static async Task<SimulatedExchange> StartAsync(SimulatedExchangeOptions options, CancellationToken cancellationToken = default)
    {
        var exchange = new SimulatedExchange(options);
        exchange._server = await LoopbackServer.StartAsync(options.Port, exchange.AnswerAsync, cancellationToken).ConfigureAwait(false);
        return exchange;
    }

    /// <summary>The next requests get this fault, before any that chance has for them.</summary>
    /// <param name="fault">Those of a page of trades pass other endpoints by, and are used up by them when no endpoint is given.</param>
    /// <param name="count">How many requests.</param>
    /// <param name="endpoint"><c>Trades</c>, …; null for any.</param>
    public void FailNext(ExchangeFault fault, int count = 1, string? endpoint = null) => _faults.Add(fault, count, endpoint);

    /// <summary>The next message, subscription or connection that can gets this fault, before any that chance has for it.</summary>
    /// <param name="symbol">Whose message or subscription; null for any.</param>
    public void FailNextMessage(FeedFault fault, int count = 1, string? symbol = null) => _feed.Faults.Add(fault, count, symbol);

    /// <summary>From now on WebSocket subscriptions of the symbol are refused.</summary>
    public void Refuse(string symbol) => _feed.Refuse(symbol);

    /// <summary>The record of the book: the best levels at a time, and their checksum.</summary>
    public (IReadOnlyList<BookLevel> Asks, IReadOnlyList<BookLevel> Bids, uint Checksum) Book(string symbol, long unixNanoseconds, int depth)
    {
        var market = Market(symbol);
        var (asks, bids) = (new List<BookLevel>(), new List<BookLevel>());
        market.Book.Fill(market.Tape.LastAt(unixNanoseconds), unixNanoseconds, depth, asks, bids);
        return (asks, bids, BookChecksum.Of(asks, bids));
    }

    /// <summary>The pair is unknown before a time, and trades before it are not there.</summary>
    public void List(string symbol, DateTimeOffset at) => Market(symbol).ListAt(at);

    /// <summary>The exchange never used these ids: no trade, candle or record of truth has them.</summary>
    public void SkipTradeIds(string symbol, long firstId, long lastId) => Market(symbol).Tape.SkipIds(new IdRange(firstId, lastId));

    /// <summary>These trades all happen at the time of the first.</summary>
    public void ShareTimestamp(string symbol, long firstId, int count) => Market(symbol).Tape.Gather(new IdRange(firstId, firstId + count - 1));

    /// <summary>The truth: every trade up to now, by id. Drawn while it is read.</summary>
    public IEnumerable<SeededTrade> Trades(string symbol) => Market(symbol).Tape.Between(0, WireTime.Nanoseconds(Now));

    /// <summary>The trades of a range, the end excluded, up to now.</summary>
    public IEnumerable<SeededTrade> Trades(string symbol, DateTimeOffset start, DateTimeOffset end)
    {
        var last = Math.Min(WireTime.Nanoseconds(end) - 1, WireTime.Nanoseconds(Now));
        return Market(symbol).Tape.Between(Math.Max(0, WireTime.Nanoseconds(start)), last);
    }

    /// <summary>The closed minutes that have trades, with the exact value.</summary>
    public IEnumerable<TradedMinute> Minutes(string symbol)
    {
        var seconds = Now.ToUnixTimeSeconds();
        var last = (seconds - (seconds % 60)) * 1_000_000_000;
        return TradedMinute.FromTrades(Market(symbol).Tape.Between(0, last - 1));
    }

    /// <summary>The newest trade; null before the first.</summary>
    public SeededTrade? LastTrade(string symbol) => Market(symbol).Tape.LastAt(WireTime.Nanoseconds(Now));

    public async ValueTask DisposeAsync()
    {
        // Silent requests first: the server waits for the requests that run.
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_server is { } server)
            await server.DisposeAsync().ConfigureAwait(false);
        _feed.FlushLog();
        _stopping.Dispose();
    }

    private ListedMarket Market(string symbol) =>
        Array.Find(_markets, market => market.Pair.IsCalled(symbol)) ?? throw new ArgumentException($"This exchange has no market {symbol}.", nameof(symbol));

    private async Task AnswerAsync(HttpContext context)
    {
        const string publicPath = "/0/public/";
        var path = context.Request.Path.Value ?? "";
        try
        {
            if (path.StartsWith("/control", StringComparison.Ordinal))
                await ControlEndpoint.AnswerAsync(this, context).ConfigureAwait(false);
            else if (path == "/v2")
                await _feed.AcceptAsync(context, _stopping.Token).ConfigureAwait(false);
            else
                await AnswerAsync(context, path.StartsWith(publicPath, StringComparison.Ordinal) ? path[publicPath.Length..] : path).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !context.Response.HasStarted)
        {
            // A mistake of ours must not look like one of Kraken's pages.
            await WireResponse.SendTextAsync(context, 500, $"The simulator failed: {exception}\n").ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(HttpContext context, string endpoint)
    {
        var number = Interlocked.Increment(ref _requests);
        var draw = Xoshiro256.Mix((ulong)number);
        if (!_limiter.TryCall(context.Connection.RemoteIpAddress?.ToString() ?? ""))
        {
            Record(context, endpoint, "EGeneral:Too many requests", fault: null, rateLimited: true);
            await WireResponse.SendAsync(context, WireText.Error("EGeneral:Too many requests")).ConfigureAwait(false);
            return;
        }

        if (_faults.Next(number, endpoint) is { } fault)
        {
            Record(context, endpoint, fault.ToString(), fault);
            await SendFaultyAsync(context, endpoint, fault, draw).ConfigureAwait(false);
            return;
        }

        if (_edge.IsOn && _edge.Find(AddressOf(context)) is { } kept)
        {
            Record(context, endpoint, "ok");
            context.Response.Headers["CF-Cache-Status"] = "HIT";
            await WireResponse.SendAsync(context, kept).ConfigureAwait(false);
            return;
        }

        var (body, error) = await _replies.AnswerAsync(endpoint, await WireResponse.ReadArgumentsAsync(context).ConfigureAwait(false), cancellationToken: context.RequestAborted).ConfigureAwait(false);
        Record(context, endpoint, error ?? "ok");
        if (_edge.IsOn && error is null)
        {
            _edge.Keep(AddressOf(context), body);
            context.Response.Headers["CF-Cache-Status"] = "MISS";
        }

        await WireResponse.SendAsync(context, body).ConfigureAwait(false);
    }

    private async Task SendFaultyAsync(HttpContext context, string endpoint, ExchangeFault fault, ulong draw)
    {
        if (ErrorOf(fault) is { } error)
        {
            await WireResponse.SendAsync(context, WireText.Error(error)).ConfigureAwait(false);
            return;
        }

        if (fault == ExchangeFault.HtmlError)
        {
            var (status, page) = EdgePage.Draw(draw);
            await WireResponse.SendHtmlAsync(context, status, page).ConfigureAwait(false);
            return;
        }

        if (fault == ExchangeFault.Silence)
        {
            await WireResponse.StaySilentAsync(context, _options.SilenceFor, _stopping.Token).ConfigureAwait(false);
            return;
        }

        var (body, _) = await _replies.AnswerAsync(endpoint, await WireResponse.ReadArgumentsAsync(context).ConfigureAwait(false), fault, draw, context.RequestAborted).ConfigureAwait(false);
        if (fault == ExchangeFault.CutConnection)
            await WireResponse.CutAsync(context, body).ConfigureAwait(false);
        else
            await WireResponse.SendAsync(context, fault == ExchangeFault.CutBody ? body.AsMemory(0, body.Length / 2) : body).ConfigureAwait(false);
    }

    private string? ErrorOf(ExchangeFault fault) => fault switch
    {
        ExchangeFault.TooManyRequests => "EGeneral:Too many requests",
        ExchangeFault.RateLimitExceeded => "EAPI:Rate limit exceeded",
        ExchangeFault.Throttled => FormattableString.Invariant($"EService: Throttled: {Now.ToUnixTimeSeconds() + 5}"),
        ExchangeFault.Unavailable => "EService:Unavailable",
        ExchangeFault.Busy => "EService:Busy",
        ExchangeFault.InternalError => "EGeneral:Internal error",
        ExchangeFault.Lockout => "EGeneral:Temporary lockout",
        _ => null,
    };

    private static string AddressOf(HttpContext context) => $"{context.Request.Path}{context.Request.QueryString}";

    private void Record(HttpContext context, string endpoint, string outcome, ExchangeFault? fault = null, bool rateLimited = false)
    {
        var query = context.Request.QueryString.Value ?? "";
        _log.Add(new SimulatedRequest(Now, endpoint, query.TrimStart('?'), outcome), fault, rateLimited);
    }
}
