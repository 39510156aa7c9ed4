using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace KrakenDb.Simulator;

/// <summary>The socket of one WebSocket connection: what the client sent waits here in a bounded queue, and who takes nothing for a while is dropped.</summary>
/// <param name="stream">After the handshake.</param>
/// <param name="slowAfter">How long the client may take nothing of what it is sent.</param>
/// <param name="abort">Ends the connection without a close frame.</param>
internal sealed class FeedLink(Stream stream, TimeSpan slowAfter, Action abort)
{
    private const int RequestsMax = 10_000;

    private readonly ConcurrentQueue<(FrameKind Kind, byte[] Payload)> _received = new();

    /// <summary>A close frame is on its way, or a fault that ends the connection: the client's own close frame needs no answer.</summary>
    public bool IsEnding { get; set; }

    /// <summary>A close frame was written; the client gets a second to answer it.</summary>
    public bool IsClosing { get; private set; }

    public bool TryTake(out (FrameKind Kind, byte[] Payload) frame) => _received.TryDequeue(out frame);

    public void Abort() => abort();

    /// <summary>Reads while <paramref name="send"/> writes; gives why the connection ended, null where <paramref name="send"/> knows.</summary>
    public async Task<string?> RunAsync(Func<CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(over);
        try
        {
            await send(over.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return "by the client";
        }
        catch (TimeoutException)
        {
            abort();
            return "too slow";
        }
        finally
        {
            if (IsClosing)
                await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
    }

    public void Close(FrameBuffer buffer, int code)
    {
        Span<byte> payload = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Close(buffer, payload);
    }

    /// <summary>The answer to a client's close frame has its code.</summary>
    public void Close(FrameBuffer buffer, ReadOnlySpan<byte> payload)
    {
        buffer.Frame(FrameKind.Close, isLast: true, payload[..Math.Min(2, payload.Length)]);
        IsClosing = IsEnding = true;
    }

    /// <exception cref="TimeoutException">The client takes nothing.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var writing = stream.WriteAsync(bytes, cancellationToken);
        if (writing.IsCompletedSuccessfully)
            await writing.ConfigureAwait(false);
        else
            await writing.AsTask().WaitAsync(slowAfter, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReadAsync(CancellationTokenSource over)
    {
        try
        {
            var frames = new ClientFrames(stream);
            while (await frames.NextAsync(over.Token).ConfigureAwait(false) is { } frame && _received.Count < RequestsMax)
            {
                _received.Enqueue(frame);
                if (frame.Kind == FrameKind.Close && IsEnding)
                    return;
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is gone; the sender learns it here.
        }

        await over.CancelAsync().ConfigureAwait(false);
    }
}
