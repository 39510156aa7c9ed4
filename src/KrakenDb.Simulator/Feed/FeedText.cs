namespace KrakenDb.Simulator;

/// <summary>The messages of the channels trade, ohlc and ticker.</summary>
internal static class FeedText
{
    public static void Trades(FrameBuffer buffer, ListedPair pair, ReadOnlySpan<byte> type, ReadOnlySpan<SeededTrade> trades, bool unknownField = false)
    {
        buffer.Text("{\"channel\":\"trade\",\"type\":\""u8);
        buffer.Text(type);
        buffer.Text("\",\"data\":["u8);
        for (var i = 0; i < trades.Length; i++)
        {
            ref readonly var trade = ref trades[i];
            buffer.Text(i == 0 ? "{\"symbol\":\""u8 : ",{\"symbol\":\""u8);
            buffer.Text(pair.SymbolText);
            buffer.Text(trade.IsBuy ? "\",\"side\":\"buy\",\"price\":"u8 : "\",\"side\":\"sell\",\"price\":"u8);
            buffer.Float(trade.Price);
            buffer.Text(",\"qty\":"u8);
            buffer.Float(trade.Volume);
            buffer.Text(trade.IsMarket ? ",\"ord_type\":\"market\",\"trade_id\":"u8 : ",\"ord_type\":\"limit\",\"trade_id\":"u8);
            buffer.Integer(trade.Id);
            if (unknownField)
                buffer.Text(",\"novelty\":{\"of\":[1,null,\"\\u00e9\"]}"u8);
            buffer.Text(",\"timestamp\":"u8);
            buffer.Microseconds(trade.UnixNanoseconds);
            buffer.Text("}"u8);
        }

        buffer.Text(unknownField ? "],\"sequence\":7}"u8 : "]}"u8);
    }

    /// <summary>A trade that cannot be, four kinds in turn; it has the id of a real one.</summary>
    public static void Impossible(FrameBuffer buffer, ListedPair pair, in SeededTrade like)
    {
        var kind = like.Id & 3;
        buffer.Text("{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\""u8);
        buffer.Text(pair.SymbolText);
        buffer.Text("\",\"side\":\"buy\",\"price\":"u8);
        buffer.Text(kind == 0 ? "-1.5"u8 : "1.5"u8);
        buffer.Text(kind == 1 ? ",\"qty\":0.0"u8 : ",\"qty\":1.0"u8);
        buffer.Text(",\"ord_type\":\"limit\",\"trade_id\":"u8);
        buffer.Integer(like.Id);
        buffer.Text(",\"timestamp\":"u8);
        if (kind < 2)
            buffer.Microseconds(like.UnixNanoseconds);
        else
            buffer.Text(kind == 2 ? "\"1969-12-31T23:59:59.999999Z\""u8 : "\"9999-12-31T23:59:59.999999Z\""u8);
        buffer.Text("}]}"u8);
    }

    public static void Candles(FrameBuffer buffer, ListedPair pair, int intervalMinutes, ReadOnlySpan<byte> type, ReadOnlySpan<OhlcRow> rows, long nowNanoseconds)
    {
        buffer.Text("{\"channel\":\"ohlc\",\"type\":\""u8);
        buffer.Text(type);
        buffer.Text("\",\"timestamp\":"u8);
        buffer.Nanoseconds(nowNanoseconds);
        buffer.Text(",\"data\":["u8);
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var row = ref rows[i];
            buffer.Text(i == 0 ? "{\"symbol\":\""u8 : ",{\"symbol\":\""u8);
            buffer.Text(pair.SymbolText);
            buffer.Text("\",\"open\":"u8);
            buffer.Float(row.Open);
            buffer.Text(",\"high\":"u8);
            buffer.Float(row.High);
            buffer.Text(",\"low\":"u8);
            buffer.Float(row.Low);
            buffer.Text(",\"close\":"u8);
            buffer.Float(row.Close);
            buffer.Text(",\"trades\":"u8);
            buffer.Integer(row.Trades);
            buffer.Text(",\"volume\":"u8);
            buffer.Float(row.Volume);
            buffer.Text(",\"vwap\":"u8);
            buffer.Float(row.Vwap);
            buffer.Text(",\"interval_begin\":"u8);
            buffer.Nanoseconds(row.UnixSeconds * 1_000_000_000);
            buffer.Text(",\"interval\":"u8);
            buffer.Integer(intervalMinutes);
            // On the wire it is the end, whatever the documentation says.
            buffer.Text(",\"timestamp\":"u8);
            buffer.Microseconds((row.UnixSeconds + (intervalMinutes * 60L)) * 1_000_000_000);
            buffer.Text("}"u8);
        }

        buffer.Text("]}"u8);
    }

    /// <summary>Numbers may lack their dot here.</summary>
    public static void Ticker(FrameBuffer buffer, ListedPair pair, in TickerValues ticker, ReadOnlySpan<byte> type, long nowNanoseconds)
    {
        buffer.Text("{\"channel\":\"ticker\",\"type\":\""u8);
        buffer.Text(type);
        buffer.Text("\",\"data\":[{\"symbol\":\""u8);
        buffer.Text(pair.SymbolText);
        buffer.Text("\",\"bid\":"u8);
        buffer.Float(ticker.Bid, dot: false);
        buffer.Text(",\"bid_qty\":"u8);
        buffer.Float(ticker.BidQuantity, dot: false);
        buffer.Text(",\"ask\":"u8);
        buffer.Float(ticker.Ask, dot: false);
        buffer.Text(",\"ask_qty\":"u8);
        buffer.Float(ticker.AskQuantity, dot: false);
        buffer.Text(",\"last\":"u8);
        buffer.Float(ticker.Last, dot: false);
        buffer.Text(",\"volume\":"u8);
        buffer.Float(ticker.Volume, dot: false);
        buffer.Text(",\"vwap\":"u8);
        buffer.Float(ticker.Vwap, dot: false);
        buffer.Text(",\"low\":"u8);
        buffer.Float(ticker.Low, dot: false);
        buffer.Text(",\"high\":"u8);
        buffer.Float(ticker.High, dot: false);
        var change = ticker.Last - ticker.Open;
        buffer.Text(change < 0 ? ",\"change\":-"u8 : ",\"change\":"u8);
        buffer.Float(Math.Abs(change), dot: false);
        var hundredths = ticker.Open == 0 ? 0 : (Int128)Math.Abs(change) * 10_000 / ticker.Open;
        buffer.Text(change < 0 && hundredths > 0 ? ",\"change_pct\":-"u8 : ",\"change_pct\":"u8);
        buffer.Float(hundredths * (Scale.One / 100), dot: false);
        buffer.Text(",\"timestamp\":"u8);
        buffer.Microseconds(nowNanoseconds);
        buffer.Text("}]}"u8);
    }
}
