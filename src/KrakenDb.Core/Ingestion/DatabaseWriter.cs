using System.Globalization;

namespace KrakenDb;

/// <summary>
/// Takes trades and candles as they happen and stores them in the background. Giving it a record never waits for the database: what memory does not hold while
/// the database is away goes to a journal on disk. Rows and what they prove commit together, so a record that is lost is a recorded gap. Safe for several
/// threads. Does not own its store.
/// </summary>
public sealed partial class DatabaseWriter : IAsyncDisposable
{
    /// <summary>The documents' limit of trades in memory.</summary>
    public const int MaxTradeBufferSize = 10_000;

    /// <summary>The documents' limit of candles in memory.</summary>
    public const int MaxCandleBufferSize = 1_000;

    // A replay of so many records per flush holds about 40 MB; a quarter of them costs half as much again, because every symbol's transaction has a price of its own.
    private const int JournalChunk = 262_144;

    private readonly DatabaseWriterOptions _options;
    private readonly TimeProvider _clock;
    private readonly RejectedRecords _rejected;
    private readonly StoreFlusher _flusher;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private FlushBatch _filling = new();
    private FlushBatch _taken = new();
    private TaskCompletionSource _wake = NewWake();
    private RecordJournal? _journal;
    private Task? _loop;
    private long _firstTradeAt;
    private long _firstCandleAt;
    private bool _isStopping;
    private bool _isClosed;
    private long _flushes;
    private long _errors;
    private long _overflow;
    private long _dropped;
    private volatile string? _lastError;

    /// <param name="store">Where everything goes.</param>
    /// <param name="options">Null for the documents' values.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is below 1, or an interval is not positive.</exception>
    public DatabaseWriter(IMarketStore store, DatabaseWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _options = Checked(options ?? new DatabaseWriterOptions());
        _clock = _options.TimeProvider;
        _rejected = new RejectedRecords(_options.JournalDirectory, _clock, _options.Logger);
        _flusher = new StoreFlusher(store, _rejected);
    }

    /// <summary>Makes the files of the journal; null for the file system's. For a disk that is full.</summary>
    internal Func<string, Stream>? JournalFiles { get; init; }

    /// <summary>Opens the journal and begins to store; what an earlier run left in the journal is stored first.</summary>
    /// <exception cref="MarketStoreException">The journal's folder cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_loop is not null)
        {
            throw new InvalidOperationException("The writer was started already.");
        }

