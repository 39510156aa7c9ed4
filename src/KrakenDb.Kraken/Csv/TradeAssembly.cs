namespace KrakenDb.Kraken;

/// <summary>Minutes from trades that come in order of time, cut into pieces of whole minutes. Equal rows are separate trades; only a repeated id is not.</summary>
/// <param name="batchSize">Rows from which on a piece ends with the minute.</param>
/// <param name="claims">Whether the file may vouch for anything.</param>
internal sealed class TradeAssembly(int batchSize, bool claims)
{
    private const int FirstCapacity = 4096;

    private readonly List<int> _rowsOfCandle = [];
    private CandleBatch? _candles;
    private TradeBatch? _trades;
    private int _usualTrades = FirstCapacity;
    private MinuteBuilder _minute;
    private bool _isMinuteOpen;
    private int _rowsOfMinute;
    private int _rows;
    private long _repeated;
    private long _contradicting;
    private TradeText _last;

    public TradeCoverage Coverage { get; } = new();

    /// <summary>Takes a trade; false when the piece is full and must be taken first.</summary>
    public bool Offer(in TradeText trade)
    {
        if (trade.Id > 0 && trade.Id == _last.Id)
        {
            Repeat(trade);
            return true;
        }

        Coverage.Approach(trade);
        if (_isMinuteOpen && trade.Minute != _minute.Timestamp)
        {
            CloseMinute();
        }

        if (!_isMinuteOpen)
        {
            if (_rows >= batchSize)
            {
                return false;
            }

            _minute = new MinuteBuilder(trade.Minute);
            _isMinuteOpen = true;
        }

        Coverage.Add(trade);
        _minute.Add(trade.Price, trade.Volume);
        _rows++;
        _last = trade;
        if (trade.Id > 0)
        {
            Keep(trade);
        }
        else
        {
            _rowsOfMinute++;
        }

        return true;
    }

    /// <summary>There are no more trades.</summary>
    public void Finish()
    {
        Coverage.Finish();
        if (_isMinuteOpen)
        {
            CloseMinute();
        }
    }

    /// <summary>What has come together since the last call.</summary>
    /// <param name="next">The trade that did not fit any more; null at the end of the file.</param>
    /// <param name="frame">The rest of the piece.</param>
    public ImportPiece Take(TradeText? next, ImportPiece frame)
    {
        var covered = Coverage.Take(next?.Minute);
        var (repeated, contradicting) = OrderTrades();
        var piece = frame with
        {
            Candles = _candles,
            RowsOfCandle = [.. _rowsOfCandle],
            Trades = _trades,
            Covered = claims ? covered : [],
            WantedFrom = Coverage.FirstTime is { } first ? UnixTime.ToDateTimeOffset(first - (first % UnixTime.MicrosecondsPerMinute)) : null,
            Repeated = _repeated + repeated,
            Contradicting = _contradicting + contradicting,
        };
        _candles = null;

        // The next piece is about as large: growing towards it would leave twice its size to the garbage collector.
        _usualTrades = Math.Max(FirstCapacity, (_trades?.Count ?? 0) + FirstCapacity);
        _trades = null;
        _rowsOfCandle.Clear();
        _rows = 0;
        _repeated = 0;
        _contradicting = 0;
        return piece;
    }

    private void Repeat(in TradeText trade)
    {
        if (trade == _last)
        {
            _repeated++;
        }
        else
        {
            // The candle holds the first of them; the store decides which row stays.
            _contradicting++;
            Coverage.Reject(time: null);
        }
    }

    private void CloseMinute()
    {
        var source = Coverage.CloseMinute() && claims ? CandleSource.TimeAndSales : CandleSource.TimeAndSalesEdge;
        var candle = _minute.Build(source);
        if (candle.Fault() is { } fault)
        {
            throw new ImportException($"The trades of the minute {UnixTime.ToDateTimeOffset(candle.Timestamp):yyyy-MM-dd'T'HH:mm'Z'} add up to what cannot be stored: {fault}.");
        }

        _candles = _candles?.WithRoom(1) ?? CandleBatch.Rent(FirstCapacity);
        _candles.Add(candle);
        _rowsOfCandle.Add(_rowsOfMinute);
        _rowsOfMinute = 0;
        _isMinuteOpen = false;
    }

    private void Keep(in TradeText trade)
    {
        if (_trades is null)
        {
            _trades = new TradeBatch(_usualTrades);
        }
        else if (_trades.Count == _trades.Capacity)
        {
            var larger = new TradeBatch(_trades.Capacity * 2);
            foreach (var row in _trades.Rows())
            {
                larger.Add(row);
            }

            _trades = larger;
        }

        _trades.Add(trade.ToRow());
    }

    // Ids that do not rise with the time are broken coverage already; the rows are good.
    private (long Repeated, long Contradicting) OrderTrades()
    {
        if (_trades is null)
        {
            return default;
        }

        (_trades, var repeated, var contradicting) = TradeMerge.Order(_trades);
        return (repeated, contradicting);
    }
}
