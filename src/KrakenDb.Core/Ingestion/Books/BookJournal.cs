using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace KrakenDb;

/// <summary>
/// Recorded frames on disk that the store did not take: a file per write, whole or not there (written under another name, flushed, renamed), read back in order and
/// deleted once committed. Order books cannot be fetched again, so this is what stands between a failing database and a loss. For one thread.
/// </summary>
internal sealed class BookJournal
{
    private const string Extension = ".books";

    private readonly string _folder;
    private readonly IBookWire _wire;
    private long _next;

    /// <param name="folder">Created where there is none; its files of earlier runs are next in line.</param>
    /// <param name="wire">Reads the frames again.</param>
    public BookJournal(string folder, IBookWire wire)
    {
        _folder = folder;
        _wire = wire;
        Directory.CreateDirectory(folder);
        foreach (var unfinished in Directory.EnumerateFiles(folder, "*.partial"))
        {
            File.Delete(unfinished);
        }

        var files = Files();
        Count = files.Count;
        _next = files.Count > 0 ? Number(files[^1]) + 1 : 1;
    }

    private static ReadOnlySpan<byte> Magic => "kdbbook\u0001"u8;

    /// <summary>Writes that wait.</summary>
    public int Count { get; private set; }

    public void Add(BookWrite write)
    {
        Save(write, Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_next:D12}{Extension}")));
        _next++;
        Count++;
    }

    /// <summary>Keeps what the store will never take as evidence, out of the line: a file of the journal's form.</summary>
    /// <returns>The file.</returns>
    public string SetAside(BookWrite write)
    {
        var path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{write.Batch.SessionId}-{write.Batch.Rows[0].Sequence}.refused"));
        Save(write, path);
        return path;
    }

