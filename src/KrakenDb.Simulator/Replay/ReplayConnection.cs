namespace KrakenDb.Simulator;

/// <summary>
/// One WebSocket connection. What it sends is read while it sends: a client that reads slowly is told late, costs no memory, and is dropped when it takes nothing for a
/// while. Within a connection time never goes back: a seek ends it.
/// </summary>
internal sealed class ReplayConnection : IAsyncDisposable
{
    private const int FlushBytes = 1 << 16;
    private const int ServiceRestart = 1012;
    private const int InternalError = 1011;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan OthersTick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(1);

    private readonly ReplayServerOptions _options;
    private readonly ReplayClock _clock;
    private readonly FeedLink _link;
    private readonly FeedWriter _writer;
    private readonly FeedAnswers _answers;
    private readonly ReplaySubscriptions _subscriptions;
    private readonly ulong _id;
    private readonly int _seeks;
    private long? _lastHeartbeat;

    public ReplayConnection(ReplayServerOptions options, ReplayClock clock, ReplayMarkets markets, Stream stream, ulong id, Action abort)
    {
        (_options, _clock, _id, _seeks) = (options, clock, id, clock.Read().Seeks);
        _link = new FeedLink(stream, options.SlowClientAfter, abort);
        _writer = new FeedWriter(new FeedRecord(id, clock.GetUtcNow()), log: null, id);
        _answers = new FeedAnswers(_writer);
        _subscriptions = new ReplaySubscriptions(markets, _writer, _answers);
    }

    public ValueTask DisposeAsync()
    {
        _clock.Leave(this);
        return _subscriptions.DisposeAsync();
    }

    public Task RunAsync(CancellationToken cancellationToken) => _link.RunAsync(SendAsync, cancellationToken);

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        _answers.Status(_id, "online");
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!_link.IsClosing)
                await StepAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MarketStoreException exception)
        {
            // Half a message must not go out.
            _writer.Buffer.Clear();
            _options.Failed?.Invoke(exception.Message);
            _link.Close(_writer.Buffer, InternalError);
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        var (now, seeks) = _clock.Read();
        while (seeks == _seeks && !await _subscriptions.AdvanceAsync(now, () => _writer.Buffer.Length >= FlushBytes, cancellationToken).ConfigureAwait(false))
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            seeks = _clock.Read().Seeks;
        }

        if (seeks != _seeks)
        {
            _link.Close(_writer.Buffer, ServiceRestart);
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var isAsked = await AnswerAsync(now, cancellationToken).ConfigureAwait(false);
        Beat();
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        if (isAsked || _link.IsClosing)
            return;

        if (_subscriptions.HadAny)
        {
            _clock.Join(this);
            if (_clock.CaughtUp(this, now, _subscriptions.NextTime))
                return;
        }

        await Task.Delay(_clock.Speed == 0 ? OthersTick : Tick, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> AnswerAsync(long now, CancellationToken cancellationToken)
    {
        var isAsked = false;
        while (_link.TryTake(out var frame))
        {
            isAsked = true;
            switch (frame.Kind)
            {
                case FrameKind.Close:
                    _link.Close(_writer.Buffer, frame.Payload);
                    return true;
                case FrameKind.Ping:
                    _writer.Buffer.Frame(FrameKind.Pong, isLast: true, frame.Payload);
                    break;
                case FrameKind.Text:
                    await AnswerAsync(FeedRequest.Read(frame.Payload), now, cancellationToken).ConfigureAwait(false);
                    break;
            }

            if (_writer.Buffer.Length >= FlushBytes)
                await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        return isAsked;
    }

    private Task AnswerAsync(FeedRequest? request, long now, CancellationToken cancellationToken)
    {
        switch (request?.Method)
        {
            case "subscribe":
                return _subscriptions.SubscribeAsync(request, now, cancellationToken);
            case "unsubscribe":
                return _subscriptions.UnsubscribeAsync(request, now);
            case "ping":
                _answers.Pong(request, now);
                break;
            default:
                _answers.Failure(request, request?.Method is null ? "Malformed request" : "Unsupported method", symbol: null, now);
                break;
        }

        return Task.CompletedTask;
    }

    /// <summary>Once a second of the client's time from the first subscription on, whatever the replay's clock does.</summary>
    private void Beat()
    {
        if (!_subscriptions.HadAny)
            return;

        var time = _options.TimeProvider.GetTimestamp();
        _lastHeartbeat ??= time;
        if (_options.TimeProvider.GetElapsedTime(_lastHeartbeat.Value, time) < HeartbeatEvery)
            return;

        _answers.Heartbeat();
        _lastHeartbeat = time;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_writer.Buffer.Length == 0)
            return;

        await _link.WriteAsync(_writer.Buffer.Written, cancellationToken).ConfigureAwait(false);
        _writer.Flushed();
    }
}
