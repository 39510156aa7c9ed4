using System.Globalization;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Kraken;

/// <summary>
/// One open socket: receives, subscribes, and watches over it until it ends. All that the handler is told, and all of the ledger, happens under one lock.
/// </summary>
internal sealed partial class LiveSession : IFrameSink, IDisposable
{
    private static readonly TimeSpan MinuteAhead = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClockNoise = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HelloWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(2);

    private readonly int _number;
    private readonly KrakenLiveFeedOptions _options;
    private readonly SubscriptionLedger _ledger;
    private readonly ILiveFeedHandler _handler;
    private readonly FeedCounters _counters;
    private readonly FeedLog _log;
    private readonly FeedRequests _requests;
    private readonly FrameParser _parser;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly List<(Subscription Subscription, SubscriptionLedger.Outcome Outcome)> _outcomes = [];
    private readonly List<Subscription> _unanswered = [];
    private readonly long _opened;

    private long _receivedAt;
    private long _now;
    private long _lastFrame;
    private long _lastSent;
    private long _lastPing;
    private long _clockAhead;
    private long _pings;

    public LiveSession(int number, SubscriptionLedger ledger, ILiveFeedHandler handler, FrameParserSource parts, FeedRequests requests, KrakenLiveFeedOptions options)
    {
        (_number, _ledger, _handler, _requests, _options) = (number, ledger, handler, requests, options);
        (_counters, _log, _parser) = (parts.Counters, parts.Log, parts.Parser);
        _clock = options.TimeProvider;
        _opened = _lastFrame = _lastSent = _lastPing = _clock.GetTimestamp();
        _ledger.Reset();
    }

    /// <summary>Whether the handler was told of the connection.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The exchange's last word on itself.</summary>
    public string System { get; private set; } = "";

    /// <summary>Runs until the socket ends or is given up; never throws for what comes over the wire.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<string> RunAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var abort = new CancellationTokenSource();
        using var stop = cancellationToken.UnsafeRegister(static session => ((LiveSession)session!).Wake(), this);
        await using var timer = _clock.CreateTimer(static session => ((LiveSession)session!).Wake(), this, _options.Tick, _options.Tick);
        var receiving = ReceiveAsync(socket, abort.Token);
        var tending = TendAsync(socket, timer, abort.Token, cancellationToken);
        var first = await Task.WhenAny(receiving, tending).ConfigureAwait(false);
        var reason = await first.ConfigureAwait(false);
        if (first == tending)
        {
            await CloseAsync(socket, receiving).ConfigureAwait(false);
        }

