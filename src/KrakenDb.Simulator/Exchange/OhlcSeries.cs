namespace KrakenDb.Simulator;

/// <summary>
/// The rows of one interval, built from the published trades. Keeps the committed rows that a reply may show and adds to them as time
/// goes on: the first reply of a long interval reads up to two years of trades, each later one only what is new.
/// </summary>
internal sealed class OhlcSeries(PublicTape tape, int intervalMinutes)
{
    /// <summary>How many committed rows a reply has at most; the open one comes on top.</summary>
    public const int CommittedMax = 720;

    private readonly Lock _lock = new();
    private readonly List<OhlcRow> _committed = [];
    private readonly long _seconds = intervalMinutes * 60L;
    private readonly long _step = Scale.Step(tape.Spec.PriceDecimals);
    private readonly long _lot = Scale.Step(tape.Spec.VolumeDecimals);
    private long _next;
    private long? _close;
    private int _version = -1;

    /// <summary>
    /// The committed rows and the open one as of a time, oldest first; none before the first trade's. Starts are multiples of the interval
    /// since 1970, so weeks begin on Thursday (assumed).
    /// </summary>
    public OhlcRow[] AsOf(long unixNanoseconds)
    {
        lock (_lock)
        {
            var seconds = unixNanoseconds / 1_000_000_000;
            var open = seconds - (seconds % _seconds);
            var version = tape.Version;
            var first = open - (CommittedMax * _seconds);
            if (_version != version || open < _next || _next < first)
            {
                _version = version;
                Restart(first, unixNanoseconds);
            }

            return Extend(open, unixNanoseconds);
        }
    }

    private void Restart(long first, long unixNanoseconds)
    {
        _committed.Clear();
        _next = Math.Max(0, first);
        _close = tape.LastAt((_next * 1_000_000_000) - 1)?.Price;
        if (_close is not null)
            return;

        // A young market: its rows begin with its first trade.
        foreach (var trade in tape.Between(0, unixNanoseconds))
        {
            _next = trade.UnixNanoseconds / 1_000_000_000 / _seconds * _seconds;
            _close = trade.Price;
            return;
        }
    }

    private OhlcRow[] Extend(long open, long unixNanoseconds)
    {
        if (_close is not { } close)
            return [];

        OpenCandle? current = null;
        foreach (var trade in tape.Between(_next * 1_000_000_000, unixNanoseconds))
        {
            var start = trade.UnixNanoseconds / 1_000_000_000 / _seconds * _seconds;
            if (current is { } span && span.Start != start)
            {
                CommitFlat(span.Start, close);
                close = Commit(span.Row(_step, _lot));
                current = null;
            }

            current ??= new OpenCandle(start, trade.Price);
            current.Add(trade, _step, _lot);
        }

        if (current is { } last && last.Start < open)
        {
            CommitFlat(last.Start, close);
            close = Commit(last.Row(_step, _lot));
            current = null;
        }

        CommitFlat(open, close);
        _close = close;
        if (_committed.Count > CommittedMax)
            _committed.RemoveRange(0, _committed.Count - CommittedMax);
        return [.. _committed, current?.Row(_step, _lot) ?? Flat(open, close)];
    }

    private void CommitFlat(long end, long close)
    {
        while (_next < end)
            Commit(Flat(_next, close));
    }

    private long Commit(OhlcRow row)
    {
        _committed.Add(row);
        _next = row.UnixSeconds + _seconds;
        return row.Close;
    }

    private static OhlcRow Flat(long start, long close) => new(start, close, close, close, close, 0, 0, 0);
}
