using System.Text;

namespace KrakenDb.DuckDb.Native;

/// <summary>A prepared statement; parameters are counted from 1, keep their values between runs and may be bound again.</summary>
internal sealed class DuckDbStatement : IDisposable
{
    private readonly StatementHandle _handle;

    internal DuckDbStatement(StatementHandle handle) => _handle = handle;

    public int ParameterCount => checked((int)NativeMethods.ParameterCount(_handle));

    public DuckDbStatement Bind(int index, bool value) => Check(NativeMethods.BindBoolean(_handle, (ulong)index, value), index);

    public DuckDbStatement Bind(int index, int value) => Check(NativeMethods.BindInt32(_handle, (ulong)index, value), index);

    public DuckDbStatement Bind(int index, long value) => Check(NativeMethods.BindInt64(_handle, (ulong)index, value), index);

    /// <summary>Binds a HUGEINT.</summary>
    public DuckDbStatement Bind(int index, Int128 value) => Check(NativeMethods.BindHugeInt(_handle, (ulong)index, new NativeHugeInt(value)), index);

    public unsafe DuckDbStatement Bind(int index, string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        fixed (byte* bytes = utf8)
        {
            return Check(NativeMethods.BindVarchar(_handle, (ulong)index, NotNull(bytes), (ulong)utf8.Length), index);
        }
    }

    /// <param name="index">Counted from 1.</param>
    /// <param name="microseconds">Since 1970-01-01 UTC.</param>
    public DuckDbStatement BindTimestamp(int index, long microseconds) =>
        Check(NativeMethods.BindTimestamp(_handle, (ulong)index, new NativeTimestamp(microseconds)), index);

    /// <summary>Binds a DECIMAL(width, scale).</summary>
    /// <param name="index">Counted from 1.</param>
    /// <param name="scaled">The number times 10^scale.</param>
    /// <param name="width">All digits, at most 38.</param>
    /// <param name="scale">Digits after the point.</param>
    public DuckDbStatement BindDecimal(int index, Int128 scaled, byte width, byte scale) =>
        Check(NativeMethods.BindDecimal(_handle, (ulong)index, new NativeDecimal(width, scale, scaled)), index);

    public unsafe DuckDbStatement BindBlob(int index, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
        {
            return Check(NativeMethods.BindBlob(_handle, (ulong)index, NotNull(bytes), (ulong)value.Length), index);
        }
    }

    public DuckDbStatement BindNull(int index) => Check(NativeMethods.BindNull(_handle, (ulong)index), index);

    /// <summary>Runs the statement and returns the rows changed.</summary>
    public long Execute()
    {
        using var result = Query();
        return result.RowsChanged;
    }

    /// <summary>Runs the statement to its end; the result is held in memory and needs neither transaction nor connection.</summary>
    public DuckDbResult Query()
    {
        var result = new ResultHandle();
        return DuckDbResult.From(NativeMethods.ExecutePrepared(_handle, result), result);
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>An empty span has no address, and DuckDB takes a null address for an error.</summary>
    private static unsafe byte* NotNull(byte* bytes) => bytes == null ? (byte*)1 : bytes;

    private DuckDbStatement Check(DuckDbState state, int index)
    {
        if (state == DuckDbState.Success)
        {
            return this;
        }

        throw DuckDbException.FromMessage(NativeMethods.PrepareError(_handle), $"DuckDB refuses the value of parameter {index}.");
    }
}