        await abort.CancelAsync().ConfigureAwait(false);
        socket.Abort();
        Wake();
        await Task.WhenAll(receiving, tending).ConfigureAwait(false);
        return reason;
    }

    /// <summary>Looks at the requests and time-outs at once instead of at the next tick.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it already.
        }
        catch (ObjectDisposedException)
        {
            // A timer's last call.
        }
    }

    /// <summary>How long nothing came for the symbol that should: since the newest frame of any of its subscriptions; null where none is live.</summary>
    /// <remarks>Takes no lock: a handler may ask from under its own.</remarks>
    public TimeSpan? SilentFor(string symbol)
    {
        long? newest = null;
        foreach (var subscription in _ledger.Of(symbol))
        {
            if (subscription.State == SubscriptionState.Live)
            {
                newest = Math.Max(newest ?? long.MinValue, subscription.LastAt);
            }
        }

        return newest is { } at ? _clock.GetElapsedTime(at) : null;
    }

    public void Dispose() => _wake.Dispose();

    void IFrameSink.OnStatus(string system, ulong connectionId)
    {
        Greet(connectionId);
        var wasAway = System.Length > 0 && System != "online";
        System = system;
        _handler.OnSystemStatus(_number, system, _receivedAt);
        if (wasAway && system == "online")
        {
            _ledger.RetryRefused();
        }
    }

    void IFrameSink.OnAcknowledged(in Acknowledgement acknowledgement)
    {
        _outcomes.Clear();
        _ledger.Acknowledge(acknowledgement, _now, _outcomes);
        foreach (var (subscription, outcome) in _outcomes)
        {
            switch (outcome)
            {
                case SubscriptionLedger.Outcome.Subscribed:
                    subscription.Restart(_now, _ledger.Frames);
                    _handler.OnSubscribed(_number, subscription.Symbol, subscription.Topic.Channel.Name(), _receivedAt);
                    break;
                case SubscriptionLedger.Outcome.Refused:
                    Refuse(subscription, acknowledgement.Error ?? "no reason given");
                    break;
            }
        }

        if (_outcomes.Count == 0 && !acknowledgement.Succeeded)
        {
            LogUnclear(_options.Logger, _number, acknowledgement.Symbol, acknowledgement.Error);
        }
    }

    void IFrameSink.OnTrades(string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot)
    {
        if (Beat(FrameChannel.Trade, 0, symbol, isSnapshot))
        {
            _counters.Trades += trades.Length;
            _handler.OnTrades(_number, symbol, trades, isSnapshot, _receivedAt);
        }
    }

    void IFrameSink.OnCandle(string symbol, Interval interval, in CandleRow candle, bool isSnapshot)
    {
        if (Beat(FrameChannel.Ohlc, interval.Minutes, symbol, isSnapshot))
        {
            _counters.Candles++;
            _handler.OnCandle(_number, symbol, interval, candle, isSnapshot, _receivedAt);
        }
    }

    void IFrameSink.OnTicker(string symbol, in TickerRow ticker, bool isSnapshot)
    {
        if (Beat(FrameChannel.Ticker, 0, symbol, isSnapshot))
        {
            _counters.Tickers++;
            _handler.OnTicker(_number, symbol, ticker, isSnapshot, _receivedAt);
        }
    }

    // The frame itself went to the handler before it was read.
    void IFrameSink.OnBook(string symbol, bool isSnapshot) => _counters.BookFrames += Beat(FrameChannel.Book, 0, symbol, isSnapshot) ? 1 : 0;

    void IFrameSink.OnInstruments(IReadOnlyList<Instrument> instruments, bool isSnapshot) => _handler.OnInstruments(_number, instruments, isSnapshot, _receivedAt);

    // With a machine whose clock is behind, every trade would lie in the future.
    void IFrameSink.OnExchangeTime(long nanoseconds)
    {
        var ahead = (nanoseconds / 1000) - _receivedAt;
        var wasAhead = _clockAhead > 0;
        _clockAhead = ahead > (long)ClockNoise.TotalMicroseconds ? ahead : 0;
        if (_clockAhead > 0 && !wasAhead)
        {
            LogClock(_options.Logger, _clockAhead / 1_000_000);
        }
    }

    private async Task<string> ReceiveAsync(WebSocket socket, CancellationToken abort)
    {
        using var buffer = new FrameBuffer(_options.MessageBytesMax);
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.Free(), abort).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"closed by the exchange ({(int?)socket.CloseStatus} {socket.CloseStatusDescription})");
                }

                buffer.Advance(result.Count);
                if (buffer.IsTooLarge)
                {
                    lock (_gate)
                    {
                        _counters.Malformed++;
                    }

                    return $"a message has more than {_options.MessageBytesMax:N0} bytes";
                }

                if (result.EndOfMessage)
                {
                    Take(buffer.Message);
                    buffer.Clear();
                }
            }
        }
        catch (OperationCanceledException)
        {
            return "given up";
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException)
        {
            return $"cut: {exception.GetBaseException().Message}";
        }
#pragma warning disable CA1031 // A handler that fails must not end the feed: what it did not take is fetched again, because its connection ends.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogHandler(_options.Logger, exception);
            return $"the handler failed: {exception.Message}";
        }
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            _now = _lastFrame = _clock.GetTimestamp();
            _receivedAt = UnixTime.Microseconds(_clock.GetUtcNow());
            _counters.Frames++;
            _counters.Bytes += message.Length;
            _counters.LastFrameAt = _receivedAt;
            _handler.OnFrame(_number, message, _receivedAt);
            _parser.Parse(message, (_receivedAt + _clockAhead + (long)MinuteAhead.TotalMicroseconds) * 1000, this);
            if (!IsConnected)
            {
                Greet(connectionId: 0);
            }
        }
    }

    private void Greet(ulong connectionId)
    {
        if (!IsConnected)
        {
            IsConnected = true;
            _handler.OnConnected(_number, connectionId, _receivedAt);
            Wake();
        }
    }

    // False for data that nobody asked for.
    private bool Beat(FrameChannel channel, int parameter, string symbol, bool isSnapshot)
    {
        if (_ledger.Find(channel, parameter, symbol) is not { } subscription)
        {
            _counters.Unasked++;
            _log.Tell("Data that was not asked for was ignored", symbol, []);
            return false;
        }

        // A snapshot comes for a market that stands still, too.
        if (!isSnapshot)
        {
            _ledger.Frames++;
            subscription.Beat(_now, _ledger.Frames);
        }

        return true;
    }

    private async Task<string> TendAsync(WebSocket socket, ITimer timer, CancellationToken abort, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(abort).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                {
                    return "stopped";
                }

                timer.Change(_options.Tick, _options.Tick);
                byte[]? message;
                lock (_gate)
                {
                    _now = _clock.GetTimestamp();
                    _receivedAt = UnixTime.Microseconds(_clock.GetUtcNow());
                    if (Watch() is { } reason)
                    {
                        return reason;
                    }

                    message = NextMessage();
                }

                if (message is not null)
                {
                    using var patience = new CancellationTokenSource(_options.DeadAfter, _clock);
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, patience.Token);
                    await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, either.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return abort.IsCancellationRequested ? "given up" : "dead: a message could not be sent";
        }
        catch (Exception exception) when (exception is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            return $"cut: {exception.GetBaseException().Message}";
        }
