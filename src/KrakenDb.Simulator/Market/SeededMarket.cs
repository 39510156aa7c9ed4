using System.Numerics;

namespace KrakenDb.Simulator;

/// <summary>
/// One market from a seed, minute after minute. A minute is drawn as a whole candle, and <see cref="MinuteTrades"/> draws the
/// trades that make it up: candles alone cost some tens of nanoseconds, and both views always tell the same story.
/// </summary>
internal sealed class SeededMarket
{
    private const int MinutesPerOutage = 100_000;

    private const int OutageMinutesMax = 180;

    private readonly long _step;
    private readonly long _lot;
    private readonly long _startTicks;
    private readonly long _ticksMax;
    private readonly long _typicalVolume;
    private readonly long _volatilityPpm;
    private readonly int _tradesPerMinute;
    private readonly int _quietPerThousand;
    private Xoshiro256 _random;
    private long _ticks;
    private long _nextTradeId;
    private int _outageMinutes;

    public SeededMarket(MarketSpec spec)
    {
        spec.Validate();
        Spec = spec;
        NextUnixSeconds = spec.Start.ToUnixTimeSeconds();
        _step = Scale.Step(spec.PriceDecimals);
        _lot = Scale.Step(spec.VolumeDecimals);
        _startTicks = spec.StartPrice / _step;
        _ticks = _startTicks;
        _ticksMax = 50_000_000 * Scale.Power(spec.PriceDecimals);
        _typicalVolume = spec.TypicalVolume;
        _volatilityPpm = spec.VolatilityPpm;
        _tradesPerMinute = spec.TradesPerMinute;
        _quietPerThousand = spec.QuietPerThousand;
        _nextTradeId = spec.FirstTradeId;
        _random = new Xoshiro256(spec.Seed);
    }

    public MarketSpec Spec { get; }

    /// <summary>The minute that is drawn next.</summary>
    public long NextUnixSeconds { get; private set; }

    /// <summary>Id of the first trade that is not drawn yet.</summary>
    public long NextTradeId => _nextTradeId;

    /// <summary>The same market at the same minute; the two go on independently.</summary>
    public SeededMarket Copy() => (SeededMarket)MemberwiseClone();

    /// <summary>The candles of a span of minutes; minutes without trades are left out.</summary>
    public static IEnumerable<SeededCandle> Candles(MarketSpec spec, MinuteSpan span)
    {
        var market = new SeededMarket(spec);
        market.Skip(span.Skip);
        var end = span.EndUnixSeconds(spec);
        while (market.TryNext(end, out var row))
            yield return row;
    }

    /// <summary>The trades of a span of minutes, by time and id.</summary>
    public static IEnumerable<SeededTrade> Trades(MarketSpec spec, MinuteSpan span)
    {
        var minute = new MinuteTrades(spec);
        foreach (var row in Candles(spec, span))
        {
            minute.Draw(row);
            for (var i = 0; i < minute.Count; i++)
                yield return minute[i];
        }
    }

    public void Skip(long minutes)
    {
        var end = checked(NextUnixSeconds + (minutes * 60));
        while (TryNext(end, out _))
        {
        }
    }

    /// <summary>Draws minutes until one has trades; false when none before <paramref name="endUnixSeconds"/> (excluded) has.</summary>
    public bool TryNext(long endUnixSeconds, out SeededCandle row)
    {
        unchecked
        {
            while (NextUnixSeconds < endUnixSeconds)
            {
                var openTime = NextUnixSeconds;
                NextUnixSeconds += 60;
                var bits = _random.Next();
                if (IsQuiet(bits))
                    continue;

                row = DrawCandle(openTime, bits);
                return true;
            }
        }

        row = default;
        return false;
    }

    private bool IsQuiet(ulong bits)
    {
        if (_outageMinutes > 0)
        {
            _outageMinutes--;
            return true;
        }

        var draw = (bits >> 32) * MinutesPerOutage >> 32;
        if (draw == MinutesPerOutage - 1)
        {
            _outageMinutes = (int)(bits & 0xFF) % OutageMinutesMax;
            return true;
        }

        return draw < (ulong)_quietPerThousand * (MinutesPerOutage / 1_000);
    }

