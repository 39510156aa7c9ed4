using System.CommandLine;

namespace KrakenDb.Cli;

internal static class BackfillCommand
{
    public static Command Create(CommandContext context)
    {
        var symbols = Arguments.Symbols(string.Join(' ', SymbolCatalog.DefaultSymbols));
        var resume = new Option<bool>("--resume") { Description = "Only what lies after the newest page that was ever fetched. Otherwise everything that is not stored yet, before it, too." };
        var noCandles = new Option<bool>("--no-candles") { Description = "Store trades only; a later run builds the candles." };
        var noAutoStop = new Option<bool>("--no-auto-stop") { Description = "Go on with new trades as they happen, until Ctrl-C." };
        var since = Arguments.Time("--since", "First time, included. Default: the first trade of all.", context.TimeProvider);
        var until = Arguments.Time("--until", "Last time, excluded. Default: now.", context.TimeProvider);
        var allowExpiring = Arguments.AllowExpiring();
        var retries = Arguments.MaxRetries();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "backfill",
            "Fetches every trade from Kraken's REST API and builds 1-minute candles, without any file. Prints a plan first. May be interrupted and repeated: only what is not stored yet is fetched, and what came is proven complete by its trade ids.",
            "kraken-db backfill --symbols XRP/USDT",
            "kraken-db backfill --symbols BTC/USD ETH/USD --since 2024-01-01",
            "kraken-db backfill --symbols XRP/USDT --resume --no-candles")
        {
            symbols, resume, noCandles, noAutoStop, since, until, allowExpiring, retries, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new KrakenTradesBackfillOptions
            {
                Since = parsed.GetValue(since),
                Until = parsed.GetValue(until),
                Resume = parsed.GetValue(resume),
                BuildCandles = !parsed.GetValue(noCandles),
                AutoStopRealtime = !parsed.GetValue(noAutoStop),
                AllowExpiring = parsed.GetValue(allowExpiring),
                TimeProvider = context.TimeProvider,
            };
            Check(options, context.Now);
            var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                using var exchange = await context.ConnectAsync(store, parsed.GetValue(retries), cancellationToken).ConfigureAwait(false);
                var asked = parsed.GetValue(symbols) is { Length: > 0 } given ? given : [.. SymbolCatalog.DefaultSymbols];
                var names = asked.Select(exchange.Catalog.Resolve).Distinct(StringComparer.Ordinal).ToList();
                var results = await new BackfillView(context, new KrakenTradesBackfill(store, exchange, options), exchange).RunAsync(names, cancellationToken).ConfigureAwait(false);
                BackfillView.Print(context, results, parsed.GetValue(format));
                foreach (var failed in results.Where(result => result.Error is not null))
                {
                    await NoteStoredAsync(context, store, failed.Symbol, cancellationToken).ConfigureAwait(false);
                }

                return results.All(result => result.Error is null) ? ExitCode.Done : ExitCode.Failed;
            }
        });
        return command;
    }

    private static async Task NoteStoredAsync(CommandContext context, IMarketStore store, string symbol, CancellationToken cancellationToken)
    {
        var trades = (await store.GetSyncStatusAsync(symbol, cancellationToken).ConfigureAwait(false)).FirstOrDefault(row => row.DataType == DataType.Trades);
        context.Note(trades is null
            ? $"{symbol}: no trade is stored."
            : $"{symbol}: {Readable.Count(trades.TotalRecords, "trade")} stored, from {Readable.Time(trades.OldestTimestamp)} to {Readable.Time(trades.NewestTimestamp)}.");
    }

    private static void Check(KrakenTradesBackfillOptions options, DateTimeOffset now)
    {
        if (options.Since > now)
        {
            throw new UsageException($"--since {Readable.Time(options.Since.Value)} lies in the future; it is {Readable.Time(now)} UTC.");
        }

        if (options is { Since: { } from, Until: { } to } && from > to)
        {
            throw new UsageException($"--since {Readable.Time(from)} lies after --until {Readable.Time(to)}.");
        }
    }
}