#pragma warning disable CA1031 // As in receiving.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogHandler(_options.Logger, exception);
            return $"the handler failed: {exception.Message}";
        }
    }

    // Why the connection must end, or null.
    private string? Watch()
    {
        var silence = _clock.GetElapsedTime(_lastFrame, _now);
        if (silence >= _options.DeadAfter)
        {
            return string.Create(CultureInfo.InvariantCulture, $"dead: no frame for {silence.TotalSeconds:0.#} s, no heartbeat either");
        }

        while (_requests.TryTake(out var request))
        {
            if (request.ResubscribeChannel is not { } channel)
            {
                return $"asked for: {request.Reason}";
            }

            if (_ledger.Find(channel, 0, request.Symbol) is { } subscription)
            {
                Doubt(subscription);
            }
        }

        _unanswered.Clear();
        _ledger.Expire(_now, _unanswered);
        foreach (var subscription in _unanswered)
        {
            _counters.Unanswered++;
            var channel = subscription.Topic.Channel.Name();
            LogUnanswered(_options.Logger, subscription.Symbol, channel, (long)_options.AckTimeout.TotalSeconds);
            _handler.OnUnanswered(_number, subscription.Symbol, channel, _options.AckTimeout);
        }

        return WatchSilence();
    }

    private string? WatchSilence()
    {
        foreach (var subscription in _ledger.All)
        {
            if (subscription.State != SubscriptionState.Live || subscription.Missed(_ledger.Frames) < _options.SilenceFrames)
            {
                continue;
            }

            var silence = _clock.GetElapsedTime(subscription.LastAt, _now);
            if (silence < subscription.Patience(_options.SilenceMin))
            {
                continue;
            }

            subscription.Suspect(_now, _ledger.Frames);
            _counters.Silences++;
            var channel = subscription.Topic.Channel.Name();
            LogSilent(_options.Logger, _number, subscription.Symbol, channel, (long)silence.TotalSeconds);
            _handler.OnSilent(_number, subscription.Symbol, channel, silence);

            // Once only: where a new connection did not help, the market itself stands still.
            if (subscription.Suspicions == 2)
            {
                return $"{subscription.Symbol} {channel} stays silent";
            }

            Doubt(subscription);
        }

        return null;
    }

    private byte[]? NextMessage()
    {
        if (!IsConnected)
        {
            if (_clock.GetElapsedTime(_opened, _now) < HelloWait)
            {
                return null;
            }

            Greet(connectionId: 0);
        }

        if (_clock.GetElapsedTime(_lastSent, _now) < _options.SendInterval)
        {
            return null;
        }

        if (_ledger.Next(_now) is { } request)
        {
            _lastSent = _now;
            return request.ToMessage();
        }

        if (_clock.GetElapsedTime(Math.Max(_lastFrame, _lastPing), _now) < _options.PingAfter)
        {
            return null;
        }

        _lastSent = _lastPing = _now;
        return SubscribeRequest.Ping(++_pings);
    }

    private void Doubt(Subscription subscription)
    {
        if (_ledger.Doubt(subscription))
        {
            _handler.OnUnsubscribed(_number, subscription.Symbol, subscription.Topic.Channel.Name(), _receivedAt);
        }
    }

    private void Refuse(Subscription subscription, string error)
    {
        _counters.Refused++;
        var channel = subscription.Topic.Channel.Name();
        LogRefused(_options.Logger, subscription.Symbol, channel, error);
        _handler.OnRefused(_number, subscription.Symbol, channel, error);
    }

    // The other side may be gone: its goodbye is not waited for long, and in the time of the wire, whatever the clock.
    private static async Task CloseAsync(WebSocket socket, Task receiving)
    {
        using var patience = new CancellationTokenSource(CloseWait);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, patience.Token).ConfigureAwait(false);
            await receiving.WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is aborted next.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol} {Channel} was not answered within {Waited} s; it is asked for again")]
    private static partial void LogUnanswered(ILogger logger, string symbol, string channel, long waited);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol} {Channel} was refused: {Error}")]
    private static partial void LogRefused(ILogger logger, string symbol, string channel, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connection {Connection}: a refusal without a subscription that it is about ({Symbol}): {Error}")]
    private static partial void LogUnclear(ILogger logger, int connection, string? symbol, string? error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connection {Connection}: {Symbol} {Channel} brought nothing for {Silence} s while others went on; it is subscribed again")]
    private static partial void LogSilent(ILogger logger, int connection, string symbol, string channel, long silence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This machine's clock is {Behind} s behind the exchange's; set it")]
    private static partial void LogClock(ILogger logger, long behind);

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler of the live feed failed; its connection is made anew")]
    private static partial void LogHandler(ILogger logger, Exception exception);
}
