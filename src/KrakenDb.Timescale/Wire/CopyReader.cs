using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace KrakenDb.Timescale.Wire;

/// <summary>The rows of a query in binary COPY format, without an object per row. Rows are taken with <see cref="TryNext"/> until <see cref="FillAsync"/> says that there are no more.</summary>
internal sealed class CopyReader : IAsyncDisposable
{
    private const int FieldsMax = 16;
    private const int SignatureBytes = 19;

    private readonly NpgsqlRawCopyStream _stream;
    private readonly int[] _starts = new int[FieldsMax];
    private readonly int[] _lengths = new int[FieldsMax];
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
    private int _at;
    private int _end;
    private bool _isStarted;
    private bool _isDone;

    private CopyReader(NpgsqlRawCopyStream stream) => _stream = stream;

    /// <param name="connection">Used by nothing else until disposal.</param>
    /// <param name="query">COPY takes no parameters: values come as literals of <see cref="SqlLiteral"/> and <see cref="PgTime"/>.</param>
    /// <param name="cancellationToken"></param>
    public static async Task<CopyReader> BeginAsync(NpgsqlConnection connection, string query, CancellationToken cancellationToken) =>
        new(await connection.BeginRawBinaryCopyAsync($"COPY ({query}) TO STDOUT (FORMAT binary)", cancellationToken).ConfigureAwait(false));

    /// <summary>Moves to the next row that has arrived whole.</summary>
    public bool TryNext()
    {
        var at = _at;
        if (!_isStarted)
        {
            if (_end - at < SignatureBytes)
            {
                return false;
            }

            at = SignatureBytes;
            _isStarted = true;
            _at = at;
        }

        if (_isDone || _end - at < 2)
        {
            return false;
        }

        var fields = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(at));
        if (fields < 0)
        {
            _isDone = true;
            return false;
        }

        at += 2;
        for (var field = 0; field < fields; field++)
        {
            if (_end - at < 4)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(at));
            at += 4;
            _starts[field] = at;
            _lengths[field] = length;
            if (length > 0)
            {
                at += length;
                if (at > _end)
                {
                    return false;
                }
            }
        }

        _at = at;
        return true;
    }

    /// <summary>Waits for more; false at the end.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_at > 0)
        {
            _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
            _end -= _at;
            _at = 0;
        }

        if (_end == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    public bool IsNull(int field) => _lengths[field] < 0;

    public short Int16(int field) => BinaryPrimitives.ReadInt16BigEndian(Field(field));

    public bool Boolean(int field) => Field(field)[0] != 0;

    public long Int64(int field) => BinaryPrimitives.ReadInt64BigEndian(Field(field));

    public long Timestamp(int field) => PgTime.FromWire(Int64(field));

    public long Price(int field) => PgNumeric.ReadPrice(Field(field));

    public Int128 Volume(int field) => PgNumeric.ReadVolume(Field(field));

    public System.Numerics.BigInteger Value(int field) => PgNumeric.ReadValue(Field(field));

    public string Text(int field) => Encoding.UTF8.GetString(Field(field));

    public ReadOnlySpan<byte> Field(int field) => _buffer.AsSpan(_starts[field], _lengths[field]);

    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        if (!_isDone)
        {
            try
            {
                // Otherwise disposal would read the rest of the answer.
                await _stream.CancelAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or ObjectDisposedException or IOException)
            {
                // The connection is gone or the answer has ended; there is nothing left to cancel.
            }
        }

        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}
