using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace KrakenDb;

/// <summary>Ordered rows in three figures.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Sum">Of the volume or another number of the table; null where it has none.</param>
/// <param name="Hash">SHA-256 of all values in order, hexadecimal; empty for no rows.</param>
internal sealed record RowDigest(long Rows, string? Sum, string Hash)
{
    public static RowDigest Empty { get; } = new(0, null, "");
}

/// <summary>Takes rows in their order and makes a <see cref="RowDigest"/>.</summary>
internal sealed class RowDigester : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _used;
    private long _rows;
    private BigInteger _sum;
    private bool _hasSum;

    public void Add(CandleBatch candles)
    {
        // Below 10^28 each: a batch fits.
        Int128 volume = 0;
        for (var row = 0; row < candles.Count; row++)
        {
            Append(candles.Timestamp[row]);
            Append(candles.Open[row]);
            Append(candles.High[row]);
            Append(candles.Low[row]);
            Append(candles.Close[row]);
            Append(candles.Volume[row]);
            Append(candles.QuoteVolume[row]);
            Append(candles.TradeCount[row]);
            Append(candles.Vwap[row]);
            Append((long)candles.Source[row]);
            volume += candles.Volume[row];
        }

        Count(candles.Count, volume);
    }

    public void Add(TradeBatch trades)
    {
        Int128 volume = 0;
        for (var row = 0; row < trades.Count; row++)
        {
            Append(trades.Id[row]);
            Append(trades.TimestampNanoseconds[row]);
            Append(trades.Price[row]);
            Append(trades.Volume[row]);
            Append((long)trades.Side[row]);
            Append(trades.OrderType[row]);
            Append(trades.Misc[row]);
            volume += trades.Volume[row];
        }

        Count(trades.Count, volume);
    }

    /// <summary>A frame of an order book with its bytes; the sum is that of its quantities.</summary>
    public void Add(BookMessageRow row, ReadOnlySpan<WireLevel> levels, ReadOnlySpan<byte> frame)
    {
        Append(row.Sequence);
        Append(row.ReceivedTime);
        Append(row.ExchangeTime ?? long.MinValue);
        Append((long)row.Kind);
        Append(row.Verified switch { null => -1L, false => 0, true => 1 });
        Append((long)frame.Length);
        Append(frame);
        Int128 quantity = 0;
        foreach (ref readonly var level in levels)
        {
            quantity += level.Quantity;
        }

        Count(1, quantity);
    }

    public void Add(string?[] row, string? summed)
    {
        foreach (var value in row)
        {
            Append(value);
        }

        _rows++;
        if (summed is not null)
        {
            // At scale 10, as all that is stored.
            _hasSum = true;
            var point = summed.IndexOf('.', StringComparison.Ordinal);
            var decimals = point < 0 ? "" : summed[(point + 1)..];
            _sum += BigInteger.Parse((point < 0 ? summed : summed[..point]) + decimals.PadRight(FixedPoint.Scale, '0'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }
    }

    public RowDigest Finish()
    {
        Flush();
        return _rows == 0
            ? RowDigest.Empty
            : new RowDigest(_rows, _hasSum ? CanonicalText.Number($"{_sum}e-{FixedPoint.Scale}") : null, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public void Dispose()
    {
        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private void Count(int rows, Int128 volume)
    {
        _rows += rows;
        _sum += volume;
        _hasSum = true;
    }

    private void Append(long value)
    {
        Reserve(sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_used), value);
        _used += sizeof(long);
    }

    private void Append(Int128 value)
    {
        Reserve(Unsafe.SizeOf<Int128>());
        BinaryPrimitives.WriteInt128LittleEndian(_buffer.AsSpan(_used), value);
        _used += Unsafe.SizeOf<Int128>();
    }

    // The length first, so that no two rows run into one another; -1 for none.
    private void Append(string? text)
    {
        if (text is null)
        {
            Append(-1L);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Append((long)length);
        if (length > BufferSize)
        {
            Flush();
            _hash.AppendData(Encoding.UTF8.GetBytes(text));
            return;
        }

        Reserve(length);
        _used += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_used));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BufferSize)
        {
            Flush();
            _hash.AppendData(bytes);
            return;
        }

        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (_used + bytes > BufferSize)
        {
            Flush();
        }
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _used);
        _used = 0;
    }
}
