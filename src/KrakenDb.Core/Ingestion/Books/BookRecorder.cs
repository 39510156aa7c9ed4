using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// Records the order books of a live feed: its frames are queued as they come, read, verified and written in batches by one background task. A book whose checksum fails
/// is subscribed anew, it alone. What the store does not take goes to a journal on disk and into the store later; recording never waits for it and never ends because of it.
/// </summary>
internal sealed partial class BookRecorder : ILiveFeedHandler, IAsyncDisposable
{
    private readonly ILiveFeed _feed;
    private readonly IBookArchive _archive;
    private readonly Func<IBookWire> _createWire;
    private readonly BookRecorderOptions _options;
    private readonly BookJournal _journal;
    private readonly ILogger _logger;
    private readonly Channel<QueuedFrame> _queue = Channel.CreateUnbounded<QueuedFrame>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<int, Session> _sessions = [];
    private readonly List<Session> _over = [];
    private readonly BookFrame _frame = new();
    private readonly IBookWire _anyWire;
    private readonly Task _writing;
    private BookRecorderStats _stats;
    private long _retryAt = long.MinValue;

    public BookRecorder(ILiveFeed feed, IBookArchive archive, Func<IBookWire> createWire, BookRecorderOptions options)
    {
        _feed = feed;
        _archive = archive;
        _createWire = createWire;
        _options = options;
        _anyWire = createWire();
        _logger = options.Logger;
        _journal = new BookJournal(options.JournalFolder, createWire());
        _writing = Task.Run(WriteAsync);
        _ = _writing.ContinueWith(_ => _queue.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Ends with the recorder; before that only with an error, when not even the journal takes frames: then nothing is queued any more.</summary>
    public Task Completion => _writing;

    /// <summary>Told for every refused subscription: symbol and the exchange's words.</summary>
    public Action<string, string>? Refused { get; init; }

    /// <summary>Told for every incident: symbol.</summary>
    public Action<string>? Resubscribed { get; init; }

    public BookRecorderStats Stats
    {
        get
        {
            lock (_sessions)
            {
                return _stats;
            }
        }
    }

    void ILiveFeedHandler.OnFrame(int connection, ReadOnlySpan<byte> message, long receivedAt)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, message.Length));
        message.CopyTo(bytes);
        _queue.Writer.TryWrite(new QueuedFrame(connection, bytes, message.Length, receivedAt));
    }

    void ILiveFeedHandler.OnDisconnected(int connection, string reason, long receivedAt) => _queue.Writer.TryWrite(new QueuedFrame(connection, null, 0, receivedAt));

    void ILiveFeedHandler.OnRefused(int connection, string symbol, string channel, string error)
    {
        LogRefused(symbol, channel, error);
        Refused?.Invoke(symbol, error);
    }

    /// <summary>Writes what is queued, to the store or to the journal, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        var reader = _queue.Reader;
        await DrainJournalAsync().ConfigureAwait(false);
        while (await reader.WaitToReadAsync().ConfigureAwait(false))
        {
            // The first frame of a batch waits this long; a full batch does not wait.
            var started = _options.TimeProvider.GetTimestamp();
            var taken = Take(reader);
            while (!reader.Completion.IsCompleted && taken < _options.BatchFrames && _options.FlushInterval - _options.TimeProvider.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
            {
                await WaitAsync(reader, left).ConfigureAwait(false);
                taken += Take(reader);
            }

            await FlushAsync().ConfigureAwait(false);
        }

        await FlushAsync().ConfigureAwait(false);
        if (_journal.Count > 0)
        {
            _retryAt = long.MinValue;
            await DrainJournalAsync().ConfigureAwait(false);
        }
    }

    // Returns when the time is over, or there is nothing more to come.
    private async Task WaitAsync(ChannelReader<QueuedFrame> reader, TimeSpan time)
    {
        try
        {
            await reader.Completion.WaitAsync(time, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The usual case: the interval has passed.
        }
    }

    private int Take(ChannelReader<QueuedFrame> reader)
    {
        var taken = 0;
        while (taken < _options.BatchFrames && reader.TryRead(out var queued))
        {
            if (queued.Bytes is null)
            {
                if (_sessions.Remove(queued.Connection, out var gone))
                {
                    gone.Recording.BreakAll();
                    _over.Add(gone);
                }

                continue;
            }

            Record(queued);
            ArrayPool<byte>.Shared.Return(queued.Bytes);
            taken++;
        }

        return taken;
    }

    private void Record(QueuedFrame queued)
    {
        var text = queued.Bytes.AsSpan(0, queued.Length);
        _sessions.TryGetValue(queued.Connection, out var session);
        (session?.Wire ?? _anyWire).Read(text, _frame);

        // Trades, candles, tickers and the list of markets have tables of their own.
        if (_frame.Kind == BookFrameKind.Other)
        {
            return;
        }

        if (session is null || (_frame.ConnectionId is { } id && id != session.ConnectionId))
        {
            if (session is not null)
            {
                session.Recording.BreakAll();
                _over.Add(session);
            }

            _sessions[queued.Connection] = session = Begin(queued, _frame.ConnectionId ?? 0);
        }

        var before = (session.Recording.BookFrames, session.Recording.Verified, session.Recording.IncidentCount);
        var broken = session.Recording.Add(_frame, text, queued.ReceivedAt * 1000);
        lock (_sessions)
        {
            _stats = _stats with
            {
                Frames = _stats.Frames + 1,
                BookFrames = _stats.BookFrames + session.Recording.BookFrames - before.BookFrames,
                Verified = _stats.Verified + session.Recording.Verified - before.Verified,
                Incidents = _stats.Incidents + session.Recording.IncidentCount - before.IncidentCount,
            };
        }

        if (broken is not null)
        {
            LogBroken(broken, session.Recording.SessionId);
            _feed.ResubscribeBook(broken);
            Resubscribed?.Invoke(broken);
        }
    }

    private Session Begin(QueuedFrame queued, ulong connectionId)
    {
        var id = BookRecording.SessionIdOf(
            "websocket",
            connectionId.ToString(System.Globalization.CultureInfo.InvariantCulture),
            queued.ReceivedAt.ToString(System.Globalization.CultureInfo.InvariantCulture),
            queued.Connection.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var wire = _createWire();
        lock (_sessions)
        {
            _stats = _stats with { Sessions = _stats.Sessions + 1 };
        }

        return new Session(new BookRecording(wire, id, "websocket", connectionId), wire, connectionId);
    }

    private async Task FlushAsync()
    {
        await DrainJournalAsync().ConfigureAwait(false);
        foreach (var session in _over.Concat(_sessions.Values).Where(session => session.Recording.Count > 0))
        {
            await StoreAsync(session.Recording.Take()).ConfigureAwait(false);
        }

        _over.Clear();
        lock (_sessions)
        {
            _stats = _stats with { JournalWrites = _journal.Count };
        }
    }

    // What is in the journal came earlier: a session's frames are stored in their order.
    private async Task StoreAsync(BookWrite write)
    {
        if (_journal.Count == 0 && await TryAppendAsync(write).ConfigureAwait(false))
        {
            return;
        }

        _journal.Add(write);
        LogJournaled(write.Batch.Count, _journal.Count);
    }

    private async Task DrainJournalAsync()
    {
        while (_journal.Count > 0 && _options.TimeProvider.GetTimestamp() >= _retryAt)
        {
            if (_journal.Peek(LogDamaged) is not { } write || !await TryAppendAsync(write).ConfigureAwait(false))
            {
                return;
            }

            _journal.Remove();
        }
    }

    private async Task<bool> TryAppendAsync(BookWrite write)
    {
        try
        {
            var receipt = await _archive.AppendAsync(write, CancellationToken.None).ConfigureAwait(false);
            lock (_sessions)
            {
                _stats = _stats with { Stored = _stats.Stored + receipt.Inserted };
            }

            return true;
        }
        catch (Exception exception) when (MarketStoreException.IsOfRows(exception))
        {
            return await AppendWithoutRefusedAsync(write, exception).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever it was, it must not end the recording: the frames exist nowhere else.
            LogFailed(exception.Message, exception);
            _retryAt = _options.TimeProvider.GetTimestamp() + (long)(_options.RetryAfter.TotalSeconds * _options.TimeProvider.TimestampFrequency);
            return false;
        }
    }

    // One frame that the store will never take must not keep back those behind it.
    private async Task<bool> AppendWithoutRefusedAsync(BookWrite write, Exception refusal)
    {
        if (write.Batch.Count > 1)
        {
            var (first, second) = write.Halves();
            return await TryAppendAsync(first).ConfigureAwait(false) && await TryAppendAsync(second).ConfigureAwait(false);
        }

        LogSetAside(write.Batch.SessionId, write.Batch.Rows[0].Sequence, _journal.SetAside(write), refusal.Message);
        lock (_sessions)
        {
            _stats = _stats with { SetAside = _stats.SetAside + 1 };
        }

        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The book of {Symbol} failed its checksum (session {Session}); it is subscribed anew.")]
    private partial void LogBroken(string symbol, long session);

    [LoggerMessage(Level = LogLevel.Error, Message = "The exchange refuses {Symbol} {Channel}: {Error}")]
    private partial void LogRefused(string symbol, string channel, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store did not take a batch of frames; it is kept in the journal and tried again: {Reason}")]
    private partial void LogFailed(string reason, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Frames} frames went to the journal, in which {Writes} writes wait.")]
    private partial void LogJournaled(int frames, int writes);

    [LoggerMessage(Level = LogLevel.Error, Message = "A file of the journal is damaged and was set aside: {Path}")]
    private partial void LogDamaged(string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store refuses frame {Sequence} of session {Session}; it is kept in {Path}: {Reason}")]
    private partial void LogSetAside(long session, long sequence, string path, string reason);

    private readonly record struct QueuedFrame(int Connection, byte[]? Bytes, int Length, long ReceivedAt);

    private sealed class Session(BookRecording recording, IBookWire wire, ulong connectionId)
    {
        public BookRecording Recording { get; } = recording;

        public IBookWire Wire { get; } = wire;

        public ulong ConnectionId { get; } = connectionId;
    }
}
