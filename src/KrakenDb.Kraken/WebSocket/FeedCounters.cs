namespace KrakenDb.Kraken;

/// <summary>The counts of one connection. Written under that connection's lock, read by anybody.</summary>
internal sealed class FeedCounters
{
    public long Frames;
    public long Bytes;
    public long Trades;
    public long Candles;
    public long Tickers;
    public long BookFrames;
    public long Rejected;
    public long Malformed;
    public long Rounded;
    public long UnknownChannels;
    public long UnknownFields;
    public long Unasked;
    public long Connects;
    public long Reconnects;
    public long FailedConnects;
    public long Refused;
    public long Unanswered;
    public long Silences;

    /// <summary>Microseconds since 1970 UTC; 0: none yet.</summary>
    public long LastFrameAt;

    /// <summary>1 while the connection is open.</summary>
    public int IsOpen;

    public static LiveFeedStatistics Sum(IReadOnlyCollection<FeedCounters> connections)
    {
        var last = connections.Max(counters => (long?)Volatile.Read(ref counters.LastFrameAt)) ?? 0;
        return new LiveFeedStatistics
        {
            OpenConnections = connections.Sum(counters => Volatile.Read(ref counters.IsOpen)),
            Frames = connections.Sum(counters => Volatile.Read(ref counters.Frames)),
            Bytes = connections.Sum(counters => Volatile.Read(ref counters.Bytes)),
            Trades = connections.Sum(counters => Volatile.Read(ref counters.Trades)),
            Candles = connections.Sum(counters => Volatile.Read(ref counters.Candles)),
            Tickers = connections.Sum(counters => Volatile.Read(ref counters.Tickers)),
            BookFrames = connections.Sum(counters => Volatile.Read(ref counters.BookFrames)),
            Rejected = connections.Sum(counters => Volatile.Read(ref counters.Rejected)),
            Malformed = connections.Sum(counters => Volatile.Read(ref counters.Malformed)),
            Rounded = connections.Sum(counters => Volatile.Read(ref counters.Rounded)),
            UnknownChannels = connections.Sum(counters => Volatile.Read(ref counters.UnknownChannels)),
            UnknownFields = connections.Sum(counters => Volatile.Read(ref counters.UnknownFields)),
            Unasked = connections.Sum(counters => Volatile.Read(ref counters.Unasked)),
            Connects = connections.Sum(counters => Volatile.Read(ref counters.Connects)),
            Reconnects = connections.Sum(counters => Volatile.Read(ref counters.Reconnects)),
            FailedConnects = connections.Sum(counters => Volatile.Read(ref counters.FailedConnects)),
            Refused = connections.Sum(counters => Volatile.Read(ref counters.Refused)),
            Unanswered = connections.Sum(counters => Volatile.Read(ref counters.Unanswered)),
            Silences = connections.Sum(counters => Volatile.Read(ref counters.Silences)),
            LastFrame = last == 0 ? null : UnixTime.ToDateTimeOffset(last),
        };
    }
}
