using System.Buffers;
using System.Text;

namespace KrakenDb.Kraken;

/// <summary>Text as blocks of whole lines, each ended by a line feed, in constant memory.</summary>
/// <param name="file">Its name, for messages.</param>
/// <param name="stream">Positioned at <paramref name="position"/>.</param>
/// <param name="position">Bytes of the file that are skipped.</param>
/// <param name="length">What the file is long; a stream that ends earlier is cut off. Null where that is not known.</param>
internal sealed class LineBlocks(string file, Stream stream, long position, long? length) : IDisposable
{
    /// <summary>Longer lines are no rows of numbers: what follows is left out and marked.</summary>
    public const int LineLengthMax = (1 << 20) - 256;

    private const int CutLineLength = 1000;
    private const int BinaryProbeLength = 4096;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
    private int _start;
    private int _linesEnd;
    private int _end;
    private long _read = position;

    // Bytes of the block that are not in the file (positive), or of the file that are not in the block (negative).
    private long _surplus;
    private bool _ended;
    private bool _disposed;

    /// <summary>Bytes of the file before <see cref="Lines"/>.</summary>
    public long Position { get; private set; } = position;

    public ReadOnlySpan<byte> Lines => _buffer.AsSpan(_start, _linesEnd - _start);

    /// <summary>Takes whole lines from the front of <see cref="Lines"/>.</summary>
    public void Advance(int count)
    {
        _start += count;
        Position += count;
        if (_start == _linesEnd)
        {
            Position -= _surplus;
            _surplus = 0;
        }
    }

    /// <summary>Makes <see cref="Lines"/> hold at least one line; false at the end of the file.</summary>
    /// <exception cref="ImportException">The stream is cut off.</exception>
    public bool Fill()
    {
        if (_start < _linesEnd)
        {
            return true;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        _linesEnd = 0;
        while (!_ended && _end < LineLengthMax)
        {
            var count = Read(_buffer.AsSpan(_end, LineLengthMax - _end));
            _end += count;

            // A full buffer is worth waiting for: fewer calls of the parser.
            if (count == 0 || (_end > LineLengthMax / 2 && HasLine()))
            {
                break;
            }
        }

        if (_end == 0)
        {
            return false;
        }

        _linesEnd = _buffer.AsSpan(0, _end).LastIndexOf((byte)'\n') + 1;
        if (_linesEnd == 0)
        {
            EndLine();
        }

        return true;
    }

    /// <summary>Skips a byte order mark; refuses what is no text.</summary>
    /// <exception cref="ImportException">The first 4 KB hold control characters that no text has.</exception>
    public void SkipPreamble()
    {
        if (!Fill())
        {
            return;
        }

        var probe = _buffer.AsSpan(0, Math.Min(_end, BinaryProbeLength));
        foreach (var value in probe)
        {
            if (value < ' ' && value is not ((byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\f'))
            {
                throw new ImportException($"{file} is not a text file (byte {value} in its first {BinaryProbeLength} bytes). Nothing of it was stored.");
            }
        }

        if (probe.StartsWith("\uFEFF"u8))
        {
            Advance(3);
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            ArrayPool<byte>.Shared.Return(_buffer);
            stream.Dispose();
        }
    }

    private bool HasLine() => _buffer.AsSpan(0, _end).Contains((byte)'\n');

    private int Read(Span<byte> target)
    {
        var count = stream.Read(target);
        _read += count;
        if (count == 0)
        {
            _ended = true;
            if (length is { } whole && _read < whole)
            {
                throw new ImportException($"{file} ends after {_read} of {whole} bytes: it is cut off. What was read of it before is stored; get the file again and repeat the import.");
            }
        }

        return count;
    }

    // The last line has no line feed, or the line is longer than the buffer.
    private void EndLine()
    {
        if (!_ended)
        {
            var cut = $" ... (a line of more than {LineLengthMax} bytes, cut)";
            var skipped = (long)_end;
            var rest = new byte[1 << 16];
            var after = ReadOnlySpan<byte>.Empty;
            while (!_ended)
            {
                var count = Read(rest);
                var feed = rest.AsSpan(0, count).IndexOf((byte)'\n');
                if (feed >= 0)
                {
                    skipped += feed + 1;
                    after = rest.AsSpan(feed + 1, count - feed - 1);
                    break;
                }

                skipped += count;
            }

            _end = CutLineLength + Encoding.ASCII.GetBytes(cut, _buffer.AsSpan(CutLineLength));
            _buffer[_end++] = (byte)'\n';
            _linesEnd = _end;
            _surplus = _end - skipped;
            after.CopyTo(_buffer.AsSpan(_end));
            _end += after.Length;
            return;
        }

        _buffer[_end++] = (byte)'\n';
        _linesEnd = _end;
        _surplus = 1;
    }
}
