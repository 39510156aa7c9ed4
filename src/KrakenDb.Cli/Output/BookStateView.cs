using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>An order book for people and for programs.</summary>
internal static class BookStateView
{
    public static void Print(CommandContext context, OutputFormat format, BookState book, int top, decimal? within, decimal? fill)
    {
        var sides = new (string Name, IReadOnlyList<BookPrice> Prices)[] { ("bid", book.Bids), ("ask", book.Asks) };
        if (format == OutputFormat.Csv)
        {
            var rows = new Records("symbol", "side", "ordinal", "price", "quantity");
            foreach (var (name, prices) in sides)
            {
                for (var index = 0; index < Math.Min(top, prices.Count); index++)
                {
                    rows.Add(book.Symbol, name, index, prices[index].Price, prices[index].Quantity);
                }
            }

            rows.PrintAll(context, format);
            return;
        }

        var depth = within is { } percent ? book.DepthWithin(percent) : default;
        var buy = fill is { } bought ? book.CostToFill(TradeSide.Buy, bought) : null;
        var sell = fill is { } sold ? book.CostToFill(TradeSide.Sell, sold) : null;
        if (format == OutputFormat.Json)
        {
            var records = new Records(
                "symbol", "depth", "session_id", "sequence", "received_time", "exchange_time", "verified", "spread", "mid", "imbalance", "within_bids", "within_asks", "buy", "sell", "bids", "asks");
            records.Add(
                book.Symbol, book.Depth, book.SessionId, book.Sequence, book.ReceivedTime, book.ExchangeTime, book.IsVerified, book.Spread, book.Mid, book.Imbalance(top),
                within is null ? null : depth.Bids, within is null ? null : depth.Asks, Fill(buy), Fill(sell), Prices(book.Bids, top), Prices(book.Asks, top));
            records.PrintOne(context, format);
            return;
        }

        var output = new Utf8Output(context.Output);
        output.Text(string.Create(
            CultureInfo.InvariantCulture,
            $"{book.Symbol} to a depth of {book.Depth}, received {book.ReceivedTime:yyyy-MM-dd HH:mm:ss.ffffff} UTC, {(book.IsVerified ? "verified" : "NOT verified")} (session {book.SessionId}, message {book.Sequence})\n"));
        var table = new TextTable(context, output, new("bid quantity", Numeric: true), new("bid", Numeric: true), new("ask", Numeric: true), new("ask quantity", Numeric: true));
        for (var index = 0; index < Math.Min(top, Math.Max(book.Bids.Count, book.Asks.Count)); index++)
        {
            var (bid, ask) = (index < book.Bids.Count ? book.Bids[index] : default, index < book.Asks.Count ? book.Asks[index] : default);
            table.Add((Text(bid.Quantity), Style.Plain), (Text(bid.Price), Style.Good), (Text(ask.Price), Style.Bad), (Text(ask.Quantity), Style.Plain));
        }

        table.Finish();
        output.Text(string.Create(CultureInfo.InvariantCulture, $"spread {book.Spread:0.##########}, mid {book.Mid:0.##########}, imbalance {book.Imbalance(top):0.####} over {top} prices a side\n"));
        if (within is not null)
        {
            output.Text(string.Create(CultureInfo.InvariantCulture, $"within {within} %: {depth.Bids} to sell into, {depth.Asks} to buy\n"));
        }

        PrintFill(output, "buying", buy, fill);
        PrintFill(output, "selling", sell, fill);
        output.Flush();
    }

    private static void PrintFill(Utf8Output output, string verb, BookFill? fill, decimal? asked)
    {
        if (fill is not null)
        {
            output.Text(string.Create(
                CultureInfo.InvariantCulture,
                $"{verb} {asked}: {(fill.IsComplete ? "" : $"only {fill.Quantity} within the recorded depth, ")}{fill.Cost} at {fill.AveragePrice} on average, {fill.WorstPrice} at worst\n"));
        }
    }

    private static string Text(decimal value) => value == 0 ? "" : value.ToString("0.##########", CultureInfo.InvariantCulture);

    private static Records? Fill(BookFill? fill)
    {
        if (fill is null)
        {
            return null;
        }

        var records = new Records("quantity", "cost", "average_price", "worst_price", "complete");
        records.Add(fill.Quantity, fill.Cost, fill.AveragePrice, fill.WorstPrice, fill.IsComplete);
        return records;
    }

    private static Records Prices(IReadOnlyList<BookPrice> prices, int top)
    {
        var records = new Records("price", "quantity");
        foreach (var price in prices.Take(top))
        {
            records.Add(price.Price, price.Quantity);
        }

        return records;
    }
}
