namespace KrakenDb.Simulator;

/// <summary>
/// Rows of text on their way to a file. Has its own number formatting, so that a mistake in the library's parsing cannot be
/// made good by the same mistake here.
/// </summary>
internal sealed class CsvBuffer(int capacity = 1 << 20)
{
    private const int RowBytesMax = 512;

    private readonly byte[] _bytes = new byte[capacity];
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Another row might not fit.</summary>
    public bool IsFull => _length > capacity - RowBytesMax;

    public void Clear() => _length = 0;

    public void Text(ReadOnlySpan<byte> ascii)
    {
        ascii.CopyTo(_bytes.AsSpan(_length));
        _length += ascii.Length;
    }

    public void Byte(byte value) => _bytes[_length++] = value;

    public void Integer(ulong value)
    {
        unchecked
        {
            var digits = DigitCount(value);
            Digits(value, digits);
        }
    }

    /// <summary>Exactly <paramref name="count"/> digits, with zeros in front.</summary>
    public void Digits(ulong value, int count)
    {
        unchecked
        {
            var target = _bytes.AsSpan(_length, count);
            for (var i = count - 1; i >= 0; i--)
            {
                var rest = value / 10;
                target[i] = (byte)('0' + (value - (rest * 10)));
                value = rest;
            }

            _length += count;
        }
    }

    /// <summary>A dot and the decimals of a fraction scaled by 10^10, without trailing zeros but with at least one digit.</summary>
    public void ShortFraction(ulong fraction)
    {
        unchecked
        {
            Byte((byte)'.');
            Digits(fraction, Scale.Decimals);
            for (var spare = Scale.Decimals - 1; spare > 0 && _bytes[_length - 1] == '0'; spare--)
                _length--;
        }
    }

    public static int DigitCount(ulong value)
    {
        unchecked
        {
            var count = 1;
            for (; value >= 10; value /= 10)
                count++;
            return count;
        }
    }
}