        if (_options.JournalDirectory is { } directory)
        {
            var journal = await Task.Run(() => RecordJournal.Open(directory, _options.JournalLimitBytes, _options.Logger, JournalFiles), cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                _journal = journal;
            }
        }

        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Takes nothing more, stores what is queued, and closes the journal. What cannot be stored in time stays in the journal for the next start.</summary>
    /// <param name="cancellationToken">Ends the waiting for the database, not the stop: what is left goes to the journal.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _isStopping = true;
            _wake.TrySetResult();
        }

        if (_loop is null)
        {
            Leave();
            return;
        }

        var timer = _clock.CreateTimer(state => ((CancellationTokenSource)state!).Cancel(), _abandon, _options.StopTimeout, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            var registration = cancellationToken.UnsafeRegister(state => ((CancellationTokenSource)state!).Cancel(), _abandon);
            await using (registration.ConfigureAwait(false))
            {
                await _loop.ConfigureAwait(false);
            }
        }
    }

    /// <summary>Queues a trade. An impossible one is counted and kept in the list of rejected records.</summary>
    /// <exception cref="InvalidOperationException">The writer was stopped.</exception>
    public ValueTask WriteTradeAsync(TradeRecord trade, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trade);
        cancellationToken.ThrowIfCancellationRequested();
        if (RecordConversion.TryConvert(trade, out var row) is { } reason)
        {
            _rejected.Add(trade.Symbol, "trade", string.Create(CultureInfo.InvariantCulture, $"{trade.Id},{trade.Timestamp:O},{trade.Price},{trade.Volume},{trade.Side}"), reason);
            return ValueTask.CompletedTask;
        }

        WriteTrades(trade.Symbol, [row]);
        return ValueTask.CompletedTask;
    }

    /// <summary>Queues a candle. It is stored when its interval has ended; until then a later version takes its place.</summary>
    /// <exception cref="InvalidOperationException">The writer was stopped.</exception>
    public ValueTask WriteCandleAsync(CandleRecord candle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candle);
        cancellationToken.ThrowIfCancellationRequested();
        if (RecordConversion.TryConvert(candle, out var interval, out var row) is { } reason)
        {
            _rejected.Add(candle.Symbol, "candle", string.Create(CultureInfo.InvariantCulture, $"{candle.Timestamp:O},{candle.IntervalMinutes},{candle.Open},{candle.High},{candle.Low},{candle.Close},{candle.Volume}"), reason);
            return ValueTask.CompletedTask;
        }

        WriteCandle(candle.Symbol, interval, row);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Stores everything that is queued. The documents' position in <c>data_sync_status</c> follows from the stored rows and is never written by hand: it cannot be
    /// ahead of them.
    /// </summary>
    /// <param name="symbol">As stored.</param>
    /// <param name="dataType">See <see cref="DataType"/>.</param>
    /// <param name="timestamp">Up to where the caller has given everything.</param>
    /// <param name="cancellationToken"></param>
    public Task UpdateSyncStatusAsync(string symbol, string dataType, DateTimeOffset timestamp, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        ArgumentNullException.ThrowIfNull(dataType);
        return FlushAsync(cancellationToken);
    }

    public DatabaseWriterStats GetStats()
    {
        lock (_lock)
        {
            return new DatabaseWriterStats
            {
                TradesWritten = _flusher.TradesWritten,
                CandlesWritten = _flusher.CandlesWritten,
                FlushCount = _flushes,
                ErrorCount = _errors,
                OverflowCount = _overflow,
                TradeBufferSize = _filling.TradeCount + _taken.TradeCount,
                CandleBufferSize = _filling.CandleCount + _taken.CandleCount,
                Duplicates = _flusher.Duplicates,
                Rejected = _rejected.Count,
                Dropped = _dropped,
                JournalRecords = _isClosed ? 0 : _journal?.Records ?? 0,
                JournalBytes = _isClosed ? 0 : _journal?.Bytes ?? 0,
                LastError = _lastError,
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _abandon.Dispose();
    }

    /// <summary>Queues trades of one symbol without an object per trade.</summary>
    /// <returns>How many could be true.</returns>
    /// <exception cref="InvalidOperationException">The writer was stopped.</exception>
    internal int WriteTrades(string symbol, ReadOnlySpan<TradeRow> trades)
    {
        var now = _clock.GetUtcNow();
        var accepted = 0;
        foreach (ref readonly var trade in trades)
        {
            if (RecordConversion.Fault(trade, now) is { } reason)
            {
                _rejected.Add(symbol, trade, reason);
                continue;
            }

            accepted++;
        }

        lock (_lock)
        {
            ThrowIfStopped();
            if (accepted == trades.Length && _filling.TradeCount + accepted <= _options.MaxTradeBufferSize)
            {
                _filling.Add(symbol, trades);
            }
            else
            {
                foreach (ref readonly var trade in trades)
                {
                    if (RecordConversion.Fault(trade, now) is null)
                    {
                        Queue(symbol, trade);
                    }
                }
            }

            _firstTradeAt = _firstTradeAt == 0 ? _clock.GetTimestamp() : _firstTradeAt;
            if (_filling.TradeCount >= _options.TradeBufferSize)
            {
                _wake.TrySetResult();
            }
        }

        return accepted;
    }

    /// <inheritdoc cref="WriteCandleAsync"/>
    internal void WriteCandle(string symbol, Interval interval, in CandleRow candle)
    {
        if (RecordConversion.Fault(interval, candle, _clock.GetUtcNow()) is { } reason)
        {
            _rejected.Add(symbol, interval, candle, reason);
            return;
        }

        lock (_lock)
        {
            ThrowIfStopped();
            Queue(symbol, interval, candle);
            _firstCandleAt = _firstCandleAt == 0 ? _clock.GetTimestamp() : _firstCandleAt;
            if (_filling.CandleCount >= _options.CandleBufferSize)
            {
                _wake.TrySetResult();
            }
        }
    }

    /// <summary>Returns when everything that was queued before the call is stored, the journal included.</summary>
    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        var stored = NewWake();
        lock (_lock)
        {
            if (_isClosed || _loop is null)
            {
                throw new InvalidOperationException("The writer does not run.");
            }

            _waiting.Add(stored);
            _wake.TrySetResult();
        }

        await stored.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the committed trades of a symbol prove; with holes where ids did not come.</summary>
    internal TradeChain ChainOf(string symbol) => _flusher.ChainOf(symbol);

    /// <summary>Takes over what another writer (a REST fill) has proven.</summary>
    internal Task<TradeChain> LearnAsync(string symbol, CancellationToken cancellationToken) => _flusher.LearnAsync(symbol, cancellationToken);

    /// <summary>Whether records of the past wait in memory or in the journal, so that a missing id may still come from there.</summary>
    internal bool HasBacklog
    {
        get
        {
            lock (_lock)
            {
                return _lastError is not null || _journal?.HasUnread == true;
            }
        }
    }

    private static DatabaseWriterOptions Checked(DatabaseWriterOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TradeBufferSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CandleBufferSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxTradeBufferSize, options.TradeBufferSize, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxCandleBufferSize, options.CandleBufferSize, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.TradeFlushInterval, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.CandleFlushInterval, TimeSpan.Zero, nameof(options));
        return options;
    }

    private static TaskCompletionSource NewWake() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ThrowIfStopped()
    {
        if (_isStopping)
        {
            throw new InvalidOperationException("The writer was stopped and takes nothing more.");
        }
    }
}
