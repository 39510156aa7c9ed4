using System.CommandLine;
using KrakenDb.Client;
using KrakenDb.Kraken;
using KrakenDb.Server;

namespace KrakenDb.Cli;

/// <summary>The documents' <c>watch_order_book.py</c>.</summary>
internal static class BookWatchCommand
{
    private const int DefaultDepth = 10;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    public static Command Create(CommandContext context)
    {
        var symbols = Arguments.Symbols(string.Join(' ', SymbolCatalog.DefaultSymbols));
        var depth = Arguments.Read(
            new Option<int>("--depth") { Description = "Prices a side: 10, 25, 100, 500 or 1000.", HelpName = "N", DefaultValueFactory = _ => DefaultDepth }, BookCommand.ParseDepth);
        var journal = new Option<string?>("--journal") { Description = "Folder that keeps on disk what the database does not take. Default: journal under KRAKENDB_HOME, one folder per store.", HelpName = "DIR" };
        var command = new DocumentedCommand(
            "watch",
            "Records live order books, every frame as it comes and every checksum verified, until it is interrupted. A book that fails is subscribed anew, it alone; what the database does not take waits on disk.",
            "kraken-db book watch --symbols BTC/USD ETH/USD --depth 25")
        {
            symbols, depth, journal,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var location = parsed.GetValue(context.DbUrl);
            var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var _ = store.ConfigureAwait(false);
            if (store is RemoteMarketStore)
            {
                throw new MarketStoreException($"This store is owned by {MarketStore.FindOwner(location)}, another process that records or serves it. Stop that one, or give this one a store of its own with --db-url.");
            }

            var catalog = SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
            var asked = parsed.GetValue(symbols) is { Length: > 0 } named ? named : [.. SymbolCatalog.DefaultSymbols];
            IReadOnlyList<string> names = [.. asked.Select(catalog.Resolve).Distinct(StringComparer.Ordinal)];
            var endpoint = await OwnerEndpoint.StartAsync(store, OwnerCommands.EndpointOptions(context, location, 0), cancellationToken).ConfigureAwait(false);
            await using var __ = endpoint.ConfigureAwait(false);
            var folder = context.PathOf(parsed.GetValue(journal)) ?? Path.Combine(Collection.DefaultJournal((await store.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Location), "books");
            return await RecordAsync(context, store, names, parsed.GetValue(depth), folder, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RecordAsync(CommandContext context, IMarketStore store, IReadOnlyList<string> symbols, int depth, string journal, CancellationToken cancellationToken)
    {
        using var logger = new NoteLogger(context, context.Note);
        var feed = context.LiveFeed(logger);
        var refused = new HashSet<string>(StringComparer.Ordinal);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var recorder = new BookRecorder(feed, BookArchive.Of(store), () => new KrakenBookWire(), new BookRecorderOptions { JournalFolder = journal, TimeProvider = context.TimeProvider, Logger = logger })
        {
            Refused = (symbol, _) =>
            {
                lock (refused)
                {
                    refused.Add(symbol);
                }
            },
        };
        context.Note($"Recording the order books of {string.Join(", ", symbols)} to a depth of {depth}; journal {journal}. Ctrl-C ends it.");
        try
        {
            var running = feed.RunAsync(new LiveSubscription { Symbols = symbols, Trades = false, BookDepth = depth }, recorder, ended.Token);
            while (!running.IsCompleted && !recorder.Completion.IsCompleted && !IsRefusedWholly())
            {
                await Task.WhenAny(running, recorder.Completion, Task.Delay(Tick, context.TimeProvider, ended.Token)).ConfigureAwait(false);
            }

            await ended.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The ordinary end.
        }
        finally
        {
            await recorder.DisposeAsync().ConfigureAwait(false);
            context.Note(BookCollection.Describe(recorder.Stats));
        }

        if (IsRefusedWholly())
        {
            throw new MarketSourceException($"The exchange refuses the order book of every symbol: {string.Join(", ", symbols)}. See: kraken-db symbols --refresh");
        }

        cancellationToken.ThrowIfCancellationRequested();
        return ExitCode.Failed;

        bool IsRefusedWholly()
        {
            lock (refused)
            {
                return refused.Count >= symbols.Count;
            }
        }
    }
}
