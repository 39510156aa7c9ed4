namespace KrakenDb.Kraken;

/// <summary>What one connection is to be subscribed to, and what the exchange said to it. Knows neither socket nor handler; for one thread at a time.</summary>
internal sealed class SubscriptionLedger
{
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    private readonly KrakenLiveFeedOptions _options;
    private readonly List<Subscription> _all = [];
    private readonly Dictionary<string, List<Subscription>> _bySymbol = new(StringComparer.Ordinal);
    private readonly Dictionary<long, List<Subscription>> _requests = [];
    private long _requestId;

    /// <param name="symbols">Those of this connection.</param>
    /// <param name="wanted">Of them all.</param>
    /// <param name="isFirst">Whether this connection has what goes by no symbol.</param>
    public SubscriptionLedger(IReadOnlyList<string> symbols, LiveSubscription wanted, bool isFirst, KrakenLiveFeedOptions options)
    {
        _options = options;
        if (wanted.Instruments && isFirst)
        {
            Add(new Topic(FrameChannel.Instrument, 0), "");
        }

        foreach (var topic in Topics(wanted))
        {
            foreach (var symbol in symbols)
            {
                Add(topic, symbol);
            }
        }
    }

    internal enum Outcome
    {
        Subscribed,
        Refused,
        Unsubscribed,
    }

    public IReadOnlyList<Subscription> All => _all;

    /// <summary>Data frames of all its subscriptions, on all connections so far.</summary>
    public long Frames { get; set; }

    public bool IsIdle { get; private set; }

    /// <summary>The subscriptions of a symbol; empty for one that was not asked for.</summary>
    public IReadOnlyList<Subscription> Of(string symbol) => _bySymbol.GetValueOrDefault(symbol) ?? [];

    public Subscription? Find(FrameChannel channel, int parameter, string symbol)
    {
        if (_bySymbol.TryGetValue(symbol, out var subscriptions))
        {
            foreach (var subscription in subscriptions)
            {
                if (subscription.Topic.Channel == channel && (parameter == 0 || subscription.Topic.Parameter == parameter))
                {
                    return subscription;
                }
            }
        }

        return null;
    }

    /// <summary>Of a new connection nothing is subscribed.</summary>
    public void Reset()
    {
        _requests.Clear();
        foreach (var subscription in _all)
        {
            Want(subscription);
            subscription.Unanswered = 0;
            subscription.IsAlone = false;
        }
    }

    /// <summary>What the exchange refused while it was not online may be had now.</summary>
    public void RetryRefused()
    {
        foreach (var subscription in _all.Where(subscription => subscription.State == SubscriptionState.Refused))
        {
            Want(subscription);
        }
    }

    /// <summary>Unsubscribes and subscribes again what is live.</summary>
    public bool Doubt(Subscription subscription)
    {
        if (subscription.State != SubscriptionState.Live)
        {
            return false;
        }

        subscription.State = SubscriptionState.Doubted;
        IsIdle = false;
        return true;
    }

    /// <summary>The next message to send, whose subscriptions count as asked for from now on; null where there is none.</summary>
    public SubscribeRequest? Next(long now)
    {
        if (IsIdle)
        {
            return null;
        }

        var isLeft = false;
        foreach (var subscription in _all)
        {
            if (subscription.State == SubscriptionState.Doubted)
            {
                return Ask(subscription, SubscriptionState.Doubted, SubscriptionState.Leaving, now);
            }

            if (subscription.State == SubscriptionState.Wanted)
            {
                if (IsDue(subscription, now))
                {
                    return Ask(subscription, SubscriptionState.Wanted, SubscriptionState.Asked, now);
                }

                isLeft = true;
            }
        }

        IsIdle = !isLeft;
        return null;
    }

    /// <summary>Books an answer.</summary>
    /// <param name="outcomes">Gets what became of which subscription.</param>
    public void Acknowledge(in Acknowledgement acknowledgement, long now, List<(Subscription Subscription, Outcome Outcome)> outcomes)
    {
        if (acknowledgement.Symbol is { } symbol)
        {
            if (FindAnswered(acknowledgement, symbol) is { } subscription)
            {
                Settle(subscription, acknowledgement, outcomes);
            }

            return;
        }

        // Without a symbol the request's id says who is meant; where there was only one request, it is that.
        var asked = acknowledgement.RequestId is { } id && _requests.TryGetValue(id, out var request) ? request
            : _requests.Values.Where(IsOpen).Take(2).ToList() is [var only] ? only
            : [];
        var requestId = acknowledgement.RequestId;
        var open = asked.Where(subscription => IsWaiting(subscription, requestId)).ToList();
        if (acknowledgement.Succeeded || open.Count == 1 || IsAboutAll(acknowledgement.Error))
        {
            foreach (var subscription in open)
            {
                Settle(subscription, acknowledgement, outcomes);
            }

            return;
        }

        // One of them was refused, or all: each is asked for alone. Too many messages: all, later.
        var isPaced = acknowledgement.Error is { } error && error.Contains("rate", StringComparison.OrdinalIgnoreCase);
        foreach (var subscription in open)
        {
            Want(subscription);
            subscription.IsAlone = !isPaced;
            subscription.At = now;
            subscription.Pause = isPaced ? _options.AckTimeout : TimeSpan.Zero;
        }
    }

