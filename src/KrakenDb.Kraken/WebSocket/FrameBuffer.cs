using System.Buffers;

namespace KrakenDb.Kraken;

/// <summary>Puts a message together from the pieces in which it comes; grows to the largest message and stays.</summary>
/// <param name="bytesMax">Of one message.</param>
internal sealed class FrameBuffer(int bytesMax) : IDisposable
{
    private const int BytesFirst = 64 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(BytesFirst, bytesMax));
    private int _count;

    /// <summary>What has been received of the message.</summary>
    public ReadOnlySpan<byte> Message => _bytes.AsSpan(0, _count);

    /// <summary>The message is larger than any may be.</summary>
    public bool IsTooLarge => _count > bytesMax;

    /// <summary>Where the next piece goes; never empty.</summary>
    public Memory<byte> Free()
    {
        if (_count == _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_count * 2);
            Message.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsMemory(_count);
    }

    public void Advance(int count) => _count += count;

    public void Clear() => _count = 0;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _count = 0;
    }
}
