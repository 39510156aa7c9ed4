using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace KrakenDb.Simulator;

/// <summary>WebSocket frames of a server on their way to a client, with the exchange's own formatting of numbers and times.</summary>
internal sealed class FrameBuffer
{
    private const int HeaderMax = 10;

    // Most messages are this long: their header needs no move.
    private const int HeaderUsual = 4;

    private readonly byte[] _second = new byte[19];
    private byte[] _bytes = new byte[1 << 17];
    private int _start;
    private long _secondIs = -1;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>The text of the message that was begun.</summary>
    public ReadOnlySpan<byte> Message => _bytes.AsSpan(_start, Length - _start);

    public void Clear() => Length = 0;

    public void Begin()
    {
        Reserve(HeaderMax);
        _start = Length + HeaderUsual;
        Length = _start;
    }

    /// <summary>The message begun is not sent.</summary>
    public void Discard() => Length = _start - HeaderUsual;

    /// <summary>The message begun becomes one text frame.</summary>
    public void End()
    {
        var length = Length - _start;
        var header = HeaderLength(length);
        if (header != HeaderUsual)
        {
            Reserve(HeaderMax);
            var to = _start - HeaderUsual + header;
            _bytes.AsSpan(_start, length).CopyTo(_bytes.AsSpan(to));
            Length = to + length;
        }

        WriteHeader(_bytes.AsSpan(_start - HeaderUsual), FrameKind.Text, isLast: true, length);
    }

    /// <summary>The message begun becomes many small frames, with a ping among them.</summary>
    public void EndInFragments(ref Xoshiro256 random)
    {
        var message = Message.ToArray();
        Discard();
        for (var at = 0; at < message.Length;)
        {
            var length = (int)Math.Min(message.Length - at, 1 + random.Below(Math.Max(7, message.Length / 16)));
            Frame(at == 0 ? FrameKind.Text : FrameKind.Continuation, at + length == message.Length, message.AsSpan(at, length));
            if (at == 0)
                Frame(FrameKind.Ping, isLast: true, "between"u8);
            at += length;
        }
    }

    public void Frame(FrameKind kind, bool isLast, ReadOnlySpan<byte> payload)
    {
        Reserve(payload.Length + HeaderMax);
        Length += WriteHeader(_bytes.AsSpan(Length), kind, isLast, payload.Length);
        payload.CopyTo(_bytes.AsSpan(Length));
        Length += payload.Length;
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        Reserve(utf8.Length);
        utf8.CopyTo(_bytes.AsSpan(Length));
        Length += utf8.Length;
    }

    public void Text(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        Length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length));
    }

    public void Integer(ulong value) => Digits(value, CsvBuffer.DigitCount(value));

    public void Integer(long value) => Integer((ulong)value);

    /// <summary>With all its decimals, as books are sent: <c>0.10000000</c>; without a dot where there are none.</summary>
    /// <param name="units">In units of the last decimal.</param>
    public void Fixed(long units, int decimals)
    {
        unchecked
        {
            var one = (ulong)Scale.Power(decimals);
            var whole = (ulong)units / one;
            Integer(whole);
            if (decimals == 0)
                return;

            Text("."u8);
            Digits((ulong)units - (whole * one), decimals);
        }
    }

    /// <summary>
    /// As a binary float is printed: <c>0.0084064</c>, <c>77120.0</c>, and below a millionth <c>9.3e-7</c>. Where Kraken begins
    /// to use an exponent on these channels is not known.
    /// </summary>
    /// <param name="value">Scaled by 10^10, not below 0.</param>
    /// <param name="dot">Integers, too, get a fraction.</param>
    public void Float(Int128 value, bool dot = true)
    {
        unchecked
        {
            if (value > 0 && value < 10_000)
            {
                Small((ulong)value);
                return;
            }

            var whole = value <= long.MaxValue ? (ulong)value / (ulong)Scale.One : (ulong)(value / Scale.One);
            var fraction = (ulong)(value - ((Int128)whole * Scale.One));
            Integer(whole);
            if (fraction == 0)
            {
                Text(dot ? ".0"u8 : default);
                return;
            }

            Text("."u8);
            Digits(fraction, Scale.Decimals);
            while (_bytes[Length - 1] == '0')
                Length--;
        }
    }

    /// <summary>In quotes, cut off after microseconds.</summary>
    public void Microseconds(long unixNanoseconds) => Time(unixNanoseconds / 1_000, 1_000_000, 6);

    /// <summary>In quotes, with all nine digits.</summary>
    public void Nanoseconds(long unixNanoseconds) => Time(unixNanoseconds, 1_000_000_000, 9);

    private static int HeaderLength(int payload) => payload switch { < 126 => 2, <= ushort.MaxValue => 4, _ => HeaderMax };

    private static int WriteHeader(Span<byte> target, FrameKind kind, bool isLast, int length)
    {
        target[0] = (byte)((isLast ? 0x80 : 0) | (int)kind);
        var header = HeaderLength(length);
        if (header == 2)
        {
            target[1] = (byte)length;
        }
        else if (header == 4)
        {
            target[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)length);
        }
        else
        {
            target[1] = 127;
            BinaryPrimitives.WriteInt64BigEndian(target[2..], length);
        }

        return header;
    }

    /// <summary>1 to 9,999 in units of 10^-10.</summary>
    private void Small(ulong value)
    {
        unchecked
        {
            // The exponent is that of the first digit.
            var exponent = Scale.Decimals + 1 - CsvBuffer.DigitCount(value);
            while (value % 10 == 0)
                value /= 10;
            var digits = CsvBuffer.DigitCount(value);
            var head = (ulong)Scale.Power(digits - 1);
            Integer(value / head);
            if (digits > 1)
            {
                Text("."u8);
                Digits(value % head, digits - 1);
            }

            Text("e-"u8);
            Integer((ulong)exponent);
        }
    }

    private void Time(long units, long perSecond, int digits)
    {
        var (second, fraction) = Math.DivRem(units, perSecond);
        if (second != _secondIs)
        {
            var text = DateTimeOffset.FromUnixTimeSeconds(second).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
            Encoding.ASCII.GetBytes(text, _second);
            _secondIs = second;
        }

        Text("\""u8);
        Text(_second);
        Text("."u8);
        Digits((ulong)fraction, digits);
        Text("Z\""u8);
    }

    private void Digits(ulong value, int count)
    {
        unchecked
        {
            Reserve(count);
            var target = _bytes.AsSpan(Length, count);
            for (var i = count - 1; i >= 0; i--)
            {
                var rest = value / 10;
                target[i] = (byte)('0' + (value - (rest * 10)));
                value = rest;
            }

            Length += count;
        }
    }

    private void Reserve(int count)
    {
        if (Length + count + HeaderMax > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count + HeaderMax));
    }
}