    /// <summary>The oldest write that waits; null where none does. A file that is damaged is set aside under <c>.damaged</c> and told.</summary>
    public BookWrite? Peek(Action<string> damaged)
    {
        foreach (var path in Files())
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length > Magic.Length + 4 && bytes.AsSpan().StartsWith(Magic)
                && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(Magic.Length)) == Crc(bytes.AsSpan(Magic.Length + 4)))
            {
                using var reader = new BinaryReader(new MemoryStream(bytes, Magic.Length + 4, bytes.Length - Magic.Length - 4));
                return Read(reader);
            }

            File.Move(path, path + ".damaged", overwrite: true);
            Count--;
            damaged(path + ".damaged");
        }

        return null;
    }

    /// <summary>The oldest write is committed.</summary>
    public void Remove()
    {
        File.Delete(Files()[0]);
        Count--;
    }

    private static void Save(BookWrite write, string path)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            Write(writer, write);
        }

        var payload = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        using (var stream = new FileStream(path + ".partial", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            Span<byte> crc = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(crc, Crc(payload));
            stream.Write(Magic);
            stream.Write(crc);
            stream.Write(payload);
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".partial", path, overwrite: true);
    }

    private static long Number(string path) => long.Parse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture);

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    private static void Write(BinaryWriter writer, BookWrite write)
    {
        writer.Write(write.Batch.SessionId);
        writer.Write(write.ConnectionId);
        writer.Write(write.Source);
        writer.Write(write.Batch.Count);
        foreach (ref readonly var row in write.Batch.Rows)
        {
            writer.Write(row.Sequence);
            writer.Write(row.ReceivedTime);
            writer.Write(row.Verified switch { true => (sbyte)1, false => (sbyte)0, null => (sbyte)-1 });
            writer.Write(row.IsUsual);
            writer.Write(row.TextLength);
            writer.Write(write.Batch.Text(row));
        }

        writer.Write(write.Depths.Count);
        foreach (var (symbol, depth) in write.Depths)
        {
            writer.Write(symbol);
            writer.Write(depth);
        }

        writer.Write(write.Keyframes.Count);
        foreach (var keyframe in write.Keyframes)
        {
            writer.Write(keyframe.Symbol);
            writer.Write(keyframe.Sequence);
            writer.Write(keyframe.ReceivedTime);
            writer.Write(keyframe.ExchangeTime);
            writer.Write(keyframe.Checksum);
            writer.Write(keyframe.Levels.Length);
            writer.Write(keyframe.Levels);
        }

        writer.Write(write.Incidents.Count);
        foreach (var incident in write.Incidents)
        {
            writer.Write(incident.Sequence);
            writer.Write(incident.Symbol);
            writer.Write(incident.Kind);
            writer.Write(UnixTime.Microseconds(incident.Time));
            writer.Write(incident.Expected is { } expected ? expected : -1L);
            writer.Write(incident.Computed is { } computed ? computed : -1L);
            writer.Write(incident.BookBefore);
            writer.Write(incident.Frame);
        }

        writer.Write(write.Covered.Count);
        foreach (var (symbol, dataType, range) in write.Covered)
        {
            writer.Write(symbol);
            writer.Write(dataType);
            writer.Write(range.Range.StartMicroseconds);
            writer.Write(range.Range.EndMicroseconds);
        }
    }

    private BookWrite Read(BinaryReader reader)
    {
        var batch = new BookBatch(reader.ReadInt64());
        var (connectionId, source) = (reader.ReadUInt64(), reader.ReadString());
        var frame = new BookFrame();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var row = new BookMessageRow { Sequence = reader.ReadInt64(), ReceivedTime = reader.ReadInt64() };
            row.Verified = reader.ReadSByte() switch { 1 => true, 0 => false, _ => null };
            row.IsUsual = reader.ReadBoolean();
            var text = reader.ReadBytes(reader.ReadInt32());
            _wire.Read(text, frame);
            (row.Kind, row.Symbol, row.Channel, row.Type, row.Checksum, row.ExchangeTime) = (frame.Kind, frame.Symbol, frame.Channel, frame.Type, frame.Checksum, frame.ExchangeTime);
            batch.Add(row, frame.Bids, frame.Asks, text);
        }

        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var symbol = reader.ReadString();
            depths[symbol] = reader.ReadInt32();
        }

        return new BookWrite
        {
            Batch = batch,
            Source = source,
            ConnectionId = connectionId,
            Depths = depths,
            Keyframes = ReadMany(reader, static reader => new BookKeyframe
            {
                Symbol = reader.ReadString(),
                Sequence = reader.ReadInt64(),
                ReceivedTime = reader.ReadInt64(),
                ExchangeTime = reader.ReadInt64(),
                Checksum = reader.ReadUInt32(),
                Levels = reader.ReadBytes(reader.ReadInt32()),
            }),
            Incidents = ReadMany(reader, reader => new BookIncident
            {
                SessionId = batch.SessionId,
                Sequence = reader.ReadInt64(),
                Symbol = reader.ReadString(),
                Kind = reader.ReadString(),
                Time = UnixTime.ToDateTimeOffset(reader.ReadInt64()),
                Expected = Optional(reader.ReadInt64()),
                Computed = Optional(reader.ReadInt64()),
                BookBefore = reader.ReadString(),
                Frame = reader.ReadString(),
            }),
            Covered = ReadMany(reader, static reader =>
            {
                var (symbol, dataType) = (reader.ReadString(), reader.ReadString());
                return (symbol, dataType, new CoverageRange { Range = new TimeRange(reader.ReadInt64(), reader.ReadInt64()), Source = CandleSource.WebSocketBook, Grade = CoverageGrade.Proven });
            }),
        };
    }

    private static uint? Optional(long value) => value < 0 ? null : (uint)value;

    private static List<T> ReadMany<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var count = reader.ReadInt32();
        var items = new List<T>(count);
        for (var index = 0; index < count; index++)
        {
            items.Add(read(reader));
        }

        return items;
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder, "*" + Extension).Order(StringComparer.Ordinal)];
}
