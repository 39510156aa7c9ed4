using System.Buffers;
using System.Text;

namespace KrakenDb.Kraken;

/// <summary>
/// The rejected rows of one file: CSV with line number, reason and the row as it stood there. Made with the first rejected row; a repeated import writes
/// the same file again. Rows are on disk before the batch commits that leaves them out, and an import that goes on cuts off what no commit knows of.
/// </summary>
/// <param name="path">Where it is made.</param>
/// <param name="fallback">Where it is made when <paramref name="path"/> cannot be written; null for nowhere else.</param>
internal sealed class RejectedRowsFile(string path, string? fallback = null) : IDisposable
{
    private static readonly byte[] Header = "line,reason,row\n"u8.ToArray();

    private FileStream? _stream;

    /// <summary>Null until a row was rejected.</summary>
    public string? Path { get; private set; }

    /// <summary>Bytes on disk; 0 without a file.</summary>
    public long Length { get; private set; }

    /// <summary>Removes what an earlier import of the file left behind.</summary>
    /// <exception cref="ImportException">There is a file of that name that is not ours.</exception>
    public void Restart()
    {
        foreach (var place in Places().Where(File.Exists))
        {
            if (!IsOurs(place))
            {
                throw new ImportException($"{place} is in the way: rejected rows are written to a file of that name, and this one was not made by an import. Move it, or choose another directory for rejected rows.");
            }

            File.Delete(place);
        }
    }

    /// <summary>Goes on behind the first <paramref name="length"/> bytes; false when the file does not hold them any more.</summary>
    public bool Continue(long length)
    {
        if (length == 0)
        {
            Restart();
            return true;
        }

        if (Places().FirstOrDefault(File.Exists) is not { } place || new FileInfo(place).Length < length || !IsOurs(place))
        {
            return false;
        }

        _stream = new FileStream(place, FileMode.Open, FileAccess.Write, FileShare.Read);
        _stream.SetLength(length);
        _stream.Position = length;
        Path = place;
        Length = length;
        return true;
    }

    public void Append(IReadOnlyCollection<RejectedRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        if (_stream is null)
        {
            _stream = Create();
            _stream.Write(Header);
        }

        var text = new ArrayBufferWriter<byte>();
        foreach (var row in rows)
        {
            text.Write(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{row.Line},")));
            Quote(text, Encoding.UTF8.GetBytes(row.Reason));
            text.Write(","u8);
            Quote(text, row.Text);
            text.Write("\n"u8);
        }

        _stream.Write(text.WrittenSpan);
        _stream.Flush();
        Length = _stream.Position;
    }

    public void Dispose() => _stream?.Dispose();

    // Byte for byte, so that a row in another encoding stays what it was.
    private static void Quote(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> value)
    {
        text.Write("\""u8);
        for (var quote = value.IndexOf((byte)'"'); quote >= 0; quote = value.IndexOf((byte)'"'))
        {
            text.Write(value[..(quote + 1)]);
            text.Write("\""u8);
            value = value[(quote + 1)..];
        }

        text.Write(value);
        text.Write("\""u8);
    }

    private static bool IsOurs(string place)
    {
        var start = new byte[Header.Length];
        using var stream = File.OpenRead(place);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual(Header);
    }

    private IEnumerable<string> Places() => fallback is null || string.Equals(path, fallback, StringComparison.Ordinal) ? [path] : [path, fallback];

    private FileStream Create()
    {
        try
        {
            Path = path;
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        }
        catch (Exception exception) when (fallback is not null && exception is UnauthorizedAccessException or IOException)
        {
            Path = fallback;
            return new FileStream(fallback!, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        }
    }
}
