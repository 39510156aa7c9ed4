using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// Records a live feed without a hole at its seams: the feed goes straight to the writer, and whatever its ids do not prove (before the first trade, over a
/// reconnect, omitted ids, a market that seems quiet) is fetched over REST until the ids join. Does not own its writer, store, feed and source.
/// </summary>
internal sealed partial class LiveCollector(IMarketStore store, ILiveFeed feed, ITradeSource source, DatabaseWriter writer, LiveCollectorOptions options) : ILiveFeedHandler
{
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, LiveSymbol> _symbols = options.Symbols
        .Select((symbol, index) => new LiveSymbol(symbol, options.SampleInterval * (index + 1) / options.Symbols.Count))
        .ToDictionary(symbol => symbol.Symbol, StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly HashSet<int> _seen = [];
    private readonly Dictionary<string, int> _connectionOf = new(StringComparer.Ordinal);
    private readonly LiveCandles _candles = new();
    private readonly TimeProvider _clock = options.TimeProvider;
    private readonly ILogger _logger = options.Logger;
    private long _connects;
    private long _received;
    private string _system = "";

    /// <summary>Connections after each one's first.</summary>
    public long Reconnects => Math.Max(0, Interlocked.Read(ref _connects));

    /// <summary>Trades that the feed brought.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>The exchange's state; empty before it said one.</summary>
    public string System => Volatile.Read(ref _system);

    public IReadOnlyList<LiveSymbolStatus> GetStatus() => [.. _symbols.Values.Select(symbol => symbol.Status(writer.ChainOf(symbol.Symbol)))];

    /// <summary>Records until cancelled; then everything that came is with the writer.</summary>
    /// <exception cref="MarketStoreException">The store cannot be read at the start, and waiting would not help.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await FindStartsAsync(cancellationToken).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var subscription = new LiveSubscription { Symbols = [.. _symbols.Keys], CandleIntervals = options.CandleIntervals };
        var feeding = Task.Run(() => feed.RunAsync(subscription, this, ended.Token), CancellationToken.None);
        var repairing = RepairAsync(ended.Token);
        try
        {
            await await Task.WhenAny(feeding, repairing).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The way it ends.
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await repairing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(_symbols.Values.Select(symbol => symbol.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            StoreEnded();
        }
    }

    void ILiveFeedHandler.OnConnected(int connection, ulong connectionId, long receivedAt)
    {
        LogConnected(_logger, connection, connectionId);
        lock (_lock)
        {
            if (!_seen.Add(connection))
            {
                Interlocked.Increment(ref _connects);
            }
        }
    }

    void ILiveFeedHandler.OnDisconnected(int connection, string reason, long receivedAt)
    {
        LogDisconnected(_logger, connection, reason);
        lock (_lock)
        {
            foreach (var (symbol, at) in _connectionOf)
            {
                if (at == connection)
                {
                    _symbols[symbol].Unsubscribed();
                }
            }
        }
    }

    void ILiveFeedHandler.OnSystemStatus(int connection, string system, long receivedAt)
    {
        if (Interlocked.Exchange(ref _system, system) != system)
        {
            LogSystem(_logger, system);
        }
    }

    void ILiveFeedHandler.OnSubscribed(int connection, string symbol, string channel, long receivedAt)
    {
        if (channel == "trade" && _symbols.TryGetValue(symbol, out var live))
        {
            live.Subscribed(receivedAt);
            lock (_lock)
            {
                _connectionOf[symbol] = connection;
            }
        }
    }

    void ILiveFeedHandler.OnRefused(int connection, string symbol, string channel, string error)
    {
        if (channel == "trade" && _symbols.TryGetValue(symbol, out var live) && live.Refuse(error))
        {
            LogRefused(_logger, symbol, error);
        }
    }

    void ILiveFeedHandler.OnTrades(int connection, string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot, long receivedAt)
    {
        if (_symbols.TryGetValue(symbol, out var live))
        {
            Interlocked.Add(ref _received, trades.Length);
            live.Received(trades, receivedAt);
            writer.WriteTrades(symbol, trades);
        }
    }

    void ILiveFeedHandler.OnCandle(int connection, string symbol, Interval interval, in CandleRow candle, bool isSnapshot, long receivedAt)
    {
        if (_symbols.ContainsKey(symbol) && interval != Interval.Minute && _candles.Take(symbol, interval, candle) is { } ended)
        {
            writer.WriteCandle(symbol, interval, ended);
        }
    }

    private void StoreEnded()
    {
        foreach (var (symbol, interval, candle) in _candles.TakeEnded(_clock.GetUtcNow()))
        {
            writer.WriteCandle(symbol, interval, candle);
        }
    }

    // Before the feed begins, so that its first rows are not taken for history.
    private async Task FindStartsAsync(CancellationToken cancellationToken)
    {
        foreach (var symbol in _symbols.Values)
        {
            var (from, lastId) = await AskAsync(token => FindStartAsync(symbol.Symbol, token), cancellationToken).ConfigureAwait(false);
            (symbol.SeedFrom, symbol.SeedLastId) = (from, lastId);
        }
    }

    private async Task<(DateTimeOffset From, long? LastId)> FindStartAsync(string symbol, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var coverage = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var wanted = await store.GetWantedFromAsync(symbol, cancellationToken).ConfigureAwait(false);
        if (options.Since is { } since && IsMissing(coverage, since))
        {
            // Never begun, or killed before what lies before the first live trade was fetched.
            return (since, null);
        }

        if (options.Since is null && wanted >= now - options.RepairReach && IsMissing(coverage, wanted.Value))
        {
            // The same without a time that was asked for: an earlier run began then.
            return (wanted.Value, null);
        }

        var proven = coverage.Where(range => range.Grade == CoverageGrade.Proven).ToList();
        if (proven.Count == 0)
        {
            if (wanted is null)
            {
                // Before the first trade: a kill from here on leaves a gap that is known.
                await store.WriteAsync(new StoreWrite { Symbol = symbol, WantedFrom = now }, cancellationToken).ConfigureAwait(false);
            }

            return (now, null);
        }

        // Nothing joins by its id where none is known (a quiet market before its first trade): the stretch goes on there.
        var last = proven.Find(range => range.LastTradeId is null && range.Range.End >= now - options.RepairReach) ?? proven[^1];
        return (last.Range.End, last.LastTradeId);
    }

    private static bool IsMissing(CoverageSet trades, DateTimeOffset since) =>
        trades.FirstOrDefault(range => range.Grade == CoverageGrade.Proven) is not { } first
        || (first.Range.Start > since && trades.Gaps(new TimeRange(since, first.Range.Start)).Count > 0);

    // A store that is away at the start is waited for.
    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await question(cancellationToken).ConfigureAwait(false);
            }
            catch (MarketStoreException exception) when (exception.IsTransient)
            {
                LogNoStore(_logger, (long)StorePause.TotalMilliseconds, exception);
                await Task.Delay(StorePause, _clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RepairAsync(CancellationToken cancellationToken)
    {
        var clock = await ReadClockAsync(cancellationToken).ConfigureAwait(false);

        // Never disposed: fills that wait for it would wait for ever, and it holds nothing.
        var gate = new SemaphoreSlim(options.MaxConcurrent, options.MaxConcurrent);
        var repair = new LiveRepair(store, source, writer, feed, options, clock);
        foreach (var symbol in _symbols.Values)
        {
            // What is younger cannot be proven yet: replies may come from an edge cache.
            symbol.NextSeed = symbol.SeedFrom + TradeStretch.EdgeDelay + TimeSpan.FromSeconds(2);
        }

        while (true)
        {
            foreach (var symbol in _symbols.Values)
            {
                if (symbol.Work.IsCompleted && !symbol.IsRefused && repair.Due(symbol) is { } work)
                {
                    symbol.Work = RunAsync(symbol, work, gate, cancellationToken);
                }
            }

            StoreEnded();
            await Task.Delay(Tick, _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(LiveSymbol symbol, Func<CancellationToken, Task> work, SemaphoreSlim gate, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
            symbol.Failures = 0;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever it is: the recording goes on, and the log says what stays open.
            symbol.Failures++;
            var pause = TimeSpan.FromSeconds(Math.Min(60, 2 << Math.Min(symbol.Failures, 5)));
            LogFailed(_logger, symbol.Symbol, (long)pause.TotalMilliseconds, exception);
            await Task.Delay(pause, _clock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<ExchangeClock> ReadClockAsync(CancellationToken cancellationToken)
    {
        for (var pause = TimeSpan.FromSeconds(1); ; pause = pause < TimeSpan.FromSeconds(30) ? pause * 2 : pause)
        {
            try
            {
                return await ExchangeClock.ReadAsync(source, _clock, cancellationToken).ConfigureAwait(false);
            }
            catch (MarketSourceException exception)
            {
                LogNoClock(_logger, (long)pause.TotalMilliseconds, exception);
                await Task.Delay(pause, _clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Connection} is open (id {Id})")]
    private static partial void LogConnected(ILogger logger, int connection, ulong id);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Connection} is gone: {Reason}")]
    private static partial void LogDisconnected(ILogger logger, int connection, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The exchange is {System}")]
    private static partial void LogSystem(ILogger logger, string system);

    [LoggerMessage(Level = LogLevel.Error, Message = "The exchange refuses {Symbol}: {Error}. The others are recorded")]
    private static partial void LogRefused(ILogger logger, string symbol, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol}: what is missing was not fetched; again in {Pause} ms. Live trades are recorded")]
    private static partial void LogFailed(ILogger logger, string symbol, long pause, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store does not answer; again in {Pause} ms")]
    private static partial void LogNoStore(ILogger logger, long pause, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The exchange does not tell its time; again in {Pause} ms. Live trades are recorded")]
    private static partial void LogNoClock(ILogger logger, long pause, Exception exception);
}
