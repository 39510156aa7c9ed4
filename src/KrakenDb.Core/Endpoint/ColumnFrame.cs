using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace KrakenDb;

/// <summary>
/// A batch of rows on the wire: a header of 24 bytes, then column after column, all little-endian. The header: <c>KDBF</c>, version (2 bytes), kind (2),
/// rows (4), CRC-32C of what follows the header (4), its length (8). Columns are copied from and into the batch's arrays, no value is looked at.
/// </summary>
internal static class ColumnFrame
{
    public const string ContentType = "application/vnd.krakendb.columns";
    public const int HeaderLength = 24;
    private const ushort Version = 1;
    private const int BufferSize = 1 << 17;

    /// <summary>The bytes of one column.</summary>
    public delegate Span<byte> Column();

    private static ReadOnlySpan<byte> Magic => "KDBF"u8;

    public static Column Of<T>(T[] values, int count)
        where T : unmanaged => () => MemoryMarshal.AsBytes(values.AsSpan(0, count));

    /// <summary>Writes one frame. The stream is not flushed.</summary>
    public static async Task WriteAsync(Stream stream, FrameKind kind, int rows, IReadOnlyList<Column> columns, CancellationToken cancellationToken)
    {
        RequireLittleEndian();
        var checksum = uint.MaxValue;
        long length = 0;
        foreach (var column in columns)
        {
            var bytes = column();
            checksum = Checksum(checksum, bytes);
            length += bytes.Length;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            WriteHeader(buffer, kind, rows, ~checksum, length);
            var used = HeaderLength;
            foreach (var column in columns)
            {
                for (var at = 0; at < column().Length;)
                {
                    var part = Math.Min(BufferSize - used, column().Length - at);
                    column().Slice(at, part).CopyTo(buffer.AsSpan(used));
                    at += part;
                    used += part;
                    if (used == BufferSize)
                    {
                        await stream.WriteAsync(buffer.AsMemory(0, used), cancellationToken).ConfigureAwait(false);
                        used = 0;
                    }
                }
            }

            await stream.WriteAsync(buffer.AsMemory(0, used), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a header.</summary>
    /// <exception cref="InvalidDataException">No frame of this kind and version.</exception>
    public static async Task<FrameHeader> ReadHeaderAsync(Stream stream, FrameKind kind, CancellationToken cancellationToken)
    {
        RequireLittleEndian();
        var header = new byte[HeaderLength];
        await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
        return ParseHeader(header, kind);
    }

    /// <summary>Fills the columns and compares the checksum.</summary>
    /// <exception cref="InvalidDataException">What came is not what was sent.</exception>
    /// <exception cref="EndOfStreamException">The frame is cut off.</exception>
    public static async Task ReadAsync(Stream stream, FrameHeader header, IReadOnlyList<Column> columns, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var checksum = uint.MaxValue;
            foreach (var column in columns)
            {
                for (var at = 0; at < column().Length;)
                {
                    var part = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(BufferSize, column().Length - at)), cancellationToken).ConfigureAwait(false);
                    if (part == 0)
                    {
                        throw new EndOfStreamException("The frame is cut off.");
                    }

                    checksum = Checksum(checksum, buffer.AsSpan(0, part));
                    buffer.AsSpan(0, part).CopyTo(column()[at..]);
                    at += part;
                }
            }

            if (~checksum != header.Checksum)
            {
                throw new InvalidDataException($"The checksum of {header.Rows} rows is {~checksum:x8}, not {header.Checksum:x8}.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // CRC-32C without the inversions at both ends, which are the caller's.
    private static uint Checksum(uint checksum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var single in bytes)
        {
            checksum = BitOperations.Crc32C(checksum, single);
        }

        return checksum;
    }

    private static void WriteHeader(Span<byte> header, FrameKind kind, int rows, uint checksum, long length)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)kind);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], rows);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], checksum);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], length);
    }

    private static FrameHeader ParseHeader(ReadOnlySpan<byte> header, FrameKind kind)
    {
        if (!header.StartsWith(Magic))
        {
            throw new InvalidDataException("What came is no frame of columns.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) is var version and not Version)
        {
            throw new InvalidDataException($"The frame has version {version}; this program reads version {Version}. Use the same version of kraken-db on both sides.");
        }

        var rows = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        var length = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) != (ushort)kind || rows < 0 || length < 0)
        {
            throw new InvalidDataException($"The frame holds no {kind}.");
        }

        return new FrameHeader(rows, BinaryPrimitives.ReadUInt32LittleEndian(header[12..]), length);
    }

    // DuckDB's library, which one end needs anyway, is shipped for little-endian platforms only.
    private static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Frames of columns are exchanged between little-endian machines only.");
        }
    }
}

/// <summary>What the rows of a frame are.</summary>
internal enum FrameKind : ushort
{
    Candles = 1,
    Trades = 2,
}

/// <param name="Rows">How many.</param>
/// <param name="Checksum">CRC-32C of the payload.</param>
/// <param name="Length">Bytes of the payload.</param>
internal readonly record struct FrameHeader(int Rows, uint Checksum, long Length);
