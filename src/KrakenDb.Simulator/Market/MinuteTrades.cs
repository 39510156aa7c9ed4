namespace KrakenDb.Simulator;

/// <summary>
/// The trades of one minute, drawn from nothing but the market's seed and the minute's candle, which they add up to exactly.
/// Holds one minute at a time and reuses its memory.
/// </summary>
internal sealed class MinuteTrades(MarketSpec spec)
{
    private const long MinuteNanoseconds = 60_000_000_000;

    private readonly long _step = Scale.Step(spec.PriceDecimals);
    private readonly long _lot = Scale.Step(spec.VolumeDecimals);
    private SeededTrade[] _trades = [];
    private long[] _offsets = [];
    private int[] _weights = [];

    public int Count { get; private set; }

    public SeededTrade this[int index] => _trades[index];

    public void Draw(in SeededCandle minute)
    {
        Reserve(minute.Trades);
        Count = minute.Trades;
        var random = new Xoshiro256(Xoshiro256.Mix(spec.Seed ^ Xoshiro256.Mix((ulong)minute.UnixSeconds)));
        var weights = DrawTimesAndWeights(ref random);
        DrawPricesAndVolumes(minute, weights, ref random);
    }

    private void Reserve(int count)
    {
        if (count <= _trades.Length)
            return;

        _trades = new SeededTrade[count];
        _offsets = new long[count];
        _weights = new int[count];
    }

    private long DrawTimesAndWeights(ref Xoshiro256 random)
    {
        for (var i = 0; i < Count; i++)
        {
            _offsets[i] = random.Below(MinuteNanoseconds);
            _weights[i] = SizeTable.Quantiles[(int)(random.Next() & SizeTable.Mask)];
        }

        Array.Sort(_offsets, 0, Count);
        long sum = _weights[0];
        for (var i = 1; i < Count; i++)
        {
            var bits = random.Next();
            // One order that fills against several: every third trade shares its predecessor's time, some also its size.
            if (bits % 3 == 0)
                _offsets[i] = _offsets[i - 1];
            if ((bits >> 8) % 12 == 0)
                _weights[i] = _weights[i - 1];
            sum += _weights[i];
        }

        return sum;
    }

    private void DrawPricesAndVolumes(in SeededCandle minute, long weights, ref Xoshiro256 random)
    {
        var (highAt, lowAt) = PlaceExtremes(minute, ref random);
        var spare = (minute.Volume / _lot) - Count;
        var left = minute.Volume;
        var price = minute.Open;
        for (var i = 0; i < Count; i++)
        {
            var bits = random.Next();
            // The burst's members mostly meet the same price.
            var stays = i > 0 && _offsets[i] == _offsets[i - 1] && (bits & 3) != 0;
            if (i == Count - 1)
                price = minute.Close;
            else if (i == highAt)
                price = minute.High;
            else if (i == lowAt)
                price = minute.Low;
            else if (i > 0 && !stays)
                price = minute.Low + (random.Below(((minute.High - minute.Low) / _step) + 1) * _step);

            var volume = i == Count - 1 ? left : (1 + (spare * _weights[i] / weights)) * _lot;
            left -= volume;
            _trades[i] = new SeededTrade(
                minute.FirstTradeId + i,
                (minute.UnixSeconds * 1_000_000_000) + _offsets[i],
                price,
                volume,
                IsBuy: (bits & 16) != 0,
                IsMarket: (bits & 96) == 0);
        }
    }

    /// <summary>Where between the first and the last trade the high and the low happen; -1 where those two already reach them.</summary>
    private (int HighAt, int LowAt) PlaceExtremes(in SeededCandle minute, ref Xoshiro256 random)
    {
        var inside = Count - 2;
        var highAt = minute.High > Math.Max(minute.Open, minute.Close) ? 1 + (int)random.Below(inside) : -1;
        var lowAt = minute.Low < Math.Min(minute.Open, minute.Close) ? 1 + (int)random.Below(inside) : -1;
        return highAt == lowAt && highAt > 0 ? (highAt, 1 + (highAt % inside)) : (highAt, lowAt);
    }
}
