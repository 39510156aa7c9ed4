namespace KrakenDb.Simulator;

/// <summary>The messages of the channel instrument, whose data is an object.</summary>
internal static class InstrumentText
{
    public static void Snapshot(FrameBuffer buffer, IReadOnlyList<ListedPair> pairs, string status)
    {
        buffer.Text("{\"channel\":\"instrument\",\"type\":\"snapshot\",\"data\":{\"assets\":["u8);
        var first = true;
        foreach (var asset in pairs.SelectMany(pair => pair.Spec.Symbol.Split('/')).Distinct(StringComparer.Ordinal))
        {
            WriteAsset(buffer, asset, first);
            first = false;
        }

        buffer.Text("],\"pairs\":["u8);
        WritePairs(buffer, pairs, status);
        buffer.Text("]}}"u8);
    }

    /// <summary>An update may have pairs only.</summary>
    public static void Update(FrameBuffer buffer, IReadOnlyList<ListedPair> pairs, string status)
    {
        buffer.Text("{\"channel\":\"instrument\",\"type\":\"update\",\"data\":{\"assets\":[],\"pairs\":["u8);
        WritePairs(buffer, pairs, status);
        buffer.Text("]}}"u8);
    }

    private static void WriteAsset(FrameBuffer buffer, string code, bool isFirst)
    {
        var isMoney = code is "USD" or "EUR" or "GBP" or "AUD" or "CAD" or "JPY";
        buffer.Text(isFirst ? "{\"id\":\""u8 : ",{\"id\":\""u8);
        buffer.Text(code);
        buffer.Text("\",\"status\":\"enabled\",\"precision\":"u8);
        buffer.Integer(isMoney ? 4 : 10);
        buffer.Text(",\"precision_display\":"u8);
        buffer.Integer(isMoney ? 2 : 5);
        // Only assets that can be borrowed have a rate.
        buffer.Text(isMoney ? ",\"borrowable\":true,\"collateral_value\":1.00,\"margin_rate\":0.025000}"u8 : ",\"borrowable\":false,\"collateral_value\":0.00}"u8);
    }

    private static void WritePairs(FrameBuffer buffer, IReadOnlyList<ListedPair> pairs, string status)
    {
        for (var i = 0; i < pairs.Count; i++)
        {
            var pair = pairs[i];
            var codes = pair.Spec.Symbol.Split('/');
            buffer.Text(i == 0 ? "{\"symbol\":\""u8 : ",{\"symbol\":\""u8);
            buffer.Text(pair.Spec.Symbol);
            buffer.Text("\",\"base\":\""u8);
            buffer.Text(codes[0]);
            buffer.Text("\",\"quote\":\""u8);
            buffer.Text(codes[1]);
            buffer.Text("\",\"status\":\""u8);
            buffer.Text(status);
            buffer.Text("\",\"qty_precision\":"u8);
            buffer.Integer(pair.LotDecimals);
            buffer.Text(",\"qty_increment\":"u8);
            Increment(buffer, pair.LotDecimals);
            buffer.Text(",\"price_precision\":"u8);
            buffer.Integer(pair.PairDecimals);
            buffer.Text(",\"cost_precision\":5,\"marginable\":"u8);
            buffer.Text(PairListing.IsMarginable(pair)
                ? "true,\"has_index\":true,\"cost_min\":0.50,\"margin_initial\":0.20,\"position_limit_long\":80,\"position_limit_short\":80,\"tick_size\":"u8
                : "false,\"has_index\":true,\"cost_min\":0.50,\"tick_size\":"u8);
            Increment(buffer, pair.PairDecimals);
            buffer.Text(",\"price_increment\":"u8);
            Increment(buffer, pair.PairDecimals);
            buffer.Text(",\"qty_min\":"u8);
            buffer.Fixed(pair.OrderMin / Scale.Step(pair.LotDecimals), pair.LotDecimals);
            buffer.Text("}"u8);
        }
    }

    /// <summary>From seven decimals on with a capital exponent: <c>0.00001</c>, <c>1E-8</c>.</summary>
    private static void Increment(FrameBuffer buffer, int decimals)
    {
        if (decimals < 7)
        {
            buffer.Fixed(1, decimals);
            return;
        }

        buffer.Text("1E-"u8);
        buffer.Integer(decimals);
    }
}
