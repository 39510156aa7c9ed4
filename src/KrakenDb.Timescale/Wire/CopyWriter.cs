using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace KrakenDb.Timescale.Wire;

/// <summary>Rows in PostgreSQL's binary COPY format, straight from columns of scaled integers.</summary>
internal sealed class CopyWriter : IAsyncDisposable
{
    private const int BufferBytes = 256 * 1024;
    private const int NullBytes = 4;
    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly NpgsqlRawCopyStream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _at;
    private bool _isComplete;

    private CopyWriter(NpgsqlRawCopyStream stream)
    {
        _stream = stream;
        Signature.CopyTo(_buffer, 0);
        _at = Signature.Length;
    }

    /// <param name="connection">Used by nothing else until disposal.</param>
    /// <param name="target"><c>table (columns)</c>: a constant of this program.</param>
    /// <param name="cancellationToken"></param>
    public static async Task<CopyWriter> BeginAsync(NpgsqlConnection connection, string target, CancellationToken cancellationToken) =>
        new(await connection.BeginRawBinaryCopyAsync($"COPY {target} FROM STDIN (FORMAT binary)", cancellationToken).ConfigureAwait(false));

    /// <summary>Whether a row of that many bytes must wait for <see cref="FlushAsync"/>.</summary>
    public bool IsFull(int bytes) => _buffer.Length - _at < bytes;

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_buffer.AsMemory(0, _at), cancellationToken).ConfigureAwait(false);
        _at = 0;
    }

    public void BeginRow(short fields)
    {
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_at), fields);
        _at += 2;
    }

    /// <summary>A field that was encoded before, length included.</summary>
    public void Encoded(ReadOnlySpan<byte> field)
    {
        field.CopyTo(_buffer.AsSpan(_at));
        _at += field.Length;
    }

    public void Null()
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), -1);
        _at += 4;
    }

    public void Int16(short value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), 2);
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_at + 4), value);
        _at += 6;
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), 8);
        BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(_at + 4), value);
        _at += 12;
    }

    public void Timestamp(long microseconds) => Int64(PgTime.ToWire(microseconds));

    public void Price(long scaled) => _at += PgNumeric.Write(_buffer.AsSpan(_at), scaled);

    public void Volume(Int128 scaled) => _at += PgNumeric.Write(_buffer.AsSpan(_at), scaled);

    public void Boolean(bool value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), 1);
        _buffer[_at + 4] = value ? (byte)1 : (byte)0;
        _at += 5;
    }

    /// <summary>A field of any length, which may be longer than the buffer; a <see cref="Null"/> has room behind it. A <c>jsonb</c> begins with its version, a byte of 1.</summary>
    public async ValueTask BytesAsync(ReadOnlyMemory<byte> value, bool isJson, CancellationToken cancellationToken)
    {
        if (IsFull(5 + Math.Min(value.Length, BufferBytes / 2) + NullBytes))
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), value.Length + (isJson ? 1 : 0));
        _at += 4;
        if (isJson)
        {
            _buffer[_at++] = 1;
        }

        if (value.Length > BufferBytes / 2)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            await _stream.WriteAsync(value, cancellationToken).ConfigureAwait(false);
            return;
        }

        value.CopyTo(_buffer.AsMemory(_at));
        _at += value.Length;
    }

    public void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_at + 4));
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_at), bytes);
        _at += 4 + bytes;
    }

    /// <summary>Ends the copy; without it disposal takes everything back.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (IsFull(2))
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_at), -1);
        _at += 2;
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        _isComplete = true;

        // The server's verdict (a full disk, a repeated key) arrives with the end of the stream.
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        if (!_isComplete)
        {
            try
            {
                await _stream.CancelAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or ObjectDisposedException or IOException)
            {
                // The connection is gone or the copy has ended already; the first exception says why.
            }

            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
