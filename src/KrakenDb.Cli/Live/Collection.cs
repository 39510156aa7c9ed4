using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KrakenDb.Client;
using KrakenDb.Server;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Cli;

/// <summary>Records live markets until it is interrupted: what <c>collect</c> does, and <c>run</c> after its start-up.</summary>
internal static class Collection
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StorePauseMax = TimeSpan.FromSeconds(30);

    /// <param name="prepare">Runs before anything is recorded, with the store, the exchange and the symbols.</param>
    /// <param name="started">Runs when everything records.</param>
    /// <returns>An exit code, where it ends by itself.</returns>
    public static async Task<int> RunAsync(
        CommandContext context,
        ParseResult parsed,
        CollectOptions options,
        Func<IMarketStore, KrakenExchange, IReadOnlyList<string>, CancellationToken, Task>? prepare,
        Func<IMarketStore, IReadOnlyList<string>, CancellationToken, Task>? started,
        CancellationToken cancellationToken)
    {
        var view = new LiveView(context);
        using var logger = new NoteLogger(context, view.Log);
        var location = parsed.GetValue(context.DbUrl);
        var store = await OpenAsync(context, parsed, logger, cancellationToken).ConfigureAwait(false);
        await using var _ = store.ConfigureAwait(false);
        if (store is RemoteMarketStore)
        {
            throw new MarketStoreException($"This store is owned by {MarketStore.FindOwner(location)}, another process that records or serves it. Stop that one, or give this one a store of its own with --db-url.");
        }

        using var exchange = await context.ConnectAsync(store, maxRetries: null, cancellationToken, view.Log).ConfigureAwait(false);
        var symbols = await SymbolsAsync(store, parsed.GetValue(options.Symbols), cancellationToken).ConfigureAwait(false);
        var endpoint = await OwnerEndpoint.StartAsync(store, OwnerCommands.EndpointOptions(context, location, parsed.GetValue(options.Port)), cancellationToken).ConfigureAwait(false);
        await using var __ = endpoint.ConfigureAwait(false);
        if (prepare is not null)
        {
            await prepare(store, exchange, symbols, cancellationToken).ConfigureAwait(false);
        }

        var journal = context.PathOf(parsed.GetValue(options.Journal)) ?? DefaultJournal((await store.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Location);
        var writer = new DatabaseWriter(
            store,
            new DatabaseWriterOptions
            {
                TradeBufferSize = parsed.GetValue(options.TradeBufferSize),
                MaxTradeBufferSize = Math.Max(DatabaseWriter.MaxTradeBufferSize, parsed.GetValue(options.TradeBufferSize)),
                TradeFlushInterval = CollectOptions.Time(parsed.GetValue(options.FlushInterval)),
                CandleFlushInterval = CollectOptions.Time(parsed.GetValue(options.CandleFlushInterval)),
                JournalDirectory = journal,
                JournalLimitBytes = (long)parsed.GetValue(options.JournalLimit) << 20,
                TimeProvider = context.TimeProvider,
                Logger = logger,
            });
        await using var ___ = writer.ConfigureAwait(false);
        await writer.StartAsync(cancellationToken).ConfigureAwait(false);
        var feed = context.LiveFeed(logger);
        var books = BookCollection.Start(store, feed, parsed.GetValue(options.BookDepth), Path.Combine(journal, "books"), context, logger);
        await using var ____ = books.ConfigureAwait(false);
        var collector = new LiveCollector(
            store,
            books.Feed,
            exchange,
            writer,
            new LiveCollectorOptions
            {
                Symbols = symbols,
                CandleIntervals = [.. (parsed.GetValue(options.Intervals) ?? []).Where(interval => interval != Interval.Minute).Distinct()],
                Since = parsed.GetValue(options.Since),
                QuietCheckInterval = CollectOptions.Time(parsed.GetValue(options.QuietCheck)),
                SampleInterval = CollectOptions.Time(parsed.GetValue(options.SampleInterval)),
                TimeProvider = context.TimeProvider,
                Logger = logger,
            });
        using var metrics = new LiveMetrics(collector, writer);
        using var export = MetricsExport.Start();
        logger.Log(LogLevel.Information, default, $"Recording {string.Join(", ", symbols)}{(books.Summary is null ? "" : " with their order books")} into {(await store.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Location}; journal {journal}. Ctrl-C ends it", null, static (text, _) => text);
        if (started is not null)
        {
            await started(store, symbols, cancellationToken).ConfigureAwait(false);
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var recording = collector.RunAsync(ended.Token);
        var allRefused = await WatchAsync(context, parsed, options, view, collector, writer, recording, ended.Token).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        try
        {
            await recording.ConfigureAwait(false);
        }
        finally
        {
            // A second interruption ends the process; until then everything that came is stored, or left to the journal.
            await writer.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await books.DisposeAsync().ConfigureAwait(false);
            await store.RefreshRollupsAsync(range: null, CancellationToken.None).ConfigureAwait(false);
            view.End();
        }

        var stats = writer.GetStats();
        context.Note($"Stopped: {Readable.Count(stats.TradesWritten, "trade")} stored{(stats.JournalBytes > 0 ? ", the rest is in the journal" : "")}.");
        if (books.Summary is { } summary)
        {
            context.Note(summary);
        }

        if (allRefused)
        {
            throw new MarketSourceException($"The exchange refuses every symbol: {string.Join("; ", collector.GetStatus().Select(symbol => $"{symbol.Symbol}: {symbol.Refused}"))}. See: kraken-db symbols --refresh");
        }

        cancellationToken.ThrowIfCancellationRequested();
        return ExitCode.Failed;
    }

    /// <returns>Whether it ends because the exchange wants none of the symbols.</returns>
    private static async Task<bool> WatchAsync(
        CommandContext context, ParseResult parsed, CollectOptions options, LiveView view, LiveCollector collector, DatabaseWriter writer, Task recording, CancellationToken cancellationToken)
    {
        var heartbeat = new HeartbeatFile(context.PathOf(parsed.GetValue(options.HeartbeatFile)), context);
        while (!cancellationToken.IsCancellationRequested && !recording.IsCompleted)
        {
            var (symbols, stats) = (collector.GetStatus(), writer.GetStats());
            view.Show(symbols, stats);
            heartbeat.Beat(symbols, stats);
            if (symbols.All(symbol => symbol is { Refused: not null, TradesReceived: 0 }))
            {
                return true;
            }

            await Task.WhenAny(recording, Task.Delay(Tick, context.TimeProvider, cancellationToken)).ConfigureAwait(false);
        }

        return false;
    }

    // A server that is away is waited for, as it is later; a refused password or a database that does not exist gets no better by waiting.
    private static async Task<IMarketStore> OpenAsync(CommandContext context, ParseResult parsed, NoteLogger logger, CancellationToken cancellationToken)
    {
        for (var pause = TimeSpan.FromSeconds(1); ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, StorePauseMax.Ticks)))
        {
            try
            {
                return await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            }
            catch (MarketStoreException exception) when (exception.IsTransient && StoreLocation.Parse(parsed.GetValue(context.DbUrl)).Server is not null)
            {
                logger.Log(LogLevel.Warning, default, $"Nothing is recorded yet; again in {pause.TotalSeconds} s", exception, static (text, _) => text);
                await Task.Delay(pause, context.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<IReadOnlyList<string>> SymbolsAsync(IMarketStore store, string[]? asked, CancellationToken cancellationToken)
    {
        if (asked is { Length: > 0 })
        {
            var catalog = SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
            return [.. asked.Select(catalog.Resolve).Distinct(StringComparer.Ordinal)];
        }

        var status = await store.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false);
        string[] stored = [.. status.Where(row => row.DataType == DataType.Trades).Select(row => row.Symbol)];
        return stored.Length > 0 ? stored : SymbolCatalog.DefaultSymbols;
    }

    // A record of one store must never be replayed into another.
    internal static string DefaultJournal(string location) =>
        Path.Combine(StoreLocation.DataFolder, "journal", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(location)), 0, 8).ToLower(CultureInfo.InvariantCulture));
}
