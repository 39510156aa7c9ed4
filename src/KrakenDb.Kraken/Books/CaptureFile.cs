using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>
/// Recordings as files. The capture format (<c>.cbcap</c>): a line <c>CBCAP1 kraken SYMBOL unix_ns</c>, then per frame a line <c>receive_ns byte_count</c>, the bytes and
/// a line feed. JSON lines, as <c>kraken-db book export</c> writes them: an object per frame with its session, times and the message as text.
/// </summary>
internal sealed class CaptureFile : IDisposable
{
    private const int FrameBytesMax = 64 * 1024 * 1024;
    private const long NanosecondsPerDay = 86_400_000_000_000;

    private readonly Stream _stream;
    private readonly string _path;
    private byte[] _buffer = new byte[1 << 20];
    private int _at;
    private int _end;
    private long _before;

    public CaptureFile(string path)
    {
        _path = path;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
    }

    /// <summary>Why the file ends before its last frame does; null while nothing is missing.</summary>
    public string? Cut { get; private set; }

    private long Position => _before + _at;

    /// <exception cref="ImportException">Not a capture; what came before stays imported.</exception>
    public async IAsyncEnumerable<CaptureFrame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!await HaveAsync(1, cancellationToken).ConfigureAwait(false))
        {
            throw new ImportException($"{_path} is empty. Give a capture (.cbcap) or an export of messages (.jsonl).");
        }

        var frames = _buffer[_at] == '{' ? ReadLinesAsync(cancellationToken) : ReadCaptureAsync(cancellationToken);
        await foreach (var frame in frames.ConfigureAwait(false))
        {
            yield return frame;
        }
    }

    public void Dispose() => _stream.Dispose();

    private async IAsyncEnumerable<CaptureFrame> ReadCaptureAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var header = await LineAsync(256, cancellationToken).ConfigureAwait(false);
        var parts = header?.Split(' ');
        if (parts is not ["CBCAP1", "kraken", _, var start] || !long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var startTime))
        {
            throw new ImportException($"{_path} does not begin with 'CBCAP1 kraken SYMBOL unix_ns' and has no JSON lines: it is no recording of Kraken's order books that can be read.");
        }

        var sessionId = BookRecording.SessionIdOf(header!);
        var source = Path.GetFileName(_path);
        long? offset = null;
        for (long number = 0; await HaveAsync(1, cancellationToken).ConfigureAwait(false); number++)
        {
            var frameStart = Position;
            var line = await LineAsync(64, cancellationToken).ConfigureAwait(false);
            if (line is null)
            {
                Cut = string.Create(CultureInfo.InvariantCulture, $"the file ends at byte {Position} within the line before frame {number + 1}; the {number} frames before it are whole");
                yield break;
            }

            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !long.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var received)
                || !int.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > FrameBytesMax)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{_path}: at byte {frameStart} there is '{line}' where 'receive_ns byte_count' of frame {number + 1} should be. The {number} frames before it are imported."));
            }

            if (!await HaveAsync(length + 1, cancellationToken).ConfigureAwait(false) && _end - _at < length)
            {
                Cut = string.Create(CultureInfo.InvariantCulture, $"the file ends at byte {Position + _end - _at} within frame {number + 1}, of which {length - (_end - _at)} of {length} bytes are missing; the {number} frames before it are whole");
                yield break;
            }

            // Some recorders count from the machine's start: then the header's time stands for the first frame.
            offset ??= Math.Abs(received - startTime) > NanosecondsPerDay ? startTime - received : 0;
            yield return new CaptureFrame(sessionId, 0, source, received + offset.Value, _buffer.AsMemory(_at, length));
            _at += length;
            if (_at < _end && _buffer[_at] != '\n')
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{_path}: frame {number + 1} has no line feed behind its {length} bytes (byte {Position}). The frames up to it are imported."));
            }

            _at += _at < _end ? 1 : 0;
        }
    }

    private async IAsyncEnumerable<CaptureFrame> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (long number = 1; await HaveAsync(1, cancellationToken).ConfigureAwait(false); number++)
        {
            var lineStart = Position;
            var line = await LineAsync(FrameBytesMax, cancellationToken).ConfigureAwait(false);
            if (line is null)
            {
                Cut = string.Create(CultureInfo.InvariantCulture, $"the file ends at byte {Position} within line {number}; the {number - 1} lines before it are whole");
                yield break;
            }

            CaptureFrame frame;
            try
            {
                frame = FromLine(line);
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{_path}: line {number} (byte {lineStart}) is no exported message: {exception.Message} The lines before it are imported."));
            }

            yield return frame;
        }
    }

    private static CaptureFrame FromLine(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        return new CaptureFrame(
            root.GetProperty("session_id").GetInt64(),
            root.GetProperty("connection_id").GetUInt64(),
            root.GetProperty("source").GetString()!,
            root.GetProperty("received_time_ns").GetInt64(),
            root.TryGetProperty("raw_base64", out var bytes) ? bytes.GetBytesFromBase64() : Encoding.UTF8.GetBytes(root.GetProperty("raw_message").GetString()!));
    }

    /// <summary>The text up to a line feed, which is taken, too; null where the file ends before it, and where the line is too long for what it should be.</summary>
    private async ValueTask<string?> LineAsync(int most, CancellationToken cancellationToken)
    {
        for (var wanted = 64; ; wanted *= 2)
        {
            var isMore = await HaveAsync(Math.Min(wanted, most), cancellationToken).ConfigureAwait(false);
            var length = _buffer.AsSpan(_at, _end - _at).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = Encoding.UTF8.GetString(_buffer, _at, length);
                _at += length + 1;
                return line;
            }

            if (!isMore)
            {
                return null;
            }

            if (wanted >= most)
            {
                return Encoding.UTF8.GetString(_buffer, _at, Math.Min(most, _end - _at));
            }
        }
    }

    private async ValueTask<bool> HaveAsync(int bytes, CancellationToken cancellationToken)
    {
        while (_end - _at < bytes)
        {
            if (_at > 0)
            {
                _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
                _before += _at;
                _end -= _at;
                _at = 0;
            }

            if (bytes > _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
            }

            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }
}
