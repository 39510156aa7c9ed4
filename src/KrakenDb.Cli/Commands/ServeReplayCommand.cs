using System.CommandLine;
using System.Globalization;
using KrakenDb.Simulator;

namespace KrakenDb.Cli;

internal static class ServeReplayCommand
{
    public static Command Create(CommandContext context)
    {
        var from = Arguments.Time("--from", "Where the replay's clock begins. Default: where the data begin.", context.TimeProvider);
        var to = Arguments.Time("--to", "Where it ends and stands still. Default: where the data end.", context.TimeProvider);
        var speed = Arguments.Read(
            new Option<decimal>("--speed") { Description = "1 = as it happened (default), 60 = a minute a second, max or 0 = as fast as the clients read.", HelpName = "S", DefaultValueFactory = _ => 1m },
            ReplayControl.ParseSpeed);
        var port = Arguments.Read(
            new Option<int>("--port") { Description = "Port on 127.0.0.1. Default: any that is free.", HelpName = "N" },
            text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= ushort.MaxValue
                ? number
                : throw new FormatException($"'{text}' is not a port; one is at most {ushort.MaxValue}"));
        var symbols = Arguments.Symbols("all of which something is stored");
        var command = new DocumentedCommand(
            "serve-replay",
            "Kraken's public REST and WebSocket interfaces on 127.0.0.1, answered from the store as of a clock that runs through the past: programs written for Kraken run on history by changing one address. Runs until it is interrupted; its address is the one line of its output (docs/replay-server.md).",
            "kraken-db serve-replay --from 2025-11-01 --to 2025-11-02 --speed 60",
            "kraken-db serve-replay --symbols BTC/USD --from 2025-11-01 --speed max --port 8789")
        {
            from, to, speed, port, symbols,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                // A store of another process can be asked for trades and candles, not for order books.
                var books = store is IBookArchive ? OrderBooks.Of(store, context.TimeProvider) : null;
                var catalog = SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
                var names = parsed.GetValue(symbols) is { Length: > 0 } asked ? asked.Select(catalog.Resolve).Distinct(StringComparer.Ordinal).ToArray() : null;
                var (first, last) = await ExtentAsync(store, books, names, cancellationToken).ConfigureAwait(false);
                var (begin, end) = (parsed.GetValue(from) ?? first, parsed.GetValue(to) ?? last);
                if (begin >= end)
                {
                    throw new UsageException($"the replay would begin at {Readable.Time(begin)} and end at {Readable.Time(end)}; give a --from before --to.");
                }

                var server = await ReplayServer.StartAsync(
                    new ReplayServerOptions
                    {
                        Store = store,
                        Books = books,
                        From = begin,
                        To = end,
                        Speed = parsed.GetValue(speed),
                        Symbols = names,
                        Port = parsed.GetValue(port),
                        TimeProvider = context.TimeProvider,
                        Failed = context.Note,
                    },
                    cancellationToken).ConfigureAwait(false);
                await using (server.ConfigureAwait(false))
                {
                    Announce(context, server);
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.TimeProvider, cancellationToken).ConfigureAwait(false);
                }
            }
        });
        return command;
    }

    /// <summary>From the first to behind the last of what is stored.</summary>
    private static async Task<(DateTimeOffset First, DateTimeOffset Last)> ExtentAsync(IMarketStore store, OrderBookHistory? books, string[]? symbols, CancellationToken cancellationToken)
    {
        var times = new List<(DateTimeOffset First, DateTimeOffset Last)>();
        foreach (var row in await store.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false))
        {
            if (symbols?.Contains(row.Symbol, StringComparer.Ordinal) != false)
            {
                times.Add((row.OldestTimestamp, row.NewestTimestamp + (DataType.CandleInterval(row.DataType)?.Duration ?? TimeSpan.FromMicroseconds(1))));
            }
        }

        foreach (var session in books is null ? [] : await books.GetSessionsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (session.Depth is not null && symbols?.Contains(session.Symbol, StringComparer.Ordinal) != false)
            {
                times.Add((session.StartTime, session.EndTime + TimeSpan.FromMicroseconds(1)));
            }
        }

        return times.Count > 0
            ? (times.Min(time => time.First), times.Max(time => time.Last))
            : throw new MarketStoreException("there is nothing to replay: the store has nothing of these markets. What it has: kraken-db status");
    }

    private static void Announce(CommandContext context, ReplayServer server)
    {
        var address = server.BaseAddress.ToString().TrimEnd('/');
        var output = new Utf8Output(context.Output);
        output.Text($"{address}\n");
        output.Flush();
        var clock = server.Clock;
        context.Note($"Replay from {Readable.Time(clock.From)} to {Readable.Time(clock.To)}, {(clock.Speed == 0 ? "as fast as the clients read" : string.Create(CultureInfo.InvariantCulture, $"speed {clock.Speed}"))}: {string.Join(", ", server.Markets.All.Select(market => market.Symbol))}.");
        var recorded = server.Markets.All.Where(market => market.BookDepths.Count > 0).ToList();
        context.Note(recorded.Count > 0
            ? $"Order books: {string.Join(", ", recorded.Select(market => $"{market.Symbol} to depth {market.BookDepths[^1]}"))}. Of other markets book and ticker are refused."
            : "No order book is recorded: subscriptions of book and ticker are refused, and so is Depth.");
        context.Note($"Use it: KRAKEN_API_URL={address} KRAKEN_WS_URL={server.FeedAddress}");
        context.Note($"Steer it: POST {address}/control/replay?pause, ?resume, ?seek=TIME, ?speed=FACTOR. Ctrl-C ends it.");
    }
}
