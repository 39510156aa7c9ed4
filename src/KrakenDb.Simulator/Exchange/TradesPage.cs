using System.Globalization;

namespace KrakenDb.Simulator;

/// <summary>One reply of the endpoint Trades.</summary>
/// <param name="Pair">Names the rows.</param>
/// <param name="Rows">By id.</param>
/// <param name="Since">Nanoseconds; stands for <c>last</c> where there are no rows (assumed).</param>
internal sealed record TradesPage(ListedPair Pair, SeededTrade[] Rows, long Since)
{
    private const int RunMax = 20;

    public void Write(WireText text, ExchangeFault? fault, ulong draw)
    {
        text.Json.WriteStartObject();
        text.Json.WriteStartArray(Pair.Key);
        foreach (var trade in Faulty(fault, draw))
        {
            if (fault == ExchangeFault.ChangedShape)
                WriteObject(text, trade);
            else
                WriteRow(text, trade, withId: fault != ExchangeFault.SixFieldTrades);
        }

        text.Json.WriteEndArray();
        if (fault != ExchangeFault.MissingLast)
        {
            var last = Rows.Length > 0 ? Rows[^1].UnixNanoseconds : Since;
            text.Json.WriteString("last"u8, last.ToString(CultureInfo.InvariantCulture));
        }

        text.Json.WriteEndObject();
    }

    private IEnumerable<SeededTrade> Faulty(ExchangeFault? fault, ulong draw)
    {
        if (Rows.Length < 3 || fault is not (ExchangeFault.DuplicateTrades or ExchangeFault.MissingTrades))
            return Rows;

        // A run that leaves the first and the last row alone: both ends of a faulty page are still true.
        var random = new Xoshiro256(draw);
        var length = 1 + (int)random.Below(Math.Min(RunMax, Rows.Length - 2));
        var from = 1 + (int)random.Below(Rows.Length - 1 - length);
        return fault == ExchangeFault.MissingTrades
            ? Rows.Take(from).Concat(Rows.Skip(from + length))
            : Rows.Take(from + length).Concat(Rows.Skip(from));
    }

    private void WriteRow(WireText text, in SeededTrade trade, bool withId)
    {
        text.Json.WriteStartArray();
        text.Whole(trade.Price, Pair.PrintedDecimals);
        text.Whole(trade.Volume, Pair.LotDecimals);
        text.Json.WriteNumberValue(WireTime.FloatSeconds(trade.UnixNanoseconds));
        text.Json.WriteStringValue(trade.IsBuy ? "b"u8 : "s"u8);
        text.Json.WriteStringValue(trade.IsMarket ? "m"u8 : "l"u8);
        text.Json.WriteStringValue(trade.Misc ?? "");
        if (withId)
            text.Json.WriteNumberValue(trade.Id);
        text.Json.WriteEndArray();
    }

    private void WriteObject(WireText text, in SeededTrade trade)
    {
        text.Json.WriteStartObject();
        text.Json.WriteNumber("trade_id"u8, trade.Id);
        text.Json.WritePropertyName("price"u8);
        text.Fixed(trade.Price, Pair.PrintedDecimals);
        text.Json.WritePropertyName("qty"u8);
        text.Fixed(trade.Volume, Pair.LotDecimals);
        text.Json.WriteNumber("time"u8, WireTime.FloatSeconds(trade.UnixNanoseconds));
        text.Json.WriteEndObject();
    }
}
