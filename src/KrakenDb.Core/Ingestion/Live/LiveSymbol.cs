namespace KrakenDb;

/// <summary>What the collector knows of one symbol. Its own lock guards it.</summary>
internal sealed class LiveSymbol(string symbol, TimeSpan sampleOffset)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, int> _attempts = [];
    private TradeRow? _last;
    private long _received;
    private long _lag;
    private long? _subscribedAt;
    private string? _refused;

    public string Symbol { get; } = symbol;

    /// <summary>Where recording begins, and the id before it; what lies behind is stored or not wanted.</summary>
    public DateTimeOffset SeedFrom { get; set; }

    public long? SeedLastId { get; set; }

    /// <summary>Whether the stretch from <see cref="SeedFrom"/> on is fetched up to where ids join.</summary>
    public bool IsSeeded { get; set; }

    public DateTimeOffset NextSeed { get; set; }

    public DateTimeOffset NextTail { get; set; }

    public DateTimeOffset? NextSample { get; set; }

    /// <summary>So that the samples of many symbols do not fall together.</summary>
    public TimeSpan SampleOffset { get; } = sampleOffset;

    public DateTimeOffset NextReconnect { get; set; }

    public int Failures { get; set; }

    /// <summary>The one fill that is under way.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    public bool IsRefused
    {
        get
        {
            lock (_lock)
            {
                return _refused is not null;
            }
        }
    }

    /// <summary>The highest id that the feed brought; 0 before the first.</summary>
    public long LastReceivedId
    {
        get
        {
            lock (_lock)
            {
                return _last?.Id ?? 0;
            }
        }
    }

    /// <summary>Microseconds; null where the feed does not bring the symbol now.</summary>
    public long? SubscribedAt
    {
        get
        {
            lock (_lock)
            {
                return _subscribedAt;
            }
        }
    }

    public void Received(ReadOnlySpan<TradeRow> trades, long receivedAt)
    {
        lock (_lock)
        {
            _received += trades.Length;
            foreach (ref readonly var trade in trades)
            {
                if (_last is null || trade.Id > _last.Value.Id)
                {
                    _last = trade;
                    _lag = receivedAt - trade.TimestampMicroseconds;
                }
            }
        }
    }

    public void Subscribed(long receivedAt)
    {
        lock (_lock)
        {
            (_subscribedAt, _refused) = (receivedAt, null);
        }
    }

    public void Unsubscribed()
    {
        lock (_lock)
        {
            _subscribedAt = null;
        }
    }

    /// <returns>Whether this is news.</returns>
    public bool Refuse(string error)
    {
        lock (_lock)
        {
            var isNews = _refused != error;
            (_refused, _subscribedAt) = (error, null);
            return isNews;
        }
    }

    /// <summary>How often the hole that begins with an id was looked at.</summary>
    public int Attempts(long firstMissing) => _attempts.GetValueOrDefault(firstMissing);

    public void Attempted(long firstMissing) => _attempts[firstMissing] = Attempts(firstMissing) + 1;

    /// <summary>When holes are looked at next, by their first id.</summary>
    public Dictionary<long, DateTimeOffset> NextLook { get; } = [];

    public void Forget(IReadOnlySet<long> open)
    {
        foreach (var closed in NextLook.Keys.Where(id => !open.Contains(id)).ToList())
        {
            NextLook.Remove(closed);
            _attempts.Remove(closed);
        }
    }

    public LiveSymbolStatus Status(TradeChain chain)
    {
        lock (_lock)
        {
            return new LiveSymbolStatus
            {
                Symbol = Symbol,
                Refused = _refused,
                IsSubscribed = _subscribedAt is not null,
                LastPrice = _last is { } last ? FixedPoint.ToDecimal(last.Price) : null,
                LastTradeAt = _last is { } newest ? UnixTime.ToDateTimeOffset(newest.TimestampMicroseconds) : null,
                TradesReceived = _received,
                Lag = _last is null ? null : TimeSpan.FromMicroseconds(_lag),
                Gaps = chain.Holes().Count() + (IsSeeded || _refused is not null ? 0 : 1),
                ProvenTo = chain.Head is { } head ? UnixTime.ToDateTimeOffset(head.End) : null,
            };
        }
    }
}
