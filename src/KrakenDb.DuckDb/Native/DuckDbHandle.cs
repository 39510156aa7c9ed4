using System.Runtime.InteropServices;

namespace KrakenDb.DuckDb.Native;

/// <summary>A pointer that DuckDB hands out and takes back. The order in which handles are closed does not matter: inside, DuckDB counts references.</summary>
internal abstract class DuckDbHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
}

internal sealed class ConfigHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.DestroyConfig(ref handle);
        return true;
    }
}

internal sealed class DatabaseHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.Close(ref handle);
        return true;
    }
}

internal sealed class ConnectionHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.Disconnect(ref handle);
        return true;
    }
}

internal sealed class StatementHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.DestroyPrepare(ref handle);
        return true;
    }
}

internal sealed class AppenderHandle : DuckDbHandle
{
    /// <summary>Destroying flushes what is left, but rows that nobody closed belong to work that failed: they are dropped first.</summary>
    protected override bool ReleaseHandle()
    {
        _ = NativeMethods.AppenderClear(handle);
        _ = NativeMethods.DestroyAppender(ref handle);
        return true;
    }
}

internal sealed class ChunkHandle : DuckDbHandle
{
    public ChunkHandle()
    {
    }

    public ChunkHandle(nint chunk) => SetHandle(chunk);

    public nint Pointer => handle;

    protected override bool ReleaseHandle()
    {
        NativeMethods.DestroyDataChunk(ref handle);
        return true;
    }
}

internal sealed class LogicalTypeHandle : DuckDbHandle
{
    public nint Pointer => handle;

    protected override bool ReleaseHandle()
    {
        NativeMethods.DestroyLogicalType(ref handle);
        return true;
    }
}

internal sealed class ErrorDataHandle : DuckDbHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.DestroyErrorData(ref handle);
        return true;
    }
}

/// <summary>Owns the memory of a <c>duckdb_result</c>, which callers allocate and DuckDB fills.</summary>
internal sealed unsafe class ResultHandle : DuckDbHandle
{
    public ResultHandle() => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)));

    public NativeResult Value => *(NativeResult*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMethods.DestroyResult(handle);
        NativeMemory.Free((void*)handle);
        return true;
    }
}
