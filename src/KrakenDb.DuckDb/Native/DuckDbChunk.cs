using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace KrakenDb.DuckDb.Native;

/// <summary>
/// Up to 2,048 rows of a result, column by column, read where DuckDB wrote them. Values of null rows are undefined.
/// A decimal is its scaled integer: up to 18 digits <see cref="Int64"/>, more <see cref="HugeInt"/>.
/// </summary>
internal sealed unsafe class DuckDbChunk
{
    private readonly DuckDbColumn[] _columns;
    private readonly byte*[] _data;
    private readonly ulong*[] _validity;

    internal DuckDbChunk(DuckDbColumn[] columns)
    {
        _columns = columns;
        _data = new byte*[columns.Length];
        _validity = new ulong*[columns.Length];
    }

    public int RowCount { get; private set; }

    public ReadOnlySpan<byte> UInt8(int column) => Values<byte>(column);

    public ReadOnlySpan<short> Int16(int column) => Values<short>(column);

    public ReadOnlySpan<int> Int32(int column) => Values<int>(column);

    /// <summary>BIGINT, DECIMAL of 10 to 18 digits, and TIMESTAMP in microseconds since 1970-01-01 UTC.</summary>
    public ReadOnlySpan<long> Int64(int column) => Values<long>(column);

    /// <summary>HUGEINT (which sums of BIGINT are) and DECIMAL of more than 18 digits.</summary>
    public ReadOnlySpan<Int128> HugeInt(int column) => Values<Int128>(column);

    public bool Boolean(int column, int row) => Values<byte>(column)[row] != 0;

    public bool IsValid(int column, int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)RowCount, nameof(row));
        var validity = _validity[column];
        return validity == null || (validity[row >> 6] & (1UL << (row & 63))) != 0;
    }

    /// <summary>No row of the column is null. DuckDB often has a mask although nothing is null, so this looks at the bits.</summary>
    public bool AllValid(int column)
    {
        var validity = _validity[column];
        if (validity == null)
        {
            return true;
        }

        var words = RowCount >> 6;
        if (words > 0 && new ReadOnlySpan<ulong>(validity, words).ContainsAnyExcept(ulong.MaxValue))
        {
            return false;
        }

        var rest = (1UL << (RowCount & 63)) - 1;
        return (RowCount & 63) == 0 || (validity[words] & rest) == rest;
    }

    /// <summary>The bytes of a VARCHAR (UTF-8) or BLOB; valid as long as the chunk.</summary>
    public ReadOnlySpan<byte> Utf8(int column, int row)
    {
        ref readonly var text = ref Values<NativeString>(column)[row];
        return text.Length <= NativeString.InlineLength
            ? new ReadOnlySpan<byte>(text.Inlined, text.Length)
            : new ReadOnlySpan<byte>(text.Pointer, text.Length);
    }

    public string GetString(int column, int row) => Encoding.UTF8.GetString(Utf8(column, row));

    internal void Show(nint chunk)
    {
        RowCount = checked((int)NativeMethods.ChunkSize(chunk));
        for (var i = 0; i < _columns.Length; i++)
        {
            var vector = NativeMethods.ChunkVector(chunk, (ulong)i);
            _data[i] = NativeMethods.VectorData(vector);
            _validity[i] = NativeMethods.VectorValidity(vector);
        }
    }

    /// <summary>The memory is about to be freed: from now on every span is empty.</summary>
    internal void Clear() => RowCount = 0;

    private ReadOnlySpan<T> Values<T>(int column)
        where T : unmanaged
    {
        if (_columns[column].Size != sizeof(T))
        {
            ThrowMismatch(_columns[column], sizeof(T));
        }

        return new ReadOnlySpan<T>(_data[column], RowCount);
    }

    [DoesNotReturn]
    private static void ThrowMismatch(DuckDbColumn column, int size) =>
        throw new InvalidOperationException(
            $"Column {column.Name} is a {column.Type} of {column.Size} bytes per value and is read as one of {size} bytes.");
}

/// <summary><c>duckdb_string_t</c>: up to 12 bytes in place, else the first four bytes and an address.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct NativeString
{
    public const int InlineLength = 12;

    [FieldOffset(0)]
    public int Length;

    [FieldOffset(8)]
    public byte* Pointer;

    [FieldOffset(4)]
    private byte _first;

    /// <summary>Only for a string that lies in native memory: the address is not held.</summary>
    public readonly byte* Inlined
    {
        get
        {
            fixed (byte* first = &_first)
            {
                return first;
            }
        }
    }
}
