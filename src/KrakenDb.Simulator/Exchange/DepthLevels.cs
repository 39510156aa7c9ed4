namespace KrakenDb.Simulator;

/// <summary>The book as the endpoint Depth shows it: the WebSocket's, its quantities rounded to three decimals. Best prices first.</summary>
internal sealed record DepthLevels(IReadOnlyList<DepthLevel> Asks, IReadOnlyList<DepthLevel> Bids)
{
    private const int VolumeDecimals = 3;

    public static DepthLevels Of(ListedMarket market, int count, long nowNanoseconds)
    {
        var asks = new List<BookLevel>();
        var bids = new List<BookLevel>();
        market.Book.Fill(market.Tape.LastAt(nowNanoseconds), nowNanoseconds, count, asks, bids);
        var (price, lot) = (Scale.Step(market.Pair.PairDecimals), Scale.Step(market.Pair.LotDecimals));
        return new DepthLevels(asks.ConvertAll(Level), bids.ConvertAll(Level));

        DepthLevel Level(BookLevel level) => new((Int128)level.Ticks * price, (Int128)level.Lots * lot, level.UnixNanoseconds / 1_000_000_000);
    }

    public void Write(WireText text, ListedPair pair)
    {
        Write(text, pair, "asks"u8, Asks);
        Write(text, pair, "bids"u8, Bids);
    }

    private static void Write(WireText text, ListedPair pair, ReadOnlySpan<byte> name, IReadOnlyList<DepthLevel> levels)
    {
        var rounding = Scale.Step(VolumeDecimals) / 2;
        text.Json.WriteStartArray(name);
        foreach (var level in levels)
        {
            text.Json.WriteStartArray();
            text.Fixed(level.Price, pair.PrintedDecimals);
            text.Fixed(level.Volume + rounding, VolumeDecimals);
            text.Json.WriteNumberValue(level.UnixSeconds);
            text.Json.WriteEndArray();
        }

        text.Json.WriteEndArray();
    }
}
