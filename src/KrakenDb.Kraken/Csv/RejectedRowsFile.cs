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

    /// <summary>The list of a file: in the directory chosen for all lists, else beside the file, else in the current directory.</summary>
    public static RejectedRowsFile Of(CsvSource source, string? directory, string currentDirectory)
    {
        if (directory is not null)
        {
            Directory.CreateDirectory(directory);
            return new RejectedRowsFile(System.IO.Path.Combine(directory, source.SharedRejectedName));
        }

        var beside = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(source.FilePath))!;
        return new RejectedRowsFile(System.IO.Path.Combine(beside, source.RejectedName), System.IO.Path.Combine(currentDirectory, source.UniqueRejectedName));
    }

    /// <summary>Removes what an earlier import of the file left behind.</summary>
    /// <exception cref="ImportException">There is a file of that name that is not ours.</exception>
    public void Restart()
    {
        try
        {
            Remove(path);
        }
        catch (Exception exception) when (fallback is not null && exception is UnauthorizedAccessException or IOException)
        {
            // As read-only as its directory: Create goes to the fallback.
        }

        if (File.Exists(fallback) && !IsWritable())
        {
            Remove(fallback);
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

        return TryContinue(path, length) || (fallback is not null && !IsWritable() && TryContinue(fallback, length));
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

    private static void Remove(string place)
    {
        if (!File.Exists(place))
        {
            return;
        }

        if (!IsOurs(place))
        {
            throw new ImportException($"{place} is in the way: rejected rows are written to a file of that name, and this one was not made by an import. Move it, or choose another directory for rejected rows.");
        }

        File.Delete(place);
    }

    // Whether the list can be made where it belongs. Only the attempt tells.
    private bool IsWritable()
    {
        try
        {
            using var probe = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    private bool TryContinue(string place, long length)
    {
        try
        {
            if (!File.Exists(place) || new FileInfo(place).Length < length || !IsOurs(place))
            {
                return false;
            }

            _stream = new FileStream(place, FileMode.Open, FileAccess.Write, FileShare.Read);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }

        _stream.SetLength(length);
        _stream.Position = length;
        Path = place;
        Length = length;
        return true;
    }

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
