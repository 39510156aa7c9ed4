using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KrakenDb.Cli;

/// <summary>The inspection queries of the documents' <c>query_data.py</c>, and the book at any moment.</summary>
internal static class BookQueryCommand
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand("query", "Looks into recorded order books.", "kraken-db book query statistics", "kraken-db book query at BTC/USD --at 2026-08-01T02:54:00Z -n 5")
        {
            CreateMessages(context),
            CreateEntries(context),
            CreateStatistics(context),
            CreateSymbols(context),
            CreateSessions(context),
            CreateIncidents(context),
            CreateMessage(context),
            CreateAt(context),
        };
        return command;
    }

    private static Option<string?> Symbol() => new("--symbol") { Description = "Only this market, as the exchange writes it: BTC/USD.", HelpName = "SYMBOL" };

    private static DocumentedCommand Query(CommandContext context, string name, string description, string example, Option<OutputFormat> format, Func<ParseResult, OrderBookHistory, CancellationToken, Task<BookRows>> read)
    {
        var command = new DocumentedCommand(name, description, example) { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var rows = await read(parsed, OrderBooks.Of(store, context.TimeProvider), cancellationToken).ConfigureAwait(false);
                rows.Print(context, parsed.GetValue(format));
            }
        });
        return command;
    }

    private static DocumentedCommand CreateMessages(CommandContext context)
    {
        var symbol = Symbol();
        var count = Arguments.Count("How many.", 10);
        var command = Query(context, "messages", "The newest messages.", "kraken-db book query messages --symbol BTC/USD -n 5", Arguments.Format(), async (parsed, history, cancellationToken) =>
        {
            var rows = new BookRows("timestamp", "symbol", "channel", "type", "received_time", "checksum", "verified", "session_id", "sequence", "raw_message");
            foreach (var message in await history.GetRecentMessagesAsync(parsed.GetValue(symbol), parsed.GetValue(count), cancellationToken).ConfigureAwait(false))
            {
                rows.Add(
                    Time(message.ExchangeNanoseconds ?? message.ReceivedNanoseconds), message.Symbol, message.Channel, message.Type, Time(message.ReceivedNanoseconds), (long?)message.Checksum, message.Verified,
                    message.SessionId, message.Sequence, Encoding.UTF8.GetString(message.Raw.Span));
            }

            return rows;
        });
        command.Add(symbol);
        command.Add(count);
        return command;
    }

    private static DocumentedCommand CreateEntries(CommandContext context)
    {
        var symbol = Symbol();
        var count = Arguments.Count("How many.", 10);
        var command = Query(context, "entries", "The newest bid and ask entries.", "kraken-db book query entries --symbol BTC/USD", Arguments.Format(), async (parsed, history, cancellationToken) =>
        {
            var rows = new BookRows("timestamp", "symbol", "side", "price", "quantity", "session_id", "sequence", "ordinal");
            foreach (var entry in await history.GetRecentEntriesAsync(parsed.GetValue(symbol), parsed.GetValue(count), cancellationToken).ConfigureAwait(false))
            {
                rows.Add(entry.Timestamp, entry.Symbol, entry.IsBid ? "bid" : "ask", entry.Price, entry.Quantity, entry.SessionId, entry.Sequence, entry.Ordinal);
            }

            return rows;
        });
        command.Add(symbol);
        command.Add(count);
        return command;
    }

    private static DocumentedCommand CreateStatistics(CommandContext context) =>
        Query(context, "statistics", "How many messages of how many markets, and their first and last received time.", "kraken-db book query statistics", Arguments.Format(), async (_, history, cancellationToken) =>
        {
            var sessions = await history.GetSessionsAsync(cancellationToken).ConfigureAwait(false);
            var rows = new BookRows("total_messages", "unique_symbols", "first_message", "last_message", "book_messages", "verified", "entries", "incidents");
            rows.Add(
                sessions.Sum(row => row.Messages), (long)sessions.Where(row => row.Symbol.Length > 0).Select(row => row.Symbol).Distinct(StringComparer.Ordinal).Count(),
                sessions.Count > 0 ? sessions.Min(row => row.StartTime) : null, sessions.Count > 0 ? sessions.Max(row => row.EndTime) : null,
                sessions.Sum(row => row.BookMessages), sessions.Sum(row => row.Verified), sessions.Sum(row => row.LevelChanges),
                (long)(await history.GetIncidentsAsync(cancellationToken).ConfigureAwait(false)).Count);
            return rows;
        });

    private static DocumentedCommand CreateSymbols(CommandContext context) =>
        Query(context, "symbols", "The recorded markets.", "kraken-db book query symbols", Arguments.Format(), async (_, history, cancellationToken) =>
        {
            var rows = new BookRows("symbol", "depth", "messages", "verified", "first_message", "last_message");
            foreach (var market in (await history.GetSessionsAsync(cancellationToken).ConfigureAwait(false)).Where(row => row.Symbol.Length > 0).GroupBy(row => (row.Symbol, row.Depth)).OrderBy(group => group.Key.Symbol, StringComparer.Ordinal))
            {
                rows.Add(market.Key.Symbol, market.Key.Depth, market.Sum(row => row.Messages), market.Sum(row => row.Verified), market.Min(row => row.StartTime), market.Max(row => row.EndTime));
            }

            return rows;
        });

    private static DocumentedCommand CreateSessions(CommandContext context) =>
        Query(context, "sessions", "The recorded connections and their markets; without a symbol the connection's own frames.", "kraken-db book query sessions", Arguments.Format(), async (_, history, cancellationToken) =>
        {
            var rows = new BookRows("session_id", "symbol", "connection_id", "source", "depth", "price_precision", "quantity_precision", "start_time", "end_time", "messages", "book_messages", "verified");
            foreach (var row in await history.GetSessionsAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(
                    row.SessionId, row.Symbol, row.ConnectionId.ToString(CultureInfo.InvariantCulture), row.Source, row.Depth, row.PricePrecision, row.QuantityPrecision, row.StartTime, row.EndTime, row.Messages,
                    row.BookMessages, row.Verified);
            }

            return rows;
        });

    private static DocumentedCommand CreateIncidents(CommandContext context) =>
        Query(context, "incidents", "What was found wrong while recording, with the evidence.", "kraken-db book query incidents --format json", Arguments.Format(), async (_, history, cancellationToken) =>
        {
            var rows = new BookRows("time", "symbol", "kind", "expected", "computed", "session_id", "sequence", "book_before", "frame");
            foreach (var incident in await history.GetIncidentsAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(incident.Time, incident.Symbol, incident.Kind, (long?)incident.Expected, (long?)incident.Computed, incident.SessionId, incident.Sequence, incident.BookBefore, incident.Frame);
            }

            return rows;
        });

    private static DocumentedCommand CreateMessage(CommandContext context)
    {
        var session = new Option<long?>("--session") { Description = "Its session. Default: the newest message's.", HelpName = "ID" };
        var sequence = new Option<long?>("--sequence") { Description = "Its order of arrival in the session, from 0. Default: the first; without --session the newest message of all.", HelpName = "N" };
        var raw = new Option<bool>("--raw") { Description = "The very bytes instead." };
        var command = new DocumentedCommand("message", "One message, printed readably.", "kraken-db book query message", "kraken-db book query message --sequence 17 --raw") { session, sequence, raw };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var history = OrderBooks.Of(store, context.TimeProvider);
                var (id, number) = (parsed.GetValue(session), parsed.GetValue(sequence));
                var message = id is null && await history.GetRecentMessagesAsync(symbol: null, 1, cancellationToken).ConfigureAwait(false) is [var newest, ..] ? newest : null;
                if ((id ?? (number is null ? null : message?.SessionId)) is { } chosen)
                {
                    message = await history.GetMessageAsync(chosen, number ?? 0, cancellationToken).ConfigureAwait(false);
                }

                if (message is null)
                {
                    throw new MarketStoreException("there is no such message. What is there: kraken-db book query sessions");
                }

                var output = new Utf8Output(context.Output);
                output.Bytes(parsed.GetValue(raw) ? message.Raw.Span : Readably(message.Raw));
                output.Byte((byte)'\n');
                output.Flush();
            }
        });
        return command;
    }

    private static byte[] Readably(ReadOnlyMemory<byte> raw)
    {
        try
        {
            using var document = JsonDocument.Parse(raw);
            return JsonSerializer.SerializeToUtf8Bytes(document.RootElement, Pretty);
        }
        catch (JsonException)
        {
            return raw.ToArray();
        }
    }

    private static DocumentedCommand CreateAt(CommandContext context)
    {
        var symbol = new Argument<string>("SYMBOL") { Description = "As the exchange writes it: BTC/USD." };
        var at = Arguments.Time("--at", "The moment. Default: now.", context.TimeProvider);
        var top = Arguments.Count("Prices a side.", 10);
        var exchange = new Option<bool>("--exchange-time") { Description = "The moment is one of the exchange's clock. Default: of receiving." };
        var depth = Arguments.Read(
            new Option<int?>("--depth") { Description = "Where connections recorded the market to different depths: 10, 25, 100, 500 or 1000. Default: the one that began last.", HelpName = "N" },
            text => (int?)BookCommand.ParseDepth(text));
        var within = Arguments.Read(new Option<decimal?>("--within") { Description = "Also the quantities within this share of the mid price, percent.", HelpName = "P" }, text => (decimal?)Positive(text));
        var fill = Arguments.Read(new Option<decimal?>("--fill") { Description = "Also what buying and selling this quantity would have cost.", HelpName = "Q" }, text => (decimal?)Positive(text));
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "at",
            "The order book of a market at a moment: prices, spread, mid, imbalance.",
            "kraken-db book query at BTC/USD --at 2026-08-01T02:54:00Z -n 5",
            "kraken-db book query at BTC/USD --within 0.1 --fill 2.5 --format json")
        {
            symbol, at, top, exchange, depth, within, fill, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var moment = parsed.GetValue(at) ?? context.Now;
                var name = parsed.GetRequiredValue(symbol);
                var history = OrderBooks.Of(store, context.TimeProvider);
                var book = await history.GetBookAsync(name, moment, parsed.GetValue(exchange), parsed.GetValue(depth), cancellationToken).ConfigureAwait(false);
                if (book is null)
                {
                    var books = $"order book of {name}{(parsed.GetValue(depth) is { } wanted ? string.Create(CultureInfo.InvariantCulture, $" to a depth of {wanted}") : "")}";
                    throw new MarketStoreException(
                        await history.DroppedUntilAsync(name, moment, cancellationToken).ConfigureAwait(false) is { } end
                            ? $"no {books} that had been received by {Readable.Time(moment)} is stored: retention dropped what was recorded up to {Readable.Time(end)}. What is recorded: kraken-db book query symbols"
                            : $"no {books} had been received by {Readable.Time(moment)}. What is recorded: kraken-db book query symbols");
                }

                BookStateView.Print(context, parsed.GetValue(format), book, parsed.GetValue(top), parsed.GetValue(within), parsed.GetValue(fill));
            }
        });
        return command;
    }

    private static decimal Positive(string text) => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number
        : throw new FormatException($"'{text}' is not a positive number");

    private static DateTimeOffset Time(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
