using System.CommandLine;
using System.Globalization;
using System.Text;

namespace KrakenDb.Cli;

internal static class BookReplayCommand
{
    private enum What
    {
        Messages,
        Books,
    }

    public static Command Create(CommandContext context)
    {
        var symbol = new Argument<string?>("SYMBOL") { Description = "As the exchange writes it: BTC/USD. Default: everything recorded.", Arity = ArgumentArity.ZeroOrOne };
        var session = new Option<long?>("--session") { Description = "Only this recording.", HelpName = "ID" };
        var start = Arguments.Time("--start", "First received time, included. Default: the first message.", context.TimeProvider);
        var end = Arguments.Time("--end", "Last received time, excluded. Default: behind the last message.", context.TimeProvider);
        var speed = Arguments.Speed();
        var exchange = new Option<bool>("--exchange-time") { Description = "Start, end and pace by the exchange's clock." };
        var books = new Option<bool>("--books") { Description = "The best prices after each message, instead of the messages." };
        var trades = new Option<bool>("--trades") { Description = "With the market's stored trades in between." };
        var gaps = new Option<bool>("--allow-gaps") { Description = "Go on over ranges that no chain of checksums proves." };
        var unverified = new Option<bool>("--no-verify") { Description = "Do not compute the checksums again." };
        var command = new DocumentedCommand(
            "replay",
            "Recorded messages exactly as they came, a line each, in the order in which they came. Every checksum is verified again.",
            "kraken-db book replay BTC/USD --speed 1",
            "kraken-db book replay BTC/USD --books --start 2026-08-01T02:54:00Z")
        {
            symbol, session, start, end, speed, exchange, books, trades, gaps, unverified,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var what = parsed.GetValue(books) ? What.Books : What.Messages;
            if (parsed.GetValue(symbol) is null && (what == What.Books || parsed.GetValue(trades)))
            {
                throw new UsageException("--books and --trades are of one market: name it");
            }

            Arguments.CheckRange(parsed.GetValue(start) ?? DateTimeOffset.MinValue, parsed.GetValue(end) ?? DateTimeOffset.MaxValue);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var history = OrderBooks.Of(store, context.TimeProvider);
                var query = new BookReplayQuery
                {
                    Symbol = parsed.GetValue(symbol),
                    SessionId = parsed.GetValue(session),
                    Start = parsed.GetValue(start),
                    End = parsed.GetValue(end),
                    ByExchangeTime = parsed.GetValue(exchange),
                    AllowGaps = parsed.GetValue(gaps),
                    Verify = !parsed.GetValue(unverified),
                    WithBooks = what == What.Books,
                    WithTrades = parsed.GetValue(trades),
                    Speed = parsed.GetValue(speed),
                };
                await NoteGapsAsync(context, history, query, cancellationToken).ConfigureAwait(false);
                var started = context.TimeProvider.GetTimestamp();
                var (messages, verified) = await PrintAsync(context, history.ReplayAsync(query, cancellationToken), what, query.Speed > 0).ConfigureAwait(false);
                context.Note($"Replayed {Readable.Count(messages, "message")}, {Readable.Count(verified)} verified{(query.Verify || query.WithBooks ? " again" : " when recorded")}, in {Readable.Duration(context.TimeProvider.GetElapsedTime(started))}.");
            }
        });
        return command;
    }

    private static async Task NoteGapsAsync(CommandContext context, OrderBookHistory history, BookReplayQuery query, CancellationToken cancellationToken)
    {
        foreach (var (gap, isExpired) in await history.GetHolesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            context.Note(string.Create(CultureInfo.InvariantCulture, $"{(isExpired ? "dropped by retention" : "hole")}: {gap.Symbol} {gap.DataType} from {gap.StartTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'} to {gap.EndTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}"));
        }
    }

    private static async Task<(long Messages, long Verified)> PrintAsync(CommandContext context, IAsyncEnumerable<BookReplayItem> items, What what, bool isLive)
    {
        var output = new Utf8Output(context.Output);
        var (messages, verified) = (0L, 0L);
        await foreach (var item in items.ConfigureAwait(false))
        {
            if (item.Trade is { } trade)
            {
                output.Text(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"trade_id\":{trade.Id},\"symbol\":\"{trade.Symbol}\",\"timestamp_ns\":{trade.TimestampNanoseconds},\"side\":\"{(trade.Side == TradeSide.Buy ? "buy" : "sell")}\",\"price\":\"{trade.Price}\",\"volume\":\"{trade.Volume}\"}}\n"));
            }
            else if (item.Message is { } message)
            {
                messages++;
                verified += message.Verified == true ? 1 : 0;
                if (what == What.Messages)
                {
                    output.Bytes(message.Raw.Span);
                    output.Byte((byte)'\n');
                }
                else if (item.Book is { } book)
                {
                    output.Text(Line(book));
                }
            }

            if (isLive)
            {
                output.Flush();
            }
        }

        output.Flush();
        return (messages, verified);
    }

    private static string Line(BookState book)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\"symbol\":\"{book.Symbol}\",\"received_time\":\"{book.ReceivedTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\",\"sequence\":{book.Sequence}");
        Best(text, "bid", book.Bids);
        Best(text, "ask", book.Asks);
        return text.Append("}\n").ToString();
    }

    private static void Best(StringBuilder text, string side, IReadOnlyList<BookPrice> prices)
    {
        if (prices.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"{side}\":\"{prices[0].Price}\",\"{side}_quantity\":\"{prices[0].Quantity}\"");
        }
    }
}
