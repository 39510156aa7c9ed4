namespace KrakenDb.Simulator;

/// <summary>The levels of a book, best first. Volumes have three decimals, as the endpoint Depth rounds them.</summary>
internal sealed record DepthLevels(DepthLevels.Level[] Asks, DepthLevels.Level[] Bids)
{
    private const int VolumeDecimals = 3;

    /// <summary>A book that fits the last trade: a buy met the best ask, a sale the best bid. The same trade always has the same book.</summary>
    public static DepthLevels Around(SeededTrade? last, MarketSpec spec, int count, long nowUnixSeconds)
    {
        if (last is not { } trade)
            return new([], []);

        var step = Scale.Step(spec.PriceDecimals);
        var random = new Xoshiro256(Xoshiro256.Mix(spec.Seed ^ Xoshiro256.Mix((ulong)trade.Id)));
        var spread = 1 + random.Below(5);
        var ticks = trade.Price / step;
        var (ask, bid) = trade.IsBuy ? (ticks, ticks - spread) : (ticks + spread, ticks);
        var gap = Math.Max(2, ticks / 10_000);
        var asks = new List<Level>(count);
        var bids = new List<Level>(count);
        for (; asks.Count < count; ask += 1 + random.Below(gap))
            asks.Add(Draw(ask * step, spec, nowUnixSeconds, ref random));
        for (; bids.Count < count && bid > 0; bid -= 1 + random.Below(gap))
            bids.Add(Draw(bid * step, spec, nowUnixSeconds, ref random));
        return new([.. asks], [.. bids]);
    }

    public void Write(WireText text, ListedPair pair)
    {
        Write(text, pair, "asks"u8, Asks);
        Write(text, pair, "bids"u8, Bids);
    }

    private static void Write(WireText text, ListedPair pair, ReadOnlySpan<byte> name, Level[] levels)
    {
        text.Json.WriteStartArray(name);
        foreach (var level in levels)
        {
            text.Json.WriteStartArray();
            text.Fixed(level.Price, pair.PrintedDecimals);
            text.Fixed(level.Volume, VolumeDecimals);
            text.Json.WriteNumberValue(level.UnixSeconds);
            text.Json.WriteEndArray();
        }

        text.Json.WriteEndArray();
    }

    private static Level Draw(long price, MarketSpec spec, long nowUnixSeconds, ref Xoshiro256 random)
    {
        var bits = random.Next();
        var volume = ((Int128)spec.TypicalVolume * SizeTable.Quantiles[(int)(bits & SizeTable.Mask)]) >> SizeTable.Shift;
        var step = Scale.Step(VolumeDecimals);
        return new(price, Int128.Max(step, (volume + (step / 2)) / step * step), nowUnixSeconds - (long)((bits >> 32) % 120));
    }

    /// <param name="Price">Scaled by 10^10.</param>
    /// <param name="Volume">Scaled by 10^10.</param>
    /// <param name="UnixSeconds">When the level changed last.</param>
    internal readonly record struct Level(long Price, Int128 Volume, long UnixSeconds);
}
