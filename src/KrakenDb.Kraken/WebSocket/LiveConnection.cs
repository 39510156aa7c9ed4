using System.Net;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Kraken;

/// <summary>One connection to the WebSocket with its symbols: made again whenever it is lost, until it is cancelled.</summary>
internal sealed partial class LiveConnection
{
    private readonly int _number;
    private readonly ILiveFeedHandler _handler;
    private readonly KrakenLiveFeedOptions _options;
    private readonly SubscriptionLedger _ledger;
    private readonly FrameParserSource _parts;
    private readonly FeedRequests _requests = new();
    private readonly ConnectBudget _budget;
    private readonly ReconnectSchedule _schedule;
    private LiveSession? _session;

    public LiveConnection(int number, IReadOnlyList<string> symbols, LiveSubscription subscription, ILiveFeedHandler handler, FeedCounters counters, FeedLog log, KrakenLiveFeedOptions options)
    {
        (_number, _handler, _options) = (number, handler, options);
        _ledger = new SubscriptionLedger(symbols, subscription, isFirst: number == 0, options);
        _budget = ConnectBudget.OfHost(options.Address, options.ConnectsPerTenMinutes, options.TimeProvider);
        _schedule = new ReconnectSchedule(options, number);
        var names = new NameTable();
        foreach (var symbol in symbols)
        {
            names.Add(symbol);
        }

        _parts = new FrameParserSource(counters, log, new FrameParser(counters, log, names));
    }

    private FeedCounters Counters => _parts.Counters;

    /// <exception cref="OperationCanceledException">Cancelled; the socket was closed before.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isMaintenance = false;
        while (true)
        {
            await _budget.WaitAsync(cancellationToken).ConfigureAwait(false);
            var started = _options.TimeProvider.GetTimestamp();
            using var socket = new ClientWebSocket();
            var (error, isBanned) = await ConnectAsync(socket, cancellationToken).ConfigureAwait(false);
            var lasted = TimeSpan.Zero;
            if (error is null)
            {
                (error, isMaintenance) = await UseAsync(socket, cancellationToken).ConfigureAwait(false);
                lasted = _options.TimeProvider.GetElapsedTime(started);
            }
            else
            {
                Counters.FailedConnects++;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var delay = _schedule.Next(lasted, isMaintenance, isBanned);
            LogLost(_options.Logger, _number, _options.Address, error, (long)delay.TotalMilliseconds);
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Request(FeedRequest request)
    {
        _requests.Add(request);
        Volatile.Read(ref _session)?.Wake();
    }

    /// <inheritdoc cref="LiveSession.SilentFor"/>
    public TimeSpan? SilentFor(string symbol) => Volatile.Read(ref _session)?.SilentFor(symbol);

    private async Task<(string? Error, bool IsBanned)> ConnectAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        socket.Options.CollectHttpResponseDetails = true;

        // Pings are messages here, which Kraken's servers answer and count as traffic.
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.SetRequestHeader("User-Agent", "kraken-db");
        using var patience = new CancellationTokenSource(_options.ConnectTimeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await socket.ConnectAsync(_options.Address, either.Token).ConfigureAwait(false);
            return (null, false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ($"no connection within {_options.ConnectTimeout.TotalSeconds:0.#} s", false);
        }
        catch (Exception exception) when (exception is WebSocketException or HttpRequestException or IOException)
        {
            return (exception.GetBaseException().Message, socket.HttpStatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.Forbidden);
        }
    }

    private async Task<(string Reason, bool IsMaintenance)> UseAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        _requests.Clear();
        using var session = new LiveSession(_number, _ledger, _handler, _parts, _requests, _options);
        if (Counters.Connects++ > 0)
        {
            Counters.Reconnects++;
        }

        Volatile.Write(ref Counters.IsOpen, 1);
        Volatile.Write(ref _session, session);
        LogConnected(_options.Logger, _number, _options.Address);
        var reason = await session.RunAsync(socket, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _session, null);
        Volatile.Write(ref Counters.IsOpen, 0);
        if (session.IsConnected)
        {
            Tell(reason);
        }

        return (reason, session.System.Length > 0 && session.System != "online");
    }

    private void Tell(string reason)
    {
        try
        {
            _handler.OnDisconnected(_number, reason, UnixTime.Microseconds(_options.TimeProvider.GetUtcNow()));
        }
#pragma warning disable CA1031 // There is no connection left to end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogHandler(_options.Logger, exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {Connection} to {Address} is open")]
    private static partial void LogConnected(ILogger logger, int connection, Uri address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connection {Connection} to {Address} is lost: {Reason}. Again in {Delay} ms")]
    private static partial void LogLost(ILogger logger, int connection, Uri address, string? reason, long delay);

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler of the live feed failed when it was told of a lost connection")]
    private static partial void LogHandler(ILogger logger, Exception exception);
}
