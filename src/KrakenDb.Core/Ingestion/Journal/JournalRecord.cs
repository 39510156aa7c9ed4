using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace KrakenDb;

/// <summary>
/// One record of the journal as bytes: length of the payload (4), CRC-32C of the payload (4), payload. Little-endian. The payload begins with the kind and the
/// symbol.
/// </summary>
internal static class JournalRecord
{
    public const int HeaderSize = 8;

    /// <summary>A longer payload is no record: texts of a record have 255 bytes at most.</summary>
    public const int PayloadMax = 2048;

    private const byte TradeKind = 1;
    private const byte CandleKind = 2;
    private const byte NoText = 0xFF;
    private const int TextMax = 254;

    private static readonly string?[] RecentTexts = new string?[251];

    /// <summary>Bytes written. The destination holds <see cref="HeaderSize"/> + <see cref="PayloadMax"/>.</summary>
    public static int Write(Span<byte> destination, string symbol, in TradeRow trade)
    {
        var writer = new Writer(destination[HeaderSize..]);
        writer.Byte(TradeKind);
        writer.Text(symbol);
        writer.Int64(trade.Id);
        writer.Int64(trade.TimestampNanoseconds);
        writer.Int64(trade.Price);
        writer.Int128(trade.Volume);
        writer.Byte((byte)trade.Side);
        writer.Text(trade.OrderType);
        writer.Text(trade.Misc);
        return Seal(destination, writer.Length);
    }

    /// <inheritdoc cref="Write(Span{byte}, string, in TradeRow)"/>
    public static int Write(Span<byte> destination, string symbol, Interval interval, in CandleRow candle)
    {
        var writer = new Writer(destination[HeaderSize..]);
        writer.Byte(CandleKind);
        writer.Text(symbol);
        writer.Int64(interval.Minutes);
        writer.Int64(candle.Timestamp);
        writer.Int64(candle.Open);
        writer.Int64(candle.High);
        writer.Int64(candle.Low);
        writer.Int64(candle.Close);
        writer.Int128(candle.Volume);
        writer.Int128(candle.QuoteVolume);
        writer.Int64(candle.TradeCount);
        writer.Int64(candle.Vwap);
        writer.Byte((byte)candle.Source);
        return Seal(destination, writer.Length);
    }

    /// <summary>The length of the whole record at the start of some bytes; 0 where they hold none that is whole and unharmed.</summary>
    public static int Measure(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize)
        {
            return 0;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length is 0 or > PayloadMax || bytes.Length < HeaderSize + (int)length)
        {
            return 0;
        }

        return Crc(bytes.Slice(HeaderSize, (int)length)) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) ? HeaderSize + (int)length : 0;
    }

    /// <summary>Adds the record that <see cref="Measure"/> found to a batch.</summary>
    public static void Read(ReadOnlySpan<byte> record, FlushBatch batch)
    {
        var reader = new Reader(record[HeaderSize..]);
        var kind = reader.Byte();
        var symbol = reader.Text()!;
        if (kind == TradeKind)
        {
            batch.Add(symbol, new TradeRow
            {
                Id = reader.Int64(),
                TimestampNanoseconds = reader.Int64(),
                Price = reader.Int64(),
                Volume = reader.Int128(),
                Side = (TradeSide)reader.Byte(),
                OrderType = reader.Text(),
                Misc = reader.Text() ?? "",
            });
            return;
        }

        batch.Add(symbol, new Interval((int)reader.Int64()), new CandleRow
        {
            Timestamp = reader.Int64(),
            Open = reader.Int64(),
            High = reader.Int64(),
            Low = reader.Int64(),
            Close = reader.Int64(),
            Volume = reader.Int128(),
            QuoteVolume = reader.Int128(),
            TradeCount = reader.Int64(),
            Vwap = reader.Int64(),
            Source = (CandleSource)reader.Byte(),
        });
    }

    private static int Seal(Span<byte> destination, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Crc(destination.Slice(HeaderSize, length)));
        return HeaderSize + length;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var rest in bytes)
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }

    // Symbols and order types repeat; most texts of a replay are no new strings. Threads that meet here make one too many at worst.
    private static string Recent(ReadOnlySpan<byte> utf8)
    {
        ref var kept = ref RecentTexts[(utf8.Length + (utf8[0] * 7) + (utf8[^1] * 31) + (utf8[utf8.Length / 2] * 101)) % RecentTexts.Length];
        return kept is { } text && Ascii.Equals(utf8, text) ? text : kept = Encoding.UTF8.GetString(utf8);
    }

    private ref struct Writer(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;

        public int Length { get; private set; }

        public void Byte(byte value) => _destination[Length++] = value;

        public void Int64(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_destination[Length..], value);
            Length += 8;
        }

        public void Int128(Int128 value)
        {
            BinaryPrimitives.WriteInt128LittleEndian(_destination[Length..], value);
            Length += 16;
        }

        public void Text(string? text)
        {
            if (text is null)
            {
                Byte(NoText);
                return;
            }

            if (text.Length <= TextMax / 3)
            {
                var length = Encoding.UTF8.GetBytes(text, _destination[(Length + 1)..]);
                _destination[Length] = (byte)length;
                Length += 1 + length;
                return;
            }

            // Kraken's texts are short; a longer one is cut between characters.
            var room = _destination.Slice(Length + 1, TextMax);
            Encoding.UTF8.GetEncoder().Convert(text, room, flush: true, out _, out var bytes, out _);
            _destination[Length] = (byte)bytes;
            Length += 1 + bytes;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> payload)
    {
        private ReadOnlySpan<byte> _rest = payload;

        public byte Byte()
        {
            var value = _rest[0];
            _rest = _rest[1..];
            return value;
        }

        public long Int64()
        {
            var value = BinaryPrimitives.ReadInt64LittleEndian(_rest);
            _rest = _rest[8..];
            return value;
        }

        public Int128 Int128()
        {
            var value = BinaryPrimitives.ReadInt128LittleEndian(_rest);
            _rest = _rest[16..];
            return value;
        }

        public string? Text()
        {
            var length = Byte();
            if (length == NoText)
            {
                return null;
            }

            var text = length == 0 ? "" : Recent(_rest[..length]);
            _rest = _rest[length..];
            return text;
        }
    }
}
