using System.Numerics;

namespace KrakenDb.Simulator;

/// <summary>The last 24 hours of a symbol, as far as a ticker tells them; the far end moves in steps of five minutes.</summary>
internal sealed class TickerView(ListedMarket market, bool onBestPrices)
{
    private const int StepMinutes = 5;
    private const long StepNanoseconds = StepMinutes * 60_000_000_000L;
    private const long DaySeconds = 86_400;

    private readonly CandleView _current = new(market, StepMinutes);
    private readonly List<BookLevel> _asks = [];
    private readonly List<BookLevel> _bids = [];
    private long _baseUntil;
    private BigInteger _baseValue;
    private Int128 _baseVolume;
    private long _baseHigh;
    private long _baseLow;
    private bool _hasTrade;

    /// <summary>Sent when the best prices change, too, not with every trade.</summary>
    public bool OnBestPrices => onBestPrices;

    private long Open { get; set; }

    private long High { get; set; }

    private long Low { get; set; }

    private Int128 Volume { get; set; }

    /// <summary>Cut off after the pair's decimals.</summary>
    private long Vwap { get; set; }

    /// <summary>After a refresh.</summary>
    public TickerValues Values(in SeededTrade last)
    {
        var (step, lot) = (Scale.Step(market.Pair.PairDecimals), Scale.Step(market.Pair.LotDecimals));
        return new()
        {
            Bid = _bids[0].Ticks * step,
            BidQuantity = (Int128)_bids[0].Lots * lot,
            Ask = _asks[0].Ticks * step,
            AskQuantity = (Int128)_asks[0].Lots * lot,
            Last = last.Price,
            Volume = Volume,
            Vwap = Vwap,
            Low = Low,
            High = High,
            Open = Open,
        };
    }

    public void Start(long nowNanoseconds) => _hasTrade = _current.Start(nowNanoseconds).Count > 0;

    public void Add(in SeededTrade trade)
    {
        _current.Add(trade);
        _hasTrade = true;
    }

    /// <summary>Whether there is something to send; the best prices are new if <paramref name="newBest"/>.</summary>
    public bool Refresh(SeededTrade? last, long nowNanoseconds, out bool newBest)
    {
        var before = _asks.Count > 0 && _bids.Count > 0 ? (_asks[0].Ticks, _asks[0].Lots, _bids[0].Ticks, _bids[0].Lots) : default;
        market.Book.Fill(last, nowNanoseconds, depth: 1, _asks, _bids);
        newBest = false;
        if (_asks.Count == 0 || _bids.Count == 0)
            return false;

        newBest = before != (_asks[0].Ticks, _asks[0].Lots, _bids[0].Ticks, _bids[0].Lots);
        Sum(nowNanoseconds);
        return true;
    }

    private void Sum(long nowNanoseconds)
    {
        if (nowNanoseconds >= _baseUntil)
            SumBase(nowNanoseconds);

        (High, Low, Volume) = (_baseHigh, _baseLow, _baseVolume);
        var value = _baseValue;
        var now = nowNanoseconds / StepNanoseconds * (StepNanoseconds / 1_000_000_000);
        if (_hasTrade && _current.Row is var row && row.UnixSeconds == now)
        {
            (High, Low, Volume) = (Math.Max(High, row.High), Math.Min(Low, row.Low), Volume + row.Volume);
            value += (BigInteger)row.Vwap * row.Volume;
        }

        var step = Scale.Step(market.Pair.PairDecimals);
        Vwap = Volume == 0 ? 0 : (long)(value / Volume) / step * step;
    }

    private void SumBase(long nowNanoseconds)
    {
        _baseUntil = ((nowNanoseconds / StepNanoseconds) + 1) * StepNanoseconds;
        (_baseValue, _baseVolume, _baseHigh, _baseLow) = (0, 0, 0, long.MaxValue);
        var first = (_baseUntil / 1_000_000_000) - DaySeconds;
        var rows = market.Ohlc(StepMinutes, nowNanoseconds).Where(row => row.UnixSeconds >= first).ToArray();
        if (rows.Length == 0)
            return;

        Open = rows[0].Open;
        (_baseHigh, _baseLow) = (rows[0].High, rows[0].Low);
        foreach (var row in rows.SkipLast(1))
        {
            _baseHigh = Math.Max(_baseHigh, row.High);
            _baseLow = Math.Min(_baseLow, row.Low);
            _baseVolume += row.Volume;
            _baseValue += (BigInteger)row.Vwap * row.Volume;
        }
    }
}
