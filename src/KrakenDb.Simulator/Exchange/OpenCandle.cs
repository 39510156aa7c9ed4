namespace KrakenDb.Simulator;

/// <summary>A row while its trades come in.</summary>
internal sealed class OpenCandle(long start, long firstPrice)
{
    private OhlcRow _row = new(start, firstPrice, firstPrice, firstPrice, firstPrice, Vwap: 0, Volume: 0, Trades: 0);
    private UInt128 _ticksTimesLots;

    public long Start => _row.UnixSeconds;

    public void Add(in SeededTrade trade, long step, long lot)
    {
        _row = _row with
        {
            High = Math.Max(_row.High, trade.Price),
            Low = Math.Min(_row.Low, trade.Price),
            Close = trade.Price,
            Volume = _row.Volume + trade.Volume,
            Trades = _row.Trades + 1,
        };
        _ticksTimesLots += (UInt128)(trade.Price / step) * (UInt128)(trade.Volume / lot);
    }

    public OhlcRow Row(long step, long lot) => _row with { Vwap = (long)(_ticksTimesLots / (UInt128)(_row.Volume / lot)) * step };
}
