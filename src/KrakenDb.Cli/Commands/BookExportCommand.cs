using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using KrakenDb.DuckDb;

namespace KrakenDb.Cli;

/// <summary>Recorded messages, or the books that follow from them, into a file that other programs and <c>book import</c> read.</summary>
internal static class BookExportCommand
{
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(CommandContext context)
    {
        var symbol = new Argument<string?>("SYMBOL") { Description = "As the exchange writes it: BTC/USD. Default: everything recorded.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string>("--to") { Description = "The file: .jsonl (an object per line; book import reads messages back) or .parquet. One that exists is replaced once the new one is whole.", HelpName = "FILE", Required = true };
        var books = new Option<bool>("--books") { Description = "The book after each message, instead of the messages." };
        var top = Arguments.Count("Prices a side of each book.", 10);
        var session = new Option<long?>("--session") { Description = "Only this recording.", HelpName = "ID" };
        var start = Arguments.Time("--start", "First received time, included. Default: the first message.", context.TimeProvider);
        var end = Arguments.Time("--end", "Last received time, excluded. Default: behind the last message.", context.TimeProvider);
        var gaps = new Option<bool>("--allow-gaps") { Description = "Go on over ranges that no chain of checksums proves." };
        var command = new DocumentedCommand(
            "export",
            "Recorded messages, or books, into a file.",
            "kraken-db book export --to recording.jsonl",
            "kraken-db book export BTC/USD --books -n 5 --to books.parquet")
        {
            symbol, file, books, top, session, start, end, gaps,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.GetFullPath(context.PathOf(parsed.GetRequiredValue(file)));
            var isParquet = Path.GetExtension(path) switch
            {
                var extension when extension.Equals(".jsonl", StringComparison.OrdinalIgnoreCase) => false,
                var extension when extension.Equals(".parquet", StringComparison.OrdinalIgnoreCase) => true,
                var other => throw new UsageException($"--to: '{other}' is no format that can be written. Give a name that ends in .jsonl or .parquet."),
            };
            if (!Directory.Exists(Path.GetDirectoryName(path)))
            {
                throw new DirectoryNotFoundException($"there is no folder {Path.GetDirectoryName(path)}. Create it, or name another file.");
            }

            var wantsBooks = parsed.GetValue(books);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var history = OrderBooks.Of(store, context.TimeProvider);
                var items = history.ReplayAsync(
                    new BookReplayQuery
                    {
                        Symbol = parsed.GetValue(symbol),
                        SessionId = parsed.GetValue(session),
                        Start = parsed.GetValue(start),
                        End = parsed.GetValue(end),
                        AllowGaps = parsed.GetValue(gaps),
                        WithBooks = wantsBooks,
                    },
                    cancellationToken);
                var count = (isParquet, wantsBooks) switch
                {
                    (true, true) => await ParquetFile.WriteBooksAsync(path, items, parsed.GetValue(top), cancellationToken).ConfigureAwait(false),
                    (true, false) => await ParquetFile.WriteBookMessagesAsync(path, items, cancellationToken).ConfigureAwait(false),
                    (false, _) => await WriteLinesAsync(path, items, wantsBooks ? parsed.GetValue(top) : null, await history.GetSessionsAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false),
                };
                context.Note($"Wrote {Readable.Count(count, wantsBooks ? "book" : "message")} to {path} ({Readable.Bytes(new FileInfo(path).Length)}).");
            }
        });
        return command;
    }

    // Under another name until it is whole.
    private static async Task<long> WriteLinesAsync(string path, IAsyncEnumerable<BookReplayItem> items, int? top, IReadOnlyList<CaptureSession> sessions)
    {
        var bySession = sessions.GroupBy(row => row.SessionId).ToDictionary(group => group.Key, group => group.First());
        var unfinished = path + ".partial";
        try
        {
            long count = 0;
            var stream = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
            await using (stream.ConfigureAwait(false))
            {
                using var json = new Utf8JsonWriter(stream, JsonOptions);
                await foreach (var item in items.ConfigureAwait(false))
                {
                    if (top is { } prices && item.Book is { } book)
                    {
                        Write(json, book, prices);
                    }
                    else if (top is null && item.Message is { } message)
                    {
                        Write(json, message, bySession[message.SessionId]);
                    }
                    else
                    {
                        continue;
                    }

                    count++;
                    json.Flush();
                    json.Reset();
                    stream.WriteByte((byte)'\n');
                }
            }

            File.Move(unfinished, path, overwrite: true);
            return count;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static void Write(Utf8JsonWriter json, BookMessage message, CaptureSession session)
    {
        json.WriteStartObject();
        json.WriteNumber("session_id", message.SessionId);
        json.WriteNumber("connection_id", session.ConnectionId);
        json.WriteString("source", session.Source);
        json.WriteNumber("sequence", message.Sequence);
        json.WriteString("symbol", message.Symbol);
        json.WriteString("channel", message.Channel);
        json.WriteString("type", message.Type);
        json.WriteNumber("received_time_ns", message.ReceivedNanoseconds);
        if (message.ExchangeNanoseconds is { } time)
        {
            json.WriteNumber("exchange_time_ns", time);
        }

        if (message.Checksum is { } checksum)
        {
            json.WriteNumber("checksum", checksum);
        }

        if (message.Verified is { } verified)
        {
            json.WriteBoolean("verified", verified);
        }

        if (System.Text.Unicode.Utf8.IsValid(message.Raw.Span))
        {
            json.WriteString("raw_message", Encoding.UTF8.GetString(message.Raw.Span));
        }
        else
        {
            json.WriteBase64String("raw_base64", message.Raw.Span);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BookState book, int top)
    {
        json.WriteStartObject();
        json.WriteNumber("session_id", book.SessionId);
        json.WriteNumber("sequence", book.Sequence);
        json.WriteString("symbol", book.Symbol);
        json.WriteString("received_time", book.ReceivedTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("exchange_time", book.ExchangeTime?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        Write(json, "bids", book.Bids, top);
        Write(json, "asks", book.Asks, top);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<BookPrice> prices, int top)
    {
        json.WriteStartArray(name);
        foreach (var price in prices.Take(top))
        {
            json.WriteStartArray();
            json.WriteStringValue(price.Price.ToString(CultureInfo.InvariantCulture));
            json.WriteStringValue(price.Quantity.ToString(CultureInfo.InvariantCulture));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
