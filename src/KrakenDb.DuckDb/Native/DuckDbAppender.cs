using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace KrakenDb.DuckDb.Native;

/// <summary>
/// Appends to one table: fill the columns of up to <see cref="Capacity"/> rows, then <see cref="Append"/>, again and again, then
/// <see cref="Close"/>. Rows reach the table in the connection's transaction. Disposed without <see cref="Close"/>, it drops what was
/// not flushed; what was flushed goes with the transaction.
/// </summary>
internal sealed unsafe class DuckDbAppender : IDisposable
{
    private readonly AppenderHandle _handle;
    private readonly ChunkHandle _chunk;
    private readonly DuckDbColumn[] _columns;
    private readonly nint[] _vectors;
    private readonly byte*[] _data;
    private readonly ulong*[] _validity;

    internal DuckDbAppender(AppenderHandle handle)
    {
        _handle = handle;
        Capacity = checked((int)NativeMethods.VectorSize());
        var count = checked((int)NativeMethods.AppenderColumnCount(handle));
        _columns = new DuckDbColumn[count];
        _vectors = new nint[count];
        _data = new byte*[count];
        _validity = new ulong*[count];
        _chunk = CreateChunk();
        ReadVectors();
    }

    /// <summary>Rows of the reusable chunk: DuckDB's vector size, 2,048.</summary>
    public int Capacity { get; }

    public int ColumnCount => _columns.Length;

    public Span<byte> UInt8(int column) => Values<byte>(column);

    public Span<short> Int16(int column) => Values<short>(column);

    public Span<int> Int32(int column) => Values<int>(column);

    /// <summary>BIGINT, DECIMAL of 10 to 18 digits (scaled), and TIMESTAMP in microseconds since 1970-01-01 UTC.</summary>
    public Span<long> Int64(int column) => Values<long>(column);

    /// <summary>HUGEINT and DECIMAL of more than 18 digits (scaled).</summary>
    public Span<Int128> HugeInt(int column) => Values<Int128>(column);

    public void SetNull(int column, int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Capacity, nameof(row));
        WritableValidity(column)[row >> 6] &= ~(1UL << (row & 63));
    }

    /// <summary>Makes the column null in all rows of this chunk.</summary>
    public void SetAllNull(int column) => new Span<ulong>(WritableValidity(column), Capacity >> 6).Clear();

    public void SetString(int column, int row, string value) => SetUtf8(column, row, Encoding.UTF8.GetBytes(value));

    public void SetUtf8(int column, int row, ReadOnlySpan<byte> value)
    {
        if (!Utf8.IsValid(value))
        {
            throw new ArgumentException("The text is not valid UTF-8.", nameof(value));
        }

        SetBytes(column, row, value);
    }

    /// <summary>A VARCHAR whose text was checked, or a BLOB.</summary>
    public void SetBytes(int column, int row, ReadOnlySpan<byte> value)
    {
        ref var cell = ref Values<NativeString>(column)[row];
        if (value.Length <= NativeString.InlineLength)
        {
            // The bytes behind a short text must be zero: DuckDB compares all sixteen at once.
            cell = default;
            cell.Length = value.Length;
            value.CopyTo(new Span<byte>(_data[column] + (row * sizeof(NativeString)) + sizeof(int), NativeString.InlineLength));
            return;
        }

        fixed (byte* bytes = value)
        {
            NativeMethods.AssignString(_vectors[column], (ulong)row, bytes, (ulong)value.Length);
        }
    }

    /// <summary>Writes the same text into all rows of this chunk; the bytes are stored once.</summary>
    public void FillString(int column, string value)
    {
        SetString(column, 0, value);
        var cells = Values<Int128>(column);
        cells[1..].Fill(cells[0]);
    }

    /// <summary>Hands the first rows of the chunk over and empties it: spans taken before are no longer valid, nulls are forgotten.</summary>
    /// <exception cref="DuckDbException">DuckDB flushes by itself from time to time; a row was refused.</exception>
    public void Append(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rowCount, (uint)Capacity, nameof(rowCount));
        NativeMethods.SetChunkSize(_chunk, (ulong)rowCount);
        Check(NativeMethods.AppendDataChunk(_handle, _chunk));
        NativeMethods.ResetDataChunk(_chunk);
        ReadVectors();
    }

    /// <summary>Brings all rows into the table, inside the connection's transaction.</summary>
    public void Flush() => Check(NativeMethods.AppenderFlush(_handle));

    /// <summary>Flushes and ends the appender.</summary>
    public void Close() => Check(NativeMethods.AppenderClose(_handle));

    public void Dispose()
    {
        _chunk.Dispose();
        _handle.Dispose();
    }

    internal static DuckDbException ErrorOf(AppenderHandle appender)
    {
        using var error = NativeMethods.AppenderErrorData(appender);
        var text = Marshal.PtrToStringUTF8(NativeMethods.ErrorDataMessage(error));
        return new DuckDbException(
            NativeMethods.ErrorDataType(error), string.IsNullOrEmpty(text) ? "DuckDB's appender failed without saying why." : text);
    }

    private ChunkHandle CreateChunk()
    {
        var types = new LogicalTypeHandle[_columns.Length];
        var pointers = stackalloc nint[_columns.Length];
        try
        {
            for (var i = 0; i < types.Length; i++)
            {
                types[i] = NativeMethods.AppenderColumnType(_handle, (ulong)i);
                pointers[i] = types[i].Pointer;
                var type = NativeMethods.TypeId(types[i]);
                var isDecimal = type == DuckDbType.Decimal;
                var physical = isDecimal ? NativeMethods.DecimalInternalType(types[i]) : type;
                _columns[i] = new DuckDbColumn("", type, isDecimal ? NativeMethods.DecimalScale(types[i]) : (byte)0, physical.PhysicalSize());
            }

            return NativeMethods.CreateDataChunk(pointers, (ulong)types.Length);
        }
        finally
        {
            foreach (var type in types)
            {
                type?.Dispose();
            }
        }
    }

    private void ReadVectors()
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            _vectors[i] = NativeMethods.ChunkVector(_chunk.Pointer, (ulong)i);
            _data[i] = NativeMethods.VectorData(_vectors[i]);
            _validity[i] = null;
        }
    }

    private ulong* WritableValidity(int column)
    {
        if (_validity[column] == null)
        {
            NativeMethods.EnsureValidityWritable(_vectors[column]);
            _validity[column] = NativeMethods.VectorValidity(_vectors[column]);
        }

        return _validity[column];
    }

    private Span<T> Values<T>(int column)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_chunk.IsClosed, this);
        if (_columns[column].Size != sizeof(T))
        {
            throw new InvalidOperationException(
                $"Column {column} is a {_columns[column].Type} of {_columns[column].Size} bytes per value and is written as one of {sizeof(T)} bytes.");
        }

        return new Span<T>(_data[column], Capacity);
    }

    private void Check(DuckDbState state)
    {
        if (state != DuckDbState.Success)
        {
            throw ErrorOf(_handle);
        }
    }
}
