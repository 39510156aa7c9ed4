namespace KrakenDb.Simulator;

/// <summary>The book as the endpoint Depth shows it: the WebSocket's, its quantities rounded to three decimals.</summary>
internal sealed class DepthLevels(ListedMarket market, SeededTrade? last, int count, long nowNanoseconds)
{
    private const int VolumeDecimals = 3;

    public void Write(WireText text)
    {
        var asks = new List<BookLevel>();
        var bids = new List<BookLevel>();
        market.Book.Fill(last, nowNanoseconds, count, asks, bids);
        Write(text, "asks"u8, asks);
        Write(text, "bids"u8, bids);
    }

    private void Write(WireText text, ReadOnlySpan<byte> name, List<BookLevel> levels)
    {
        var price = Scale.Step(market.Pair.PairDecimals);
        var lot = Scale.Step(market.Pair.LotDecimals);
        var rounding = Scale.Step(VolumeDecimals) / 2;
        text.Json.WriteStartArray(name);
        foreach (var level in levels)
        {
            text.Json.WriteStartArray();
            text.Fixed((Int128)level.Ticks * price, market.Pair.PrintedDecimals);
            text.Fixed(((Int128)level.Lots * lot) + rounding, VolumeDecimals);
            text.Json.WriteNumberValue(level.UnixNanoseconds / 1_000_000_000);
            text.Json.WriteEndArray();
        }

        text.Json.WriteEndArray();
    }
}
