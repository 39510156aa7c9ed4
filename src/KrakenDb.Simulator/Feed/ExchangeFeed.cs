using Microsoft.AspNetCore.Http;

namespace KrakenDb.Simulator;

/// <summary>The exchange's WebSocket side: takes connections at <c>/v2</c>, limits them, and keeps the record of what each was sent.</summary>
internal sealed class ExchangeFeed(IReadOnlyList<ListedMarket> markets, SimulatedExchangeOptions options, Func<string> status)
{
    private const int RecordsMax = 10_000;

    private readonly ConnectionLimiter _limiter = new(options.LimitTimeProvider) { Scale = options.RateLimitScale };
    private readonly SentLog? _log = options.SentMessages is { } stream ? new SentLog(stream) : null;
    private readonly Queue<FeedRecord> _records = new();
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _connections;

    public FeedFaultQueue Faults { get; } = new() { ByChance = options.FeedFaults };

    public string Status => status();

    public TimeSpan SilentFor => options.FeedSilence;

    public TimeSpan SlowClientAfter => options.SlowClientAfter;

    public double LimitScale { get => _limiter.Scale; set => _limiter.Scale = value; }

    /// <summary>Every connection there was, oldest first; the last 10,000.</summary>
    public IReadOnlyList<FeedRecord> Records
    {
        get
        {
            lock (_lock)
            {
                return [.. _records];
            }
        }
    }

    public long Now() => WireTime.Nanoseconds(options.TimeProvider.GetUtcNow());

    /// <summary>The clock of heartbeats and delays.</summary>
    public long ClientTime() => options.LimitTimeProvider.GetTimestamp();

    public long ClientUnits(TimeSpan time) => (long)(time.TotalSeconds * options.LimitTimeProvider.TimestampFrequency);

    /// <summary>From now on subscriptions of the symbol are refused as if the pair were unknown; those that run go on.</summary>
    public void Refuse(string symbol)
    {
        lock (_lock)
        {
            _refused.Add(symbol);
        }
    }

    public IReadOnlyList<ListedMarket> Listed()
    {
        var now = options.TimeProvider.GetUtcNow();
        return [.. markets.Where(market => market.ListedAt <= now)];
    }

    /// <summary>By its symbol as this interface has it, no other name.</summary>
    public ListedMarket? Find(string symbol)
    {
        lock (_lock)
        {
            if (_refused.Contains(symbol))
                return null;
        }

        return Listed().FirstOrDefault(market => market.Pair.Spec.Symbol == symbol);
    }

    public void FlushLog() => _log?.Flush();

    public async Task AcceptAsync(HttpContext context, CancellationToken stopping)
    {
        if (!await WebSocketUpgrade.IsAskedAsync(context).ConfigureAwait(false))
            return;

        if (!_limiter.TryConnect(context.Connection.RemoteIpAddress?.ToString() ?? ""))
        {
            // Cloudflare's answer to who comes too often.
            await WireResponse.SendHtmlAsync(context, 429, "<html><head><title>Error 1015</title></head><body>You are being rate limited</body></html>"u8.ToArray()).ConfigureAwait(false);
            return;
        }

        var stream = await WebSocketUpgrade.AcceptAsync(context).ConfigureAwait(false);
        var record = Open();
        using var connection = new FeedConnection(this, stream, record, _log, context.Abort);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await connection.RunAsync(either.Token).ConfigureAwait(false);
    }

    private FeedRecord Open()
    {
        const ulong highest = 1UL << 63;
        var number = (ulong)Interlocked.Increment(ref _connections);
        var drawn = Xoshiro256.Mix(markets[0].Pair.Spec.Seed ^ (number << 20));
        // Every other id needs all 64 bits.
        var record = new FeedRecord((number & 1) == 1 ? drawn | highest : drawn & ~highest, options.TimeProvider.GetUtcNow());
        lock (_lock)
        {
            _records.Enqueue(record);
            if (_records.Count > RecordsMax)
                _records.Dequeue();
        }

        return record;
    }
}
