using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <content>What happens behind the queue: one task that stores, tries again, and falls back on the journal.</content>
public sealed partial class DatabaseWriter
{
    // Appended records reach the system at least so often, whatever the flush intervals.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private long _nextSync;
    private long _flushTicks;
    private long _nextJournalLog;

    // All calls hold the lock.
    private void Queue(string symbol, in TradeRow trade)
    {
        if (_filling.TradeCount < _options.MaxTradeBufferSize)
        {
            _filling.Add(symbol, trade);
            return;
        }

        _overflow++;
        for (var attempt = 0; _journal is { } journal && attempt < 2; attempt++)
        {
            try
            {
                _dropped += journal.Append(symbol, trade);
                return;
            }
            catch (IOException exception)
            {
                DropForRoom(journal, exception);
            }
        }

        _dropped += _filling.DropOldest();
        _filling.Add(symbol, trade);
    }

    private void Queue(string symbol, Interval interval, in CandleRow candle)
    {
        if (_filling.CandleCount < _options.MaxCandleBufferSize)
        {
            _filling.Add(symbol, interval, candle);
            return;
        }

        _overflow++;
        for (var attempt = 0; _journal is { } journal && attempt < 2; attempt++)
        {
            try
            {
                _dropped += journal.Append(symbol, interval, candle);
                return;
            }
            catch (IOException exception)
            {
                DropForRoom(journal, exception);
            }
        }

        // A candle can be fetched again; it is not covered.
        _dropped++;
    }

    private void DropForRoom(RecordJournal journal, IOException exception)
    {
        var lost = journal.DropOldest();
        _dropped += lost;
        if (_clock.GetTimestamp() >= _nextJournalLog)
        {
            LogJournalFull(_options.Logger, _options.JournalDirectory!, lost, exception.Message);
            _nextJournalLog = _clock.GetTimestamp() + Stamps(LogEvery);
        }
    }

    private long Stamps(TimeSpan time) => (long)((Int128)time.Ticks * _clock.TimestampFrequency / TimeSpan.TicksPerSecond);

    private TimeSpan Since(long stamp) => _clock.GetElapsedTime(stamp);

    private async Task RunAsync()
    {
        var backoff = _options.RetryDelay;
        try
        {
            while (!_abandon.IsCancellationRequested)
            {
                var (isDue, isLast, delay) = Plan();
                if (!isDue)
                {
                    if (isLast)
                    {
                        return;
                    }

                    await WaitAsync(delay).ConfigureAwait(false);
                    KeepJournal();
                    continue;
                }

                var failure = await FlushOnceAsync().ConfigureAwait(false);
                KeepJournal();
                if (failure is null)
                {
                    backoff = _options.RetryDelay;
                    continue;
                }

                if (_abandon.IsCancellationRequested)
                {
                    return;
                }

                LogFailed(_options.Logger, (long)backoff.TotalMilliseconds, failure);
                await PauseAsync(backoff).ConfigureAwait(false);
                backoff = TimeSpan.FromTicks(Math.Min(backoff.Ticks * 2, _options.RetryDelayLimit.Ticks));
            }
        }
        finally
        {
            Leave();
        }
    }

    private (bool IsDue, bool IsLast, TimeSpan Delay) Plan()
    {
        lock (_lock)
        {
            if (_wake.Task.IsCompleted)
            {
                _wake = NewWake();
            }

            var now = UnixTime.Microseconds(_clock.GetUtcNow());
            var hasCandle = _filling.HasClosedCandle(now);
            var hasUnread = _journal?.HasUnread == true;
            if (_isStopping)
            {
                var isDue = !_taken.IsEmpty || _filling.TradeCount > 0 || hasCandle || hasUnread;
                return (isDue, !isDue, TimeSpan.Zero);
            }

            var tradesIn = _filling.TradeCount == 0 ? Tick
                : _filling.TradeCount >= _options.TradeBufferSize ? TimeSpan.Zero
                : _options.TradeFlushInterval - Ahead(_options.TradeFlushInterval) - Since(_firstTradeAt);
            var candlesIn = !hasCandle ? Tick
                : _filling.CandleCount >= _options.CandleBufferSize ? TimeSpan.Zero
                : _options.CandleFlushInterval - Ahead(_options.CandleFlushInterval) - Since(_firstCandleAt);
            var delay = TimeSpan.FromTicks(Math.Min(tradesIn.Ticks, candlesIn.Ticks));
            if (!_taken.IsEmpty || hasUnread || _waiting.Count > 0 || delay <= TimeSpan.Zero)
            {
                return (true, false, TimeSpan.Zero);
            }

            // A record that comes while the task waits has to be stored an interval after it came.
            var longest = Math.Min(Tick.Ticks, Math.Min(_options.TradeFlushInterval.Ticks, _options.CandleFlushInterval.Ticks));
            return (false, false, TimeSpan.FromTicks(Math.Min(delay.Ticks, longest)));
        }
    }

