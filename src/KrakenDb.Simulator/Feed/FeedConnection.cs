namespace KrakenDb.Simulator;

/// <summary>
/// One WebSocket connection. What it sends is drawn while it sends: a client that reads slowly is told late, costs no memory and
/// hinders nobody, and is dropped when it takes nothing for a while.
/// </summary>
internal sealed class FeedConnection : IDisposable
{
    private const int FlushBytes = 1 << 16;
    private const int PieceMax = 48;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan JoinedFor = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(60);

    private readonly ExchangeFeed _exchange;
    private readonly FeedLink _link;
    private readonly FeedRecord _record;
    private readonly FeedWriter _writer;
    private readonly FeedAnswers _answers;
    private readonly FeedSubscriptions _subscriptions;
    private readonly Func<bool> _isEnough;
    private FeedFault? _ending;
    private string _status;
    private long _nextHeartbeat;
    private long _lastRequest;
    private long _joinedUntil;

    public FeedConnection(ExchangeFeed exchange, Stream stream, FeedRecord record, SentLog? log, Action abort)
    {
        (_exchange, _record) = (exchange, record);
        _link = new FeedLink(stream, exchange.SlowClientAfter, abort);
        _writer = new FeedWriter(record, log, record.ConnectionId);
        _answers = new FeedAnswers(_writer);
        _subscriptions = new FeedSubscriptions(exchange, _writer, _answers, record, Strike, exchange.Now());
        _isEnough = () => _writer.Buffer.Length >= FlushBytes || _ending is not null;
        _status = exchange.Status;
        _lastRequest = exchange.ClientTime();
    }

    public void Dispose() => _subscriptions.Dispose();

    public async Task RunAsync(CancellationToken cancellationToken) => _record.Ended = await _link.RunAsync(SendAsync, cancellationToken).ConfigureAwait(false);

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        _answers.Status(_record.ConnectionId, _status);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        using var timer = new PeriodicTimer(Tick, TimeProvider.System);
        while (!_link.IsClosing && await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var now = _exchange.Now();
            await AdvanceAsync(now, cancellationToken).ConfigureAwait(false);
            if (_ending is null)
                Answer(now);
            if (_ending is { } fault && !await GoOnAsync(fault, cancellationToken).ConfigureAwait(false))
                return;
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask AdvanceAsync(long now, CancellationToken cancellationToken)
    {
        if (_subscriptions.HasAny && _exchange.Faults.NextOfConnection() is { } fault)
            Strike(fault, symbol: null, trades: null);
        if (_exchange.Status == "maintenance")
        {
            _subscriptions.Pass(now);
            return;
        }

        while (!_subscriptions.Advance(now, _isEnough) && _ending is null)
            await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Answer(long now)
    {
        var clientTime = _exchange.ClientTime();
        _writer.Release(symbol: null, clientTime);
        if (_status != _exchange.Status)
        {
            _status = _exchange.Status;
            _answers.Status(_record.ConnectionId, _status);
        }

        _subscriptions.Begin(now);
        while (_link.TryTake(out var frame))
        {
            _lastRequest = clientTime;
            Answer(frame.Kind, frame.Payload, now);
        }

        Beat(clientTime);
    }

    private void Answer(FrameKind kind, byte[] payload, long now)
    {
        switch (kind)
        {
            case FrameKind.Close:
                _link.Close(_writer.Buffer, payload);
                _record.Ended = "closed by the client";
                break;
            case FrameKind.Ping:
                _writer.Buffer.Frame(FrameKind.Pong, isLast: true, payload);
                break;
            case FrameKind.Text:
                Answer(FeedRequest.Read(payload), now);
                break;
        }
    }

    private void Answer(FeedRequest? request, long now)
    {
        switch (request?.Method)
        {
            case "ping":
                _answers.Pong(request, now);
                break;
            case "subscribe":
                _subscriptions.Subscribe(request, now);
                break;
            case "unsubscribe":
                _subscriptions.Unsubscribe(request, now);
                break;
            case null:
                _answers.Failure(request, "Malformed request", symbol: null, now);
                break;
            default:
                _answers.Failure(request, "Unsupported method", symbol: null, now);
                break;
        }
    }

    /// <summary>Once a second, whether or not there is data, from the first subscription on; who never subscribes nor speaks is sent away.</summary>
    private void Beat(long clientTime)
    {
        if (!_subscriptions.HadAny)
        {
            if (clientTime - _lastRequest > _exchange.ClientUnits(IdleMax))
                Close(1000, "idle");
            return;
        }

        var second = _exchange.ClientUnits(TimeSpan.FromSeconds(1));
        if (_nextHeartbeat == 0)
            _nextHeartbeat = clientTime + second;
        if (clientTime < _nextHeartbeat)
            return;

        _answers.Heartbeat();
        _nextHeartbeat = Math.Max(_nextHeartbeat + second, clientTime + (second / 2));
    }

    private void Strike(FeedFault fault, string? symbol, IdRange? trades)
    {
        _record.AddFault(new(DateTimeOffset.UnixEpoch.AddTicks(_exchange.Now() / 100), fault, symbol, trades));
        switch (fault)
        {
            case FeedFault.CutConnection or FeedFault.HalfOpen or FeedFault.GoingAway or FeedFault.ServiceRestart:
                _ending = fault;
                _link.IsEnding = true;
                break;
            case FeedFault.Fragments:
                _writer.Fragment();
                break;
            case FeedFault.Joined:
                _joinedUntil = TimeProvider.System.GetTimestamp() + (long)(JoinedFor.TotalSeconds * TimeProvider.System.TimestampFrequency);
                break;
            case FeedFault.WrongChecksum:
                _writer.WrongChecksum = true;
                break;
            case FeedFault.MalformedJson:
                _writer.Send("{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/U"u8);
                break;
            case FeedFault.UnknownChannel:
                _writer.Send("{\"channel\":\"weather\",\"type\":\"update\",\"data\":[{\"sky\":\"clear\"}]}"u8);
                break;
        }
    }

    /// <summary>Carries out a fault that ends the connection, or seems to; false when it has ended.</summary>
    private async Task<bool> GoOnAsync(FeedFault fault, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case FeedFault.CutConnection:
                _answers.Heartbeat();
                _record.Ended = "cut";
                await _link.WriteAsync(_writer.Buffer.Written[..(_writer.Buffer.Length - 5)], cancellationToken).ConfigureAwait(false);
                _link.Abort();
                return false;
            case FeedFault.HalfOpen:
                // Until the client gives up.
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                return false;
            default:
                Close(fault == FeedFault.GoingAway ? 1001 : 1012, fault.ToString());
                return true;
        }
    }

    private void Close(int code, string reason)
    {
        _link.Close(_writer.Buffer, code);
        _record.Ended = reason;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var buffer = _writer.Buffer;
        if (buffer.Length == 0 || (TimeProvider.System.GetTimestamp() < _joinedUntil && !_link.IsClosing && buffer.Length < FlushBytes * 16))
            return;

        if (!_writer.InPieces)
        {
            await _link.WriteAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var most = Math.Max(PieceMax, buffer.Length / 100);
            for (var at = 0; at < buffer.Length;)
            {
                var length = Math.Min(_writer.PieceLength(most), buffer.Length - at);
                await _link.WriteAsync(buffer.Written.Slice(at, length), cancellationToken).ConfigureAwait(false);
                at += length;
            }
        }

        _writer.Flushed();
    }
}