    private SeededCandle DrawCandle(long openTime, ulong bits)
    {
        unchecked
        {
            var trades = (int)Math.Max(1, ((long)_tradesPerMinute * SizeTable.Quantiles[(int)bits & SizeTable.Mask]) >> SizeTable.Shift);
            var moves = _random.Next();
            var reach = _random.Next();
            var open = Move(_ticks, Bell(moves & 0xFFFF, 8), _volatilityPpm >> 3, moves >> 16);
            var close = trades == 1 ? open : Move(open, Bell(_random.Next(), 32), _volatilityPpm >> 1, moves >> 40);
            var high = Math.Max(open, close);
            var low = Math.Min(open, close);
            // Two trades have no room for a third price, three for only one.
            if (trades > 3 || (trades == 3 && (reach & 1) == 0))
                high = Math.Min(_ticksMax, high + Reach(high, reach >> 20));
            if (trades > 3 || (trades == 3 && (reach & 1) != 0))
                low = Math.Max(1, low - Reach(low, reach >> 42));

            _ticks = close;
            var id = _nextTradeId;
            _nextTradeId += trades;
            return new SeededCandle(
                openTime, open * _step, high * _step, low * _step, close * _step, DrawVolume(trades), trades, id);
        }
    }

    /// <summary>Bits set minus their expectation: a bell curve without floating point (sigma 4 for 64 bits, 2 for 16).</summary>
    private static int Bell(ulong bits, int expected) => BitOperations.PopCount(bits) - expected;

    /// <summary>
    /// A step in proportion to the price, with a weak pull to the start price (half-life about 250 days) that keeps decades of
    /// minutes inside the limits. The remainder is rounded by chance, else prices of few ticks would stand still.
    /// </summary>
    private long Move(long ticks, int deviation, long ppm, ulong bits)
    {
        unchecked
        {
            const long unit = 1 << 21;
            var scaled = (Int128)ticks * (deviation * ppm) + ((_startTicks - ticks) << 1) + (long)(bits & (unit - 1));
            return Math.Clamp(ticks + (long)(scaled >> 21), 1, _ticksMax);
        }
    }

    /// <summary>How far the high or low lies beyond open and close: up to about one standard deviation.</summary>
    private long Reach(long ticks, ulong bits) =>
        unchecked((long)(((Int128)ticks * ((long)(bits & 0x3FF) * _volatilityPpm)) >> 30));

    private Int128 DrawVolume(int trades)
    {
        unchecked
        {
            var bits = _random.Next();
            // The table alone would repeat a few volumes for ever, which no real column does: a factor of 0.5 to 1.5 fills the digits.
            const int fineBits = 20;
            var fine = (1L << (fineBits - 1)) + (long)(bits >> (64 - fineBits));
            var factor = (long)trades * SizeTable.Quantiles[(int)bits & SizeTable.Mask] * fine;
            var volume = ((Int128)_typicalVolume * factor) >> (SizeTable.Shift + fineBits);
            volume = ((int)(bits >> 6) & 1_023) switch
            {
                0 => (1 + (int)((bits >> 16) & 7)) * (((bits >> 20) & 1) == 0 ? 10 * Scale.One : 110 * Scale.One),
                < 24 when volume >= Scale.One => volume - (volume % Scale.One),
                < 96 => TwoDigits(volume),
                _ => volume,
            };
            return Int128.Max(volume - (volume % _lot), (Int128)trades * _lot);
        }
    }

    /// <summary>Sizes that people type: 0.55, 37, 120.</summary>
    private static Int128 TwoDigits(Int128 volume)
    {
        Int128 unit = 1;
        while (volume / unit >= 100)
            unit *= 10;
        return volume - (volume % unit);
    }
}
