using System.Runtime.InteropServices;

namespace KrakenDb.DuckDb.Native;

/// <summary>The rows of a statement, read chunk by chunk.</summary>
internal sealed class DuckDbResult : IDisposable
{
    private readonly ResultHandle _handle;
    private DuckDbColumn[]? _columns;
    private DuckDbChunk? _chunk;
    private ChunkHandle? _chunkMemory;

    private DuckDbResult(ResultHandle handle) => _handle = handle;

    /// <summary>Rows inserted, updated or deleted; 0 for a query.</summary>
    public long RowsChanged => checked((long)NativeMethods.RowsChanged(_handle));

    public ReadOnlySpan<DuckDbColumn> Columns => _columns ??= ReadColumns();

    /// <summary>The next rows, at most 2,048; null after the last. A chunk and its spans are valid until the next call.</summary>
    public DuckDbChunk? FetchChunk()
    {
        _columns ??= ReadColumns();
        FreeChunk();
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        var memory = new ChunkHandle(NativeMethods.FetchChunk(_handle.Value));
        GC.KeepAlive(this);
        if (memory.IsInvalid)
        {
            return null;
        }

        _chunk ??= new DuckDbChunk(_columns);
        _chunkMemory = memory;
        _chunk.Show(memory.Pointer);
        return _chunk.RowCount == 0 ? null : _chunk;
    }

    public void Dispose()
    {
        FreeChunk();
        _handle.Dispose();
    }

    internal static DuckDbResult From(DuckDbState state, ResultHandle handle)
    {
        if (state == DuckDbState.Success)
        {
            return new DuckDbResult(handle);
        }

        using (handle)
        {
            var text = Marshal.PtrToStringUTF8(NativeMethods.ResultError(handle)) ?? "DuckDB failed without saying why.";
            throw new DuckDbException(NativeMethods.ResultErrorType(handle), text);
        }
    }

    private void FreeChunk()
    {
        _chunk?.Clear();
        _chunkMemory?.Dispose();
        _chunkMemory = null;
    }

    private DuckDbColumn[] ReadColumns()
    {
        var columns = new DuckDbColumn[checked((int)NativeMethods.ColumnCount(_handle))];
        for (var i = 0; i < columns.Length; i++)
        {
            var name = Marshal.PtrToStringUTF8(NativeMethods.ColumnName(_handle, (ulong)i)) ?? "";
            var type = NativeMethods.ColumnType(_handle, (ulong)i);
            var physical = type;
            byte scale = 0;
            if (type == DuckDbType.Decimal)
            {
                using var logical = NativeMethods.ColumnLogicalType(_handle, (ulong)i);
                physical = NativeMethods.DecimalInternalType(logical);
                scale = NativeMethods.DecimalScale(logical);
            }

            columns[i] = new DuckDbColumn(name, type, scale, physical.PhysicalSize());
        }

        return columns;
    }
}

/// <summary>A column of a result.</summary>
/// <param name="Name">As in the SELECT list.</param>
/// <param name="Type">The logical type.</param>
/// <param name="Scale">Digits after the point of a decimal, otherwise 0.</param>
/// <param name="Size">Bytes per value in a vector; 0 for types that cannot be read here.</param>
internal sealed record DuckDbColumn(string Name, DuckDbType Type, byte Scale, int Size);
