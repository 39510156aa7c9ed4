namespace KrakenDb.Kraken;

/// <summary>One symbol's channel of one connection: where its subscription stands, and how lively it is.</summary>
/// <param name="symbol">Empty for the list of markets.</param>
internal sealed class Subscription(Topic topic, string symbol)
{
    // So many frames make a share that means something.
    private const int BeatsMin = 20;
    private const long WindowMax = 1 << 20;
    private const int DoublingsMax = 6;

    private long _beats;
    private long _totalAtFirst;
    private long _totalAtLast;

    public Topic Topic => topic;

    public string Symbol => symbol;

    public SubscriptionState State { get; set; }

    public long RequestId { get; set; }

    /// <summary>When it was asked for, or from when on it may be asked for again; a timestamp of the clock.</summary>
    public long At { get; set; }

    public TimeSpan Pause { get; set; }

    /// <summary>Not answered so often in a row.</summary>
    public int Unanswered { get; set; }

    /// <summary>To be asked for without others, because a refusal did not say whom it means.</summary>
    public bool IsAlone { get; set; }

    /// <summary>When the newest frame came, or it was subscribed.</summary>
    public long LastAt { get; private set; }

    /// <summary>Suspected so often since the newest frame.</summary>
    public int Suspicions { get; private set; }

    /// <param name="now">A timestamp of the clock.</param>
    /// <param name="total">Frames of all channels of the connection so far.</param>
    public void Beat(long now, long total)
    {
        _beats++;
        LastAt = now;
        _totalAtLast = total;
        Suspicions = 0;
        if (_totalAtLast - _totalAtFirst > WindowMax)
        {
            // What was long ago counts half.
            _beats /= 2;
            _totalAtFirst += (_totalAtLast - _totalAtFirst) / 2;
        }
    }

    /// <summary>Starts to wait anew; its share of the frames stays.</summary>
    public void Restart(long now, long total)
    {
        LastAt = now;
        _totalAtFirst += total - _totalAtLast;
        _totalAtLast = total;
    }

    /// <summary>How many frames it should have brought since its newest, by its share of all frames before.</summary>
    public long Missed(long total) => _beats < BeatsMin ? 0 : (long)((Int128)_beats * (total - _totalAtLast) / (_totalAtLast - _totalAtFirst + 1));

    /// <summary>Suspects it, and starts to wait anew.</summary>
    public void Suspect(long now, long total)
    {
        Suspicions++;
        Restart(now, total);
    }

    /// <summary>Whoever was suspected in vain is waited for longer: a market may really stand still.</summary>
    public TimeSpan Patience(TimeSpan first) => first * (1 << Math.Min(Suspicions, DoublingsMax));
}

internal enum SubscriptionState
{
    /// <summary>To be asked for.</summary>
    Wanted,
    Asked,
    Live,

    /// <summary>The exchange said no.</summary>
    Refused,

    /// <summary>To be unsubscribed, and then subscribed again.</summary>
    Doubted,

    /// <summary>The exchange was asked to unsubscribe it.</summary>
    Leaving,
}

/// <summary>A channel, with the interval of ohlc or the depth of a book; 0 elsewhere.</summary>
internal readonly record struct Topic(FrameChannel Channel, int Parameter);
