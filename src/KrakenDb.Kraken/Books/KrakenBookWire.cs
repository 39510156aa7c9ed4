using System.Buffers.Text;
using System.Text;

namespace KrakenDb.Kraken;

/// <summary>Kraken's WebSocket v2 book frames: usual ones are read byte by byte in the order in which Kraken writes them, all others as JSON in any order.</summary>
internal sealed class KrakenBookWire : IBookWire
{
    // {"price":, 20 digits and a point, ,"qty":, 30 digits and a point, }, and a comma.
    private const int LevelBytesMax = 80;

    private readonly Dictionary<string, byte[]> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]>.AlternateLookup<ReadOnlySpan<char>> _symbolsBySpan;
    private readonly WireTimeText _time = new();
    private string _lastSymbol = "";
    private byte[] _lastSymbolBytes = [];

    public KrakenBookWire() => _symbolsBySpan = _symbols.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Read(ReadOnlySpan<byte> text, BookFrame frame)
    {
        frame.Clear();
        if (text.SequenceEqual("{\"channel\":\"heartbeat\"}"u8))
        {
            frame.Kind = BookFrameKind.Heartbeat;
            frame.Channel = "heartbeat";
            return;
        }

        if (!TryReadUsual(text, frame))
        {
            frame.Clear();
            UnusualFrame.Read(text, frame, this);
        }
    }

    public uint Checksum(OrderBook book) => BookChecksum.Compute(book);

    public int Write(BookFrameKind kind, string? symbol, ReadOnlySpan<WireLevel> bids, ReadOnlySpan<WireLevel> asks, uint? checksum, long? exchangeTime, ref byte[] buffer)
    {
        if (kind == BookFrameKind.Heartbeat)
        {
            return "{\"channel\":\"heartbeat\"}"u8.TryCopyTo(Room(ref buffer, 64)) ? "{\"channel\":\"heartbeat\"}"u8.Length : 0;
        }

        if (kind is not (BookFrameKind.Snapshot or BookFrameKind.Update) || symbol is null || checksum is not { } sum)
        {
            return 0;
        }

        var output = new Writer(Room(ref buffer, 256 + (3 * symbol.Length) + ((bids.Length + asks.Length) * LevelBytesMax)));
        output.Bytes("{\"channel\":\"book\",\"type\":\""u8);
        output.Bytes(kind == BookFrameKind.Snapshot ? "snapshot"u8 : "update"u8);
        output.Bytes("\",\"data\":[{\"symbol\":\""u8);
        output.Bytes(BytesOf(symbol));
        output.Bytes("\",\"bids\":["u8);
        output.Levels(bids);
        output.Bytes("],\"asks\":["u8);
        output.Levels(asks);
        output.Bytes("],\"checksum\":"u8);
        output.Number(sum);
        if (exchangeTime is { } time)
        {
            output.Bytes(",\"timestamp\":\""u8);
            output.Advance(_time.Write(time, output.Rest));
            output.Byte((byte)'"');
        }

        output.Bytes("}]}"u8);
        return output.Length;
    }

    /// <summary>One string per symbol, however many frames name it.</summary>
    public string Intern(ReadOnlySpan<byte> symbol)
    {
        if (symbol.SequenceEqual(_lastSymbolBytes))
        {
            return _lastSymbol;
        }

        Span<char> characters = stackalloc char[64];
        if (symbol.Length > characters.Length || !Ascii.IsValid(symbol))
        {
            return Encoding.UTF8.GetString(symbol);
        }

        var length = Encoding.ASCII.GetChars(symbol, characters);
        if (!_symbolsBySpan.TryGetValue(characters[..length], out var name, out var bytes))
        {
            name = new string(characters[..length]);
            _symbols.Add(name, bytes = symbol.ToArray());
        }

        (_lastSymbol, _lastSymbolBytes) = (name, bytes);
        return name;
    }

    private static Span<byte> Room(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            buffer = new byte[Math.Max(bytes, buffer.Length * 2)];
        }

        return buffer;
    }

    private byte[] BytesOf(string symbol)
    {
        if (!ReferenceEquals(symbol, _lastSymbol))
        {
            if (!_symbols.TryGetValue(symbol, out var bytes))
            {
                _symbols.Add(symbol, bytes = Encoding.UTF8.GetBytes(symbol));
            }

            (_lastSymbol, _lastSymbolBytes) = (symbol, bytes);
        }

        return _lastSymbolBytes;
    }

    private bool TryReadUsual(ReadOnlySpan<byte> text, BookFrame frame)
    {
        var input = new Cursor(text);
        if (!input.Skip("{\"channel\":\"book\",\"type\":\""u8))
        {
            return false;
        }

        var isSnapshot = input.Skip("snapshot\""u8);
        if (!isSnapshot && !input.Skip("update\""u8))
        {
            return false;
        }

        if (!input.Skip(",\"data\":[{\"symbol\":\""u8) || !input.TryText(out var symbol) || !input.Skip(",\"bids\":["u8) || !input.TryLevels(frame))
        {
            return false;
        }

        frame.EndBids();
        if (!input.Skip(",\"asks\":["u8) || !input.TryLevels(frame) || !input.Skip(",\"checksum\":"u8) || !input.TryUInt32(out var checksum))
        {
            return false;
        }

        if (input.Skip(",\"timestamp\":\""u8))
        {
            if (!input.TryText(out var timeText) || !_time.TryRead(timeText, out var time))
            {
                return false;
            }

            frame.ExchangeTime = time;
        }

        if (!input.Skip("}]}"u8) || !input.IsAtEnd)
        {
            return false;
        }

        frame.Kind = isSnapshot ? BookFrameKind.Snapshot : BookFrameKind.Update;
        frame.Channel = "book";
        frame.Type = isSnapshot ? "snapshot" : "update";
        frame.Symbol = Intern(symbol);
        frame.Checksum = checksum;
        return true;
    }

    private ref struct Cursor(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> _rest = text;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public bool Skip(scoped ReadOnlySpan<byte> literal)
        {
            if (!_rest.StartsWith(literal))
            {
                return false;
            }

            _rest = _rest[literal.Length..];
            return true;
        }

        /// <summary>Up to the closing quote, which is skipped. A text with an escape is unusual.</summary>
        public bool TryText(out ReadOnlySpan<byte> text)
        {
            var end = _rest.IndexOfAny((byte)'"', (byte)'\\');
            if (end < 0 || _rest[end] != '"')
            {
                text = default;
                return false;
            }

            text = _rest[..end];
            _rest = _rest[(end + 1)..];
            return true;
        }

        public bool TryUInt32(out uint value)
        {
            value = 0;
            if (!Utf8Parser.TryParse(_rest, out ulong number, out var length) || number > uint.MaxValue)
            {
                return false;
            }

            value = (uint)number;
            _rest = _rest[length..];
            return true;
        }

        /// <summary>Levels up to the closing bracket, which is skipped.</summary>
        public bool TryLevels(BookFrame frame)
        {
            if (Skip("]"u8))
            {
                return true;
            }

            while (true)
            {
                if (!Skip("{\"price\":"u8) || !WireDecimal.TryReadPlain(ref _rest, out var price, out var priceDecimals)
                    || !Skip(",\"qty\":"u8) || !WireDecimal.TryReadPlain(ref _rest, out var quantity, out var quantityDecimals)
                    || !Skip("}"u8) || !WireDecimal.TryLevel(price, priceDecimals, quantity, quantityDecimals, out var level))
                {
                    return false;
                }

                frame.Add(level);
                if (Skip("]"u8))
                {
                    return true;
                }

                if (!Skip(","u8))
                {
                    return false;
                }
            }
        }
    }

    private ref struct Writer(Span<byte> buffer)
    {
        private readonly Span<byte> _buffer = buffer;

        public int Length { get; private set; }

        public readonly Span<byte> Rest => _buffer[Length..];

        public void Advance(int bytes) => Length += bytes;

        public void Byte(byte value) => _buffer[Length++] = value;

        public void Bytes(scoped ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_buffer[Length..]);
            Length += bytes.Length;
        }

        public void Number(ulong value)
        {
            Utf8Formatter.TryFormat(value, _buffer[Length..], out var written);
            Length += written;
        }

        public void Levels(scoped ReadOnlySpan<WireLevel> levels)
        {
            for (var index = 0; index < levels.Length; index++)
            {
                ref readonly var level = ref levels[index];
                Bytes(index == 0 ? "{\"price\":"u8 : ",{\"price\":"u8);
                Length += WireDecimal.Write(Rest, (ulong)level.PriceDigits, level.PriceDecimals);
                Bytes(",\"qty\":"u8);
                Length += level.HasShortQuantity
                    ? WireDecimal.Write(Rest, level.ShortQuantityDigits, level.QuantityDecimals)
                    : WireDecimal.Write(Rest, level.QuantityDigits, level.QuantityDecimals);
                Byte((byte)'}');
            }
        }
    }
}
