using System.Numerics;

namespace KrakenDb;

/// <summary>A candle from trades in the order of their ids; volume and value are exact.</summary>
/// <param name="timestamp">The open time, microseconds since 1970 UTC.</param>
internal struct MinuteBuilder(long timestamp)
{
    private long _open;
    private long _high;
    private long _low;
    private long _close;
    private Int128 _volume;
    private long _count;

    // Σ price × volume at scale 20: a running sum that one trade more can overflow is moved to the large part.
    private Int128 _value;
    private BigInteger _largeValue;

    public readonly bool IsEmpty => _count == 0;

    public readonly long Timestamp => timestamp;

    /// <param name="price">Scaled, in (0, 10^8).</param>
    /// <param name="volume">Scaled, in (0, 10^18).</param>
    public void Add(long price, Int128 volume)
    {
        if (_count == 0)
        {
            _open = _high = _low = price;
        }
        else
        {
            _high = Math.Max(_high, price);
            _low = Math.Min(_low, price);
        }

        _close = price;
        _volume += volume;
        _count++;

        // Below 10^18 scaled (10^8 units) the product is below 10^36 and a hundred of them fit.
        if (volume < FixedPoint.PriceLimit)
        {
            _value += price * volume;
            if (_value > Int128.MaxValue / 2)
            {
                _largeValue += _value;
                _value = 0;
            }
        }
        else
        {
            _largeValue += (BigInteger)price * volume;
        }
    }

    public readonly CandleRow Build(CandleSource source)
    {
        var value = _largeValue + _value;
        return new CandleRow
        {
            Timestamp = timestamp,
            Open = _open,
            High = _high,
            Low = _low,
            Close = _close,
            Volume = _volume,
            QuoteVolume = TradeValue.ToQuoteVolume(value),
            TradeCount = _count,
            Vwap = TradeValue.AveragePrice(value, _volume) ?? CandleRow.UnknownPrice,
            Source = source,
        };
    }
}
