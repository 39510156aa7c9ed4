namespace KrakenDb.Simulator;

/// <summary>
/// A market's book at any time, drawn from nothing but the seed, the time and the last trade: whoever asks when, the same time has the
/// same book. Every price has a life of its own, in which its quantity is replaced every 1.6 to 12.8 s; trades move the
/// best prices through them. A buy met the best ask, a sale the best bid.
/// </summary>
internal sealed class SeededBook
{
    /// <summary>Between trades a book changes at multiples of this time only.</summary>
    public const long TickNanoseconds = 100_000_000;

    private const int LotDecimalsMin = 8;

    private readonly ulong _seed;
    private readonly long _gap;
    private readonly long _step;
    private readonly long _typicalLots;
    private readonly long _lotUnit;
    private readonly long _roundLots;

    public SeededBook(MarketSpec spec)
    {
        var decimals = Math.Max(LotDecimalsMin, spec.VolumeDecimals);
        _seed = Xoshiro256.Mix(spec.Seed ^ 0xB00C);
        _step = Scale.Step(spec.PriceDecimals);
        _gap = Math.Max(1, spec.StartPrice / _step / 20_000);
        _lotUnit = Scale.Power(decimals - Math.Min(decimals, spec.VolumeDecimals));
        _typicalLots = spec.TypicalVolume / Scale.Step(decimals) / _lotUnit;
        _roundLots = Scale.Power(Math.Max(0, spec.VolumeDecimals - 2));
    }

    /// <summary>When a book of this trade and time changed last.</summary>
    public static long LastChange(in SeededTrade last, long unixNanoseconds) =>
        Math.Max(last.UnixNanoseconds, unixNanoseconds / TickNanoseconds * TickNanoseconds);

    /// <summary>The best levels of both sides, best first.</summary>
    /// <param name="last">The last trade at or before the time; null for none, then the book is empty.</param>
    public void Fill(SeededTrade? last, long unixNanoseconds, int depth, List<BookLevel> asks, List<BookLevel> bids)
    {
        asks.Clear();
        bids.Clear();
        if (last is not { } trade)
            return;

        unchecked
        {
            var tick = unixNanoseconds / TickNanoseconds;
            var ticks = trade.Price / _step;
            (trade.IsBuy ? asks : bids).Add(new(ticks, Lots(Xoshiro256.Mix(_seed ^ Xoshiro256.Mix((ulong)trade.Id))), trade.UnixNanoseconds));
            var middle = ticks / _gap;
            for (var cell = middle; asks.Count < depth; cell++)
            {
                if (Draw(cell, tick) is { } level && level.Ticks > ticks)
                    asks.Add(level);
            }

            for (var cell = middle; bids.Count < depth && cell >= 0; cell--)
            {
                if (Draw(cell, tick) is { } level && level.Ticks < ticks && level.Ticks > 0)
                    bids.Add(level);
            }
        }
    }

    /// <summary>The level that lives in a range of prices; null while it is empty.</summary>
    private BookLevel? Draw(long cell, long tick)
    {
        unchecked
        {
            var own = Xoshiro256.Mix(_seed + (ulong)cell);
            var period = 16L << (int)((own >> 32) & 3);
            var phase = (long)(own >> 40) & (period - 1);
            var generation = (tick + phase) / period;
            var draw = Xoshiro256.Mix(own ^ ((ulong)generation << 1));
            if ((draw & 7) == 0)
                return null;

            return new((cell * _gap) + (long)(own % (ulong)_gap), Lots(draw >> 3), ((generation * period) - phase) * TickNanoseconds);
        }
    }

    private long Lots(ulong draw)
    {
        unchecked
        {
            const int fineBits = 20;
            var fine = (1UL << (fineBits - 1)) + ((draw >> 20) & ((1UL << fineBits) - 1));
            var lots = (long)(((UInt128)(ulong)_typicalLots * (SizeTable.Quantiles[(int)draw & SizeTable.Mask] * fine)) >> (SizeTable.Shift + fineBits));
            // Sizes that people type end in zeros.
            if (((draw >> 8) & 3) == 0 && lots > _roundLots)
                lots -= lots % _roundLots;
            return Math.Max(1, lots) * _lotUnit;
        }
    }
}
