using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace KrakenDb.Kraken;

/// <summary>A CSV file, on disk or inside a ZIP archive.</summary>
/// <param name="Name">What reports call it: the path below the imported directory, with slashes; a member behind its archive's name.</param>
/// <param name="FilePath">The file or the archive.</param>
/// <param name="Member">The member's full name in the archive; null for a file on disk.</param>
/// <param name="Length">Bytes, unpacked.</param>
/// <param name="Stamp">Changes when the content does: time of change, or check sum.</param>
internal sealed record CsvSource(string Name, string FilePath, string? Member, long Length, long Stamp)
{
    /// <summary>The name without folders: <c>XBTUSD_1.csv</c>.</summary>
    public string BaseName => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>The name of its list of rejected rows beside the file or archive.</summary>
    public string RejectedName => (Member is null ? BaseName : $"{Path.GetFileName(FilePath)}.{Flat(Member)}") + ArchiveFileName.RejectedEnding;

    /// <summary>The same in a directory that several imported files share: with the folders below the imported directory.</summary>
    public string SharedRejectedName => Flat(Name) + ArchiveFileName.RejectedEnding;

    /// <summary>The same where files of any directories meet: no other file has it.</summary>
    public string UniqueRejectedName
    {
        get
        {
            var path = SHA256.HashData(Encoding.UTF8.GetBytes($"{Path.GetFullPath(FilePath)}:{Member}"));
            return $"{BaseName}.{Convert.ToHexStringLower(path.AsSpan(0, 6))}{ArchiveFileName.RejectedEnding}";
        }
    }

    /// <summary>What its cursor goes by.</summary>
    public string Identity(string symbol, Interval? interval) => string.Create(
        CultureInfo.InvariantCulture,
        $"csv:{Path.GetFullPath(FilePath)}:{Member}:{Length}:{Stamp:x}:{symbol}:{interval?.Minutes ?? 0}");

    public static CsvSource OfFile(string path, string name)
    {
        var file = new FileInfo(path);
        file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return new CsvSource(name, path, Member: null, file.Length, file.LastWriteTimeUtc.Ticks);
    }

    /// <summary>The CSV files of an archive, without what macOS adds.</summary>
    /// <exception cref="ImportException">Not a whole ZIP archive.</exception>
    public static List<CsvSource> OfArchive(string path, string name)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            return
            [
                .. archive.Entries
                    .Where(entry => ArchiveFileName.IsCsv(entry.Name) && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal))
                    .Select(entry => new CsvSource($"{name}/{entry.FullName}", path, entry.FullName, entry.Length, entry.Crc32)),
            ];
        }
        catch (InvalidDataException exception)
        {
            throw new ImportException($"{name} is not a whole ZIP archive ({exception.Message.TrimEnd('.')}): it was probably cut off on its way. Get it again and repeat the import.", exception);
        }
    }

    /// <summary>The content from <paramref name="position"/> on. Members are read up to there.</summary>
    /// <exception cref="ImportException">The archive is damaged.</exception>
    public LineBlocks Open(long position, CancellationToken cancellationToken)
    {
        if (Member is null)
        {
            var file = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            file.Position = position;
            return new LineBlocks(Name, file, position, length: null);
        }

        var archive = ZipFile.OpenRead(FilePath);
        try
        {
            var entry = archive.GetEntry(Member) ?? throw new ImportException($"{Name} is not in the archive any more.");
            var stream = new MemberStream(archive, entry.Open());
            Skip(stream, position, cancellationToken);
            return new LineBlocks(Name, stream, position, Length);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    private static string Flat(string path) => path.Replace('/', '_').Replace('\\', '_');

    private static void Skip(Stream stream, long count, CancellationToken cancellationToken)
    {
        var ignored = new byte[1 << 16];
        while (count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = stream.Read(ignored, 0, (int)Math.Min(count, ignored.Length));
            if (read == 0)
            {
                return;
            }

            count -= read;
        }
    }

    /// <summary>A member that closes its archive: each reader has its own, because one archive serves one reader at a time.</summary>
    private sealed class MemberStream(ZipArchive archive, Stream content) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => content.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => content.Read(buffer);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                content.Dispose();
                archive.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