    // An interval is when a record is stored, not when that begins: a flush starts earlier by what flushes take.
    private TimeSpan Ahead(TimeSpan interval) => TimeSpan.FromTicks(Math.Min(_flushTicks, interval.Ticks / 4));

    private async Task<Exception?> FlushOnceAsync()
    {
        var started = _clock.GetTimestamp();
        List<TaskCompletionSource> waiting = [];
        RecordJournal? journal;
        lock (_lock)
        {
            journal = _journal;
            if (_taken.IsEmpty)
            {
                (_taken, _filling) = (_filling, _taken);
                _taken.MoveOpenTo(_filling, UnixTime.Microseconds(_clock.GetUtcNow()));
                _firstTradeAt = 0;
                _firstCandleAt = _filling.CandleCount > 0 ? _clock.GetTimestamp() : 0;
                waiting = [.. _waiting];
                _waiting.Clear();
            }
        }

        try
        {
            if (_lastError is null)
            {
                journal?.Read(_taken, JournalChunk);
            }

            await _flusher.WriteAsync(_taken, _abandon.Token).ConfigureAwait(false);
            if (_lastError is not null)
            {
                LogBack(_options.Logger);
            }

            journal?.Commit();
            _flushTicks = Math.Max(Since(started).Ticks, _flushTicks * 7 / 8);
            var hasUnread = journal?.HasUnread == true;
            lock (_lock)
            {
                _flushes++;
                _lastError = null;
                _taken.Clear();
                if (hasUnread)
                {
                    _waiting.AddRange(waiting);
                    waiting.Clear();
                }
            }

            waiting.ForEach(waiter => waiter.TrySetResult());
            return null;
        }
        catch (Exception exception) when (!_abandon.IsCancellationRequested)
        {
            // Whatever it is: a writer that ends here would lose everything from now on.
            lock (_lock)
            {
                _errors++;
                _lastError = exception.Message;
                _waiting.AddRange(waiting);
            }

            return exception;
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                _waiting.AddRange(waiting);
            }

            return exception;
        }
    }

    private async Task WaitAsync(TimeSpan delay)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_abandon.Token);
        Task wake;
        lock (_lock)
        {
            wake = _wake.Task;
        }

        await Task.WhenAny(wake, Task.Delay(delay, _clock, ended.Token)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        var until = _clock.GetTimestamp() + Stamps(pause);
        while (!_abandon.IsCancellationRequested && _clock.GetTimestamp() < until)
        {
            await Task.Delay(pause < Tick ? pause : Tick, _clock, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            KeepJournal();
            if (_isStopping)
            {
                return;
            }
        }
    }

    private void KeepJournal()
    {
        if (_journal is not { } journal)
        {
            return;
        }

        try
        {
            var isDue = _clock.GetTimestamp() >= _nextSync;
            journal.Flush(toDisk: isDue);
            _nextSync = isDue ? _clock.GetTimestamp() + Stamps(_options.JournalSyncInterval) : _nextSync;
        }
        catch (IOException exception)
        {
            lock (_lock)
            {
                DropForRoom(journal, exception);
            }
        }
    }

    // What could not be stored waits for the next start.
    private void Leave()
    {
        List<TaskCompletionSource> waiting;
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            var left = (long)_taken.TradeCount + _filling.TradeCount;
            try
            {
                if (_journal is not null)
                {
                    _dropped += Append(_journal, _taken) + Append(_journal, _filling);
                    _journal.Flush(toDisk: true);
                    left = 0;
                }
            }
            catch (IOException exception)
            {
                LogJournalFull(_options.Logger, _options.JournalDirectory!, left, exception.Message);
            }

            _journal?.Dispose();
            _dropped += left;
            if (left > 0)
            {
                LogLeft(_options.Logger, left);
            }

            _taken.Clear();
            _filling.Clear();
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        waiting.ForEach(waiter => waiter.TrySetException(new InvalidOperationException("The writer was stopped before everything was stored.")));
    }

    private long Append(RecordJournal journal, FlushBatch batch)
    {
        long dropped = 0;
        var now = UnixTime.Microseconds(_clock.GetUtcNow());
        foreach (var (symbol, rows) in batch.Trades)
        {
            foreach (var row in rows)
            {
                dropped += journal.Append(symbol, row);
            }
        }

        foreach (var ((symbol, interval), rows) in batch.Candles)
        {
            foreach (var row in rows.Values.Where(row => row.Timestamp + interval.Microseconds <= now))
            {
                dropped += journal.Append(symbol, interval, row);
            }
        }

        return dropped;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Records could not be stored; trying again in {Pause} ms")]
    private static partial void LogFailed(ILogger logger, long pause, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Records are stored again")]
    private static partial void LogBack(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal {Directory} cannot be written ({Reason}): {Count} of the oldest records are dropped and stay a gap. Free some space on its disk")]
    private static partial void LogJournalFull(ILogger logger, string directory, long count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} trades were not stored when the writer stopped; they stay a gap, which fill-gaps closes")]
    private static partial void LogLeft(ILogger logger, long count);
}
