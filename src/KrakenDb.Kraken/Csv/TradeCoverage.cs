namespace KrakenDb.Kraken;

/// <summary>
/// Which times a time-and-sales file vouches for: from its first to its last trade, broken where a row was rejected and where ids are missing. Minutes are
/// vouched for where they lie wholly inside; trades only where the rows carry ids.
/// </summary>
internal sealed class TradeCoverage
{
    private const long Minute = UnixTime.MicrosecondsPerMinute;

    private readonly UnbrokenPiece _minutes = new(hasIds: false);
    private readonly UnbrokenPiece _ids = new(hasIds: true);
    private long? _firstTime;
    private long _lastTime;

    // The latest time seen, that of rejected rows included.
    private long _lastSeen;
    private long _lastId;
    private long _expectedId;
    private long _lastIdBefore;
    private long _rejectedSince;
    private long? _openMinute;
    private bool? _isOpenMinuteWhole;

    public long? FirstTime => _firstTime;

    public void Restore(TradeState state)
    {
        (_firstTime, _lastTime, _lastSeen) = (state.FirstTime, state.LastTime, state.LastSeen);
        (_lastId, _expectedId, _lastIdBefore, _rejectedSince) = (state.LastId, state.ExpectedId, state.LastIdBefore, state.RejectedSince);
        _minutes.Restore(state.Minutes);
        _ids.Restore(state.Ids);
    }

    public TradeState Save(TimeAndSalesLayout layout) =>
        new((int)layout, _firstTime, _lastTime, _lastSeen, _lastId, _expectedId, _lastIdBefore, _rejectedSince, _minutes.Save(), _ids.Save());

    /// <summary>Looks for a break between the trade before and this one. May be called again for the same trade.</summary>
    public void Approach(in TradeText trade)
    {
        var isFirst = _firstTime is null;
        if (!isFirst && trade.Id > 0 && _expectedId > 0 && (trade.Id < _expectedId || trade.Id > _expectedId + _rejectedSince))
        {
            EndMinutes(_lastSeen);
            EndIds(_lastTime);
        }

        // Behind a break the trade's own instant is left out: what is missing may share it.
        var start = isFirst && _rejectedSince == 0 ? trade.Time : trade.Time + 1;
        _minutes.Begin(start);
        if (trade.Id > 0)
        {
            _ids.Begin(start);
        }
        else
        {
            EndIds(_lastTime);
        }
    }

    /// <summary>The trade is taken.</summary>
    public void Add(in TradeText trade)
    {
        _firstTime ??= trade.Time;
        if (trade.Time > _lastTime)
        {
            _lastIdBefore = _lastId;
            _lastTime = trade.Time;
        }

        _lastSeen = Math.Max(_lastSeen, trade.Time);
        if (trade.Id > 0)
        {
            _ids.Add(trade.Time, trade.Id);
            _lastId = trade.Id;
            _expectedId = trade.Id + 1;
        }
        else if (_expectedId > 0)
        {
            _expectedId++;
        }

        _rejectedSince = 0;
        if (_openMinute is null)
        {
            _openMinute = trade.Minute;
            _isOpenMinuteWhole = null;
        }
    }

    /// <summary>A row was rejected; with a readable time only its minute is left out.</summary>
    public void Reject(long? time)
    {
        _rejectedSince++;
        if (_firstTime is null)
        {
            return;
        }

        if (time is not { } at || at < _lastSeen)
        {
            EndMinutes(_lastSeen);
            EndIds(_lastTime);
            return;
        }

        var minute = at - (at % Minute);
        if (_minutes.Start is not null)
        {
            EndMinutes(minute);
            _minutes.Begin(minute + Minute);
        }

        if (_ids.Start is not null)
        {
            _ids.End(minute, _lastTime < minute ? _lastId : null);
            _ids.Begin(minute + Minute);
        }

        _lastSeen = at;
    }

    /// <summary>Whether all trades of the minute that ends now are there. Call <see cref="Approach"/> with the next trade, or <see cref="Finish"/>, before.</summary>
    public bool CloseMinute()
    {
        var isWhole = _isOpenMinuteWhole ?? (_minutes.Start <= _openMinute);
        _openMinute = null;
        _isOpenMinuteWhole = null;
        return isWhole;
    }

    /// <summary>The file ends behind the last trade.</summary>
    public void Finish()
    {
        EndMinutes(_lastTime);
        EndIds(_lastTime);
    }

    /// <summary>The ranges since the last call.</summary>
    /// <param name="next">The start of a minute before which every trade is stored; null at the end.</param>
    public IReadOnlyList<(string DataType, CoverageRange Range)> Take(long? next)
    {
        if (next is { } end)
        {
            _minutes.Commit(end, lastId: null);
            _ids.Commit(end, _lastId);
        }

        var covered = new List<(string, CoverageRange)>();
        foreach (var piece in _minutes.Take())
        {
            var start = (piece.Range.StartMicroseconds + Minute - 1) / Minute * Minute;
            var stop = piece.Range.EndMicroseconds / Minute * Minute;
            if (start < stop)
            {
                covered.Add((DataType.Candles(Interval.Minute), piece with { Range = new TimeRange(start, stop), FirstTradeId = null, LastTradeId = null }));
            }
        }

        covered.AddRange(_ids.Take().Select(piece => (DataType.Trades, piece)));
        return covered;
    }

    private void EndMinutes(long end)
    {
        if (_openMinute is { } minute)
        {
            _isOpenMinuteWhole ??= _minutes.Start <= minute && end >= minute + Minute;
        }

        _minutes.End(end, lastId: null);
    }

    // The last trade's own instant is excluded, and so is its id.
    private void EndIds(long end) => _ids.End(end, _lastIdBefore);
}
