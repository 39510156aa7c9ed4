using System.Globalization;
using System.Text.Unicode;

namespace KrakenDb;

/// <summary>UTF-8 text into a stream through one buffer, without a string per value. Not thread-safe; flush at the end.</summary>
internal sealed class Utf8Output(Stream stream)
{
    private const int Size = 1 << 16;

    // The longest value: a decimal of 29 digits, or a timestamp.
    private const int LongestValue = 40;

    private readonly byte[] _buffer = new byte[Size];
    private readonly byte[] _day = new byte[11];
    private int _length;
    private long _dayNumber = -1;

    /// <summary>Bytes that went into the stream so far.</summary>
    public long Written { get; private set; }

    public void Flush()
    {
        if (_length > 0)
        {
            stream.Write(_buffer, 0, _length);
            Written += _length;
            _length = 0;
        }

        stream.Flush();
    }

    public void Byte(byte value)
    {
        Reserve(1);
        _buffer[_length++] = value;
    }

    public void Bytes(ReadOnlySpan<byte> text)
    {
        while (text.Length > Size - _length)
        {
            var part = Size - _length;
            text[..part].CopyTo(_buffer.AsSpan(_length));
            _length = Size;
            Reserve(1);
            text = text[part..];
        }

        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    public void Text(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            Reserve(LongestValue);
            Utf8.FromUtf16(text, _buffer.AsSpan(_length), out var read, out var written, replaceInvalidSequences: true, isFinalBlock: true);
            _length += written;
            text = text[read..];
        }
    }

    public void Integer(long value)
    {
        Reserve(LongestValue);
        value.TryFormat(_buffer.AsSpan(_length), out var written, default, CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>The digits without exponent or trailing zeros.</summary>
    public void Number(decimal value)
    {
        Reserve(LongestValue);
        unchecked
        {
            Span<int> bits = stackalloc int[4];
            decimal.GetBits(value, bits);
            var scale = (bits[3] >> 16) & 0xFF;
            if (bits[2] != 0)
            {
                LongNumber(value);
                return;
            }

            var magnitude = ((ulong)(uint)bits[1] << 32) | (uint)bits[0];
            while (scale > 0 && magnitude % 10 == 0)
            {
                magnitude /= 10;
                scale--;
            }

            if (bits[3] < 0 && magnitude != 0)
            {
                _buffer[_length++] = (byte)'-';
            }

            var target = _buffer.AsSpan(_length);
            if (scale == 0)
            {
                magnitude.TryFormat(target, out var written, default, CultureInfo.InvariantCulture);
                _length += written;
                return;
            }

            WriteFraction(target, magnitude, scale);
        }
    }

    /// <summary>RFC 3339 in UTC with <c>Z</c>; a fraction only where there is one, to the microsecond.</summary>
    public void Time(DateTimeOffset time)
    {
        Reserve(LongestValue);
        unchecked
        {
            var (day, ticks) = Math.DivRem(time.UtcTicks, TimeSpan.TicksPerDay);
            if (day != _dayNumber)
            {
                new DateTime(day * TimeSpan.TicksPerDay, DateTimeKind.Utc).TryFormat(_day, out _, "yyyy-MM-dd'T'", CultureInfo.InvariantCulture);
                _dayNumber = day;
            }

            _day.CopyTo(_buffer.AsSpan(_length));
            var target = _buffer.AsSpan(_length + 11);
            var seconds = (int)(ticks / TimeSpan.TicksPerSecond);
            TwoDigits(target, 0, seconds / 3600);
            target[2] = (byte)':';
            TwoDigits(target, 3, seconds / 60 % 60);
            target[5] = (byte)':';
            TwoDigits(target, 6, seconds % 60);
            _length += 19;
            var microseconds = (int)(ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond);
            if (microseconds != 0)
            {
                _buffer[_length] = (byte)'.';
                TwoDigits(_buffer, _length + 1, microseconds / 10_000);
                TwoDigits(_buffer, _length + 3, microseconds / 100 % 100);
                TwoDigits(_buffer, _length + 5, microseconds % 100);
                _length += 7;
            }

            _buffer[_length++] = (byte)'Z';
        }
    }

    private static void TwoDigits(Span<byte> target, int at, int value)
    {
        unchecked
        {
            target[at] = (byte)('0' + (value / 10));
            target[at + 1] = (byte)('0' + (value % 10));
        }
    }

    private void WriteFraction(Span<byte> target, ulong magnitude, int scale)
    {
        unchecked
        {
            Span<byte> digits = stackalloc byte[20];
            magnitude.TryFormat(digits, out var count, default, CultureInfo.InvariantCulture);
            digits = digits[..count];
            var whole = count - scale;
            if (whole > 0)
            {
                digits[..whole].CopyTo(target);
                target[whole] = (byte)'.';
                digits[whole..].CopyTo(target[(whole + 1)..]);
                _length += count + 1;
                return;
            }

            target[0] = (byte)'0';
            target[1] = (byte)'.';
            target.Slice(2, -whole).Fill((byte)'0');
            digits.CopyTo(target[(2 - whole)..]);
            _length += 2 - whole + count;
        }
    }

    private void LongNumber(decimal value)
    {
        value.TryFormat(_buffer.AsSpan(_length), out var written, "0.############################", CultureInfo.InvariantCulture);
        _length += written;
    }

    private void Reserve(int count)
    {
        if (Size - _length < count)
        {
            stream.Write(_buffer, 0, _length);
            Written += _length;
            _length = 0;
        }
    }
}