    /// <summary>What was not answered in time is wanted again, later each time.</summary>
    public void Expire(long now, List<Subscription> unanswered)
    {
        if (_requests.Count == 0)
        {
            return;
        }

        foreach (var subscription in _all)
        {
            if (subscription.State is not (SubscriptionState.Asked or SubscriptionState.Leaving) || _options.TimeProvider.GetElapsedTime(subscription.At, now) < _options.AckTimeout)
            {
                continue;
            }

            var pause = _options.AckTimeout * (1 << Math.Min(subscription.Unanswered, 10));
            var wasAsked = subscription.State == SubscriptionState.Asked;
            Want(subscription);
            subscription.At = now;
            subscription.Pause = wasAsked ? (pause < PauseMax ? pause : PauseMax) : TimeSpan.Zero;
            if (wasAsked)
            {
                subscription.Unanswered++;
                unanswered.Add(subscription);
            }
        }

        foreach (var (id, _) in _requests.Where(request => !IsOpen(request.Value)).ToList())
        {
            _requests.Remove(id);
        }
    }

    private static IEnumerable<Topic> Topics(LiveSubscription wanted)
    {
        if (wanted.Trades)
        {
            yield return new Topic(FrameChannel.Trade, 0);
        }

        foreach (var interval in wanted.CandleIntervals.Distinct())
        {
            yield return new Topic(FrameChannel.Ohlc, interval.Minutes);
        }

        if (wanted.Ticker)
        {
            yield return new Topic(FrameChannel.Ticker, 0);
        }

        if (wanted.BookDepth is { } depth)
        {
            yield return new Topic(FrameChannel.Book, depth);
        }
    }

    private static bool IsOpen(List<Subscription> request) => request.Exists(subscription => subscription.State is SubscriptionState.Asked or SubscriptionState.Leaving);

    // "Subscription depth not supported": the request itself is wrong, not a symbol.
    private static bool IsAboutAll(string? error) => error is not null && error.StartsWith("Subscription ", StringComparison.OrdinalIgnoreCase);

    private static bool IsWaiting(Subscription subscription, long? requestId) =>
        subscription.State is SubscriptionState.Asked or SubscriptionState.Leaving && (requestId is null || subscription.RequestId == requestId);

    private void Add(Topic topic, string symbol)
    {
        var subscription = new Subscription(topic, symbol);
        _all.Add(subscription);
        if (!_bySymbol.TryGetValue(symbol, out var subscriptions))
        {
            _bySymbol.Add(symbol, subscriptions = []);
        }

        subscriptions.Add(subscription);
    }

    private void Want(Subscription subscription)
    {
        subscription.State = SubscriptionState.Wanted;
        subscription.Pause = TimeSpan.Zero;
        IsIdle = false;
    }

    private bool IsDue(Subscription subscription, long now) =>
        subscription.Pause == TimeSpan.Zero || _options.TimeProvider.GetElapsedTime(subscription.At, now) >= subscription.Pause;

    private SubscribeRequest Ask(Subscription first, SubscriptionState from, SubscriptionState to, long now)
    {
        var asked = first.IsAlone
            ? [first]
            : _all.Where(subscription => subscription.Topic == first.Topic && subscription.State == from && !subscription.IsAlone && (from == SubscriptionState.Doubted || IsDue(subscription, now)))
                .Take(Math.Max(1, _options.SymbolsPerRequest))
                .ToList();
        var id = ++_requestId;
        foreach (var subscription in asked)
        {
            subscription.State = to;
            subscription.RequestId = id;
            subscription.At = now;
        }

        _requests.Add(id, asked);
        return new SubscribeRequest(id, to == SubscriptionState.Leaving, first.Topic, asked);
    }

    private Subscription? FindAnswered(in Acknowledgement acknowledgement, string symbol)
    {
        if (acknowledgement.RequestId is { } id && _requests.TryGetValue(id, out var request))
        {
            return request.Find(subscription => subscription.Symbol == symbol);
        }

        if (acknowledgement.Channel != FrameChannel.None)
        {
            return Find(acknowledgement.Channel, acknowledgement.Channel == FrameChannel.Ticker ? 0 : acknowledgement.Parameter ?? 0, symbol);
        }

        // A refusal names no channel: the one that waits longest.
        return Of(symbol).Where(subscription => IsWaiting(subscription, requestId: null)).OrderBy(subscription => subscription.RequestId).FirstOrDefault();
    }

    private void Settle(Subscription subscription, in Acknowledgement acknowledgement, List<(Subscription Subscription, Outcome Outcome)> outcomes)
    {
        // Kraken's documents show an unsubscription that is answered as a subscription: what was asked decides.
        if (subscription.State == SubscriptionState.Leaving)
        {
            Want(subscription);
            outcomes.Add((subscription, Outcome.Unsubscribed));
            return;
        }

        var isThere = acknowledgement.Succeeded || (acknowledgement.Error is { } error && error.Contains("already subscribed", StringComparison.OrdinalIgnoreCase));
        if (acknowledgement.IsUnsubscribe || subscription.State is SubscriptionState.Live or SubscriptionState.Doubted || (subscription.State == SubscriptionState.Refused && !isThere))
        {
            return;
        }

        subscription.Unanswered = 0;
        subscription.IsAlone = false;
        subscription.State = isThere ? SubscriptionState.Live : SubscriptionState.Refused;
        outcomes.Add((subscription, isThere ? Outcome.Subscribed : Outcome.Refused));
    }
}
