using KrakenDb.Kraken;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Cli;

/// <summary>Order books that are recorded beside trades, over the same connections, where they are wanted. When they fail, trades go on.</summary>
internal sealed class BookCollection : IAsyncDisposable
{
    private readonly BookRecorder? _recorder;
    private readonly ILogger _logger;
    private bool _isEnded;

    private BookCollection(BookRecorder? recorder, ILiveFeed feed, ILogger logger)
    {
        _recorder = recorder;
        _logger = logger;
        Feed = feed;
        _ = _recorder?.Completion.ContinueWith(
            ended => LogFailed(ended.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>Brings trades to whom runs it, and order books to the recorder.</summary>
    public ILiveFeed Feed { get; }

    /// <summary>What was recorded; null where nothing was to be.</summary>
    public string? Summary => _recorder is null ? null : Describe(_recorder.Stats);

    /// <param name="store">Takes the order books.</param>
    /// <param name="feed">Brings them.</param>
    /// <param name="depth">Prices a side; null for no order books.</param>
    /// <param name="journal">Folder for what the store does not take.</param>
    /// <param name="context">Whose clock counts.</param>
    /// <param name="logger">Is told what fails.</param>
    public static BookCollection Start(IMarketStore store, ILiveFeed feed, int? depth, string journal, CommandContext context, ILogger logger)
    {
        if (depth is not { } levels)
        {
            return new BookCollection(recorder: null, feed, logger);
        }

        var recorder = new BookRecorder(feed, BookArchive.Of(store), () => new KrakenBookWire(), new BookRecorderOptions { JournalFolder = journal, TimeProvider = context.TimeProvider, Logger = logger });
        return new BookCollection(recorder, new SharedLiveFeed(feed, levels, recorder, logger), logger);
    }

    /// <summary>A recording in a line.</summary>
    public static string Describe(BookRecorderStats stats) =>
        $"Stopped: {Readable.Count(stats.Frames, "message")}, {Readable.Count(stats.BookFrames)} of order books, {Readable.Count(stats.Verified)} verified, {Readable.Count(stats.Incidents, "incident")}{(stats.JournalWrites > 0 ? "; what is not stored is in the journal" : "")}{(stats.SetAside > 0 ? $"; {Readable.Count(stats.SetAside, "message")} that the store refused are in the journal's folder" : "")}.";

    public async ValueTask DisposeAsync()
    {
        if (_recorder is not null && !_isEnded)
        {
            _isEnded = true;

            // An error was logged when it happened, and must not hide how the recording of trades ends.
            await _recorder.DisposeAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void LogFailed(Exception exception) =>
        _logger.Log(LogLevel.Error, default, $"Order books are no longer recorded, trades are: {exception.Message}. Start again when that is mended", exception, static (text, _) => text);
}
