namespace KrakenDb.Simulator;

/// <summary>
/// The recorded books of a market, one recording after the other, as they changed: the frames of some thousand messages in memory. Every checksum is computed again on the way.
/// </summary>
/// <param name="history">The store's.</param>
/// <param name="recordings">Of one market, by start; not empty.</param>
/// <param name="end">What was received at that time or later does not happen; nanoseconds since 1970.</param>
internal sealed class ReplayBook(OrderBookHistory history, IReadOnlyList<CaptureSession> recordings, long end) : IAsyncDisposable
{
    private const int WindowFrames = 2_048;

    private int _recording = -1;
    private BookBatch _batch = new(0);
    private int _at;
    private long _from;
    private long _position;
    private bool _isOpened;
    private byte[] _buffer = new byte[1024];

    /// <summary>When something happens next; nanoseconds since 1970, the largest number where nothing does.</summary>
    public long NextTime { get; private set; }

    /// <summary>The book after what happened last; null before the first recording.</summary>
    public BookChain? Chain { get; private set; }

    /// <summary>The depth that was subscribed when this was recorded.</summary>
    public int Depth => recordings[_recording].Depth!.Value;

    /// <summary>Of the last message: the exchange's time, else when it was received; nanoseconds since 1970.</summary>
    public long Time { get; private set; }

    public string Symbol => recordings[0].Symbol;

    public IBookWire Wire { get; } = history.CreateWire();

    /// <summary>The bytes of the frame that happened last, as they came.</summary>
    public ReadOnlySpan<byte> Raw => _batch.Frame(_batch.Rows[_at], Wire, ref _buffer);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Takes the book of a time; what happened up to then is in it.</summary>
    public async Task StartAsync(long position, CancellationToken cancellationToken)
    {
        _position = position;
        await OpenNextAsync(cancellationToken).ConfigureAwait(false);
        _isOpened = false;
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What happens at <see cref="NextTime"/>; <see cref="AdvanceAsync"/> comes after it.</summary>
    /// <exception cref="MarketStoreException">A checksum that was right when it was recorded is wrong now.</exception>
    public ReplayBookEvent Take()
    {
        _position = NextTime;
        if (_isOpened)
            return ReplayBookEvent.Opened;

        ref readonly var row = ref _batch.Rows[_at];
        OrderBookHistory.Apply(Chain!, _batch, row);
        if (row.Kind is not (BookFrameKind.Snapshot or BookFrameKind.Update))
            return ReplayBookEvent.Other;

        Time = row.ExchangeTime ?? row.ReceivedTime;
        return row.Kind == BookFrameKind.Snapshot ? ReplayBookEvent.Snapshot : ReplayBookEvent.Update;
    }

    public ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        if (_isOpened)
            _isOpened = false;
        else
            _at++;
        return PrepareAsync(cancellationToken);
    }

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        while (!_isOpened && _recording < recordings.Count && _at == _batch.Count)
        {
            var last = recordings[_recording].LastSequence + 1;
            if (_from >= last)
            {
                await OpenNextAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            var to = Math.Min(last, _from + WindowFrames);
            (_batch, _at) = (await history.Archive.ReadFramesAsync(recordings[_recording].SessionId, _from, to, Symbol, cancellationToken).ConfigureAwait(false), 0);
            _from = to;
        }

        NextTime = _isOpened ? _position : _recording == recordings.Count ? long.MaxValue : Math.Max(_position, _batch.Rows[_at].ReceivedTime);
        NextTime = NextTime >= end ? long.MaxValue : NextTime;
    }

    // Where two recordings of a market overlap, the second goes on when the first ends.
    private async Task OpenNextAsync(CancellationToken cancellationToken)
    {
        do
            _recording++;
        while (_recording < recordings.Count && (UnixTime.Microseconds(recordings[_recording].EndTime) + 1) * 1000 <= _position);
        (_batch, _at, _isOpened) = (new BookBatch(0), 0, false);
        if (_recording == recordings.Count)
            return;

        var session = recordings[_recording];
        var isRunning = UnixTime.Microseconds(session.StartTime) * 1000 <= _position;
        var (chain, state) = isRunning
            ? await history.SeekAsync(session, _position, byExchangeTime: false, long.MaxValue, cancellationToken).ConfigureAwait(false)
            : (new BookChain(session.Depth!.Value, Wire), null);
        _from = state is null ? session.FirstSequence : state.Sequence + 1;
        _isOpened = state is not null;
        Chain = state is null ? new BookChain(session.Depth!.Value, Wire) : chain;
        Time = WireTime.Nanoseconds(state?.ExchangeTime ?? state?.ReceivedTime ?? DateTimeOffset.UnixEpoch);
    }
}
