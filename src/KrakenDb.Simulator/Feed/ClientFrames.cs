using System.Buffers.Binary;

namespace KrakenDb.Simulator;

/// <summary>What a client sends over WebSocket (RFC 6455): masked, possibly in fragments.</summary>
internal sealed class ClientFrames(Stream stream)
{
    /// <summary>A request of Kraken's fits many times; more is not read.</summary>
    private const int MessageMax = 1 << 20;

    private readonly byte[] _header = new byte[14];

    /// <summary>The next message, its fragments put together, or control frame; null at the end or where the client breaks the protocol.</summary>
    public async ValueTask<(FrameKind Kind, byte[] Payload)?> NextAsync(CancellationToken cancellationToken)
    {
        FrameKind? begun = null;
        byte[] text = [];
        while (true)
        {
            if (await FrameAsync(cancellationToken).ConfigureAwait(false) is not { } frame)
                return null;
            if (frame.Kind >= FrameKind.Close)
                return (frame.Kind, frame.Payload);
            if ((frame.Kind == FrameKind.Continuation) != (begun is not null) || text.Length + frame.Payload.Length > MessageMax)
                return null;

            begun ??= frame.Kind;
            text = [.. text, .. frame.Payload];
            if (frame.IsLast)
                return (begun.Value, text);
        }
    }

    private async ValueTask<(FrameKind Kind, bool IsLast, byte[] Payload)?> FrameAsync(CancellationToken cancellationToken)
    {
        const int maskBytes = 4;
        if (!await ReadAsync(_header.AsMemory(0, 2), cancellationToken).ConfigureAwait(false))
            return null;

        var isMasked = (_header[1] & 0x80) != 0;
        long length = _header[1] & 0x7F;
        var extra = length switch { 126 => 2, 127 => 8, _ => 0 };
        if (!isMasked || !await ReadAsync(_header.AsMemory(2, extra + maskBytes), cancellationToken).ConfigureAwait(false))
            return null;

        if (extra == 2)
            length = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2));
        else if (extra == 8)
            length = BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(2));
        if (length is < 0 or > MessageMax)
            return null;

        var payload = new byte[length];
        if (!await ReadAsync(payload, cancellationToken).ConfigureAwait(false))
            return null;
        for (var i = 0; i < payload.Length; i++)
            payload[i] ^= _header[2 + extra + (i % maskBytes)];
        return ((FrameKind)(_header[0] & 0x0F), (_header[0] & 0x80) != 0, payload);
    }

    private async ValueTask<bool> ReadAsync(Memory<byte> target, CancellationToken cancellationToken) =>
        await stream.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) == target.Length;
}
