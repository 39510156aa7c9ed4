using System.Globalization;
using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// Records on disk that the database has not taken yet: appended to numbered files, read in the order of arrival, and removed a file at a time when all of its
/// records are committed. After a crash a file is replayed from its beginning; storing a record again changes nothing. Safe for several threads.
/// </summary>
internal sealed partial class RecordJournal : IDisposable
{
    private const string Pattern = "*.journal";
    private const int BufferSize = 1 << 16;

    private readonly string _directory;
    private readonly long _limit;
    private readonly long _segmentSize;
    private readonly ILogger _logger;
    private readonly Func<string, Stream> _create;
    private readonly FileStream _lockFile;
    private readonly Lock _lock = new();
    private readonly List<JournalSegment> _segments = [];
    private readonly byte[] _buffer = new byte[BufferSize + JournalRecord.HeaderSize + JournalRecord.PayloadMax];
    private readonly byte[] _chunk = new byte[1 << 18];
    private Stream? _active;
    private int _buffered;
    private int _bufferedRecords;
    private bool _isDirty;
    private long _next = 1;

    private RecordJournal(string directory, long limit, ILogger logger, Func<string, Stream>? create, FileStream lockFile)
    {
        (_directory, _limit, _logger, _lockFile) = (directory, limit, logger, lockFile);
        _segmentSize = Math.Clamp(limit / 16, BufferSize, 8 << 20);
        _create = create ?? (static path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0));
    }

    /// <summary>Records that were not read yet.</summary>
    public long Records
    {
        get
        {
            lock (_lock)
            {
                return _segments.Sum(segment => segment.Records - segment.RecordsRead) + _bufferedRecords;
            }
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return SizeOnDisk() + _buffered;
            }
        }
    }

    /// <summary>Whether something waits to be read.</summary>
    public bool HasUnread
    {
        get
        {
            lock (_lock)
            {
                return _bufferedRecords > 0 || _segments.Exists(segment => !segment.IsRead);
            }
        }
    }

    /// <summary>Opens the journal of a folder and finds what an earlier process left there.</summary>
    /// <param name="create">Makes a new file; null for the file system's.</param>
    /// <exception cref="MarketStoreException">Another process uses the folder, or it cannot be written.</exception>
    public static RecordJournal Open(string directory, long limit, ILogger logger, Func<string, Stream>? create = null)
    {
        FileStream lockFile;
        try
        {
            Directory.CreateDirectory(directory);
            lockFile = new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MarketStoreException($"the journal {directory} cannot be used: {exception.Message} Another collector may run with it; give each its own folder.", exception);
        }

        var journal = new RecordJournal(directory, limit, logger, create, lockFile);
        try
        {
            journal.Recover();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <returns>How many of the oldest records were dropped to make room.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public long Append(string symbol, in TradeRow trade)
    {
        lock (_lock)
        {
            var dropped = MakeRoom();
            Added(JournalRecord.Write(_buffer.AsSpan(_buffered), symbol, trade));
            return dropped;
        }
    }

    /// <inheritdoc cref="Append(string, in TradeRow)"/>
    public long Append(string symbol, Interval interval, in CandleRow candle)
    {
        lock (_lock)
        {
            var dropped = MakeRoom();
            Added(JournalRecord.Write(_buffer.AsSpan(_buffered), symbol, interval, candle));
            return dropped;
        }
    }

    /// <summary>Hands what was appended to the system.</summary>
    /// <param name="toDisk">And waits until it is on the disk.</param>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Flush(bool toDisk)
    {
        lock (_lock)
        {
            WriteOut();
            if (toDisk && _isDirty && _active is FileStream file)
            {
                file.Flush(flushToDisk: true);
                _isDirty = false;
            }
        }
    }

    /// <summary>Adds the next records to a batch, a chunk at a time, until it has enough.</summary>
    public void Read(FlushBatch batch, int records)
    {
        lock (_lock)
        {
            try
            {
                WriteOut();
            }
            catch (IOException) when (!_segments.Exists(segment => !segment.IsRead))
            {
                // The disk is full of other things: straight from memory.
                ReadBuffer(batch);
                return;
            }
            catch (IOException)
            {
                // What is on the disk first; that makes room.
            }

            while (records > 0 && _segments.Find(segment => !segment.IsRead) is { } segment)
            {
                records -= Read(segment, batch, records);
            }
        }
    }

    /// <summary>Everything that was read is stored.</summary>
    public void Commit()
    {
        lock (_lock)
        {
            foreach (var segment in _segments.Where(segment => segment is { IsRead: true, Records: > 0 }).ToList())
            {
                Remove(segment);
            }
        }
    }

    /// <summary>Drops the oldest file.</summary>
    /// <returns>How many of its records had not been read; 0 where there is none.</returns>
    public long DropOldest()
    {
        lock (_lock)
        {
            if (_segments.Count == 0)
            {
                return 0;
            }

            var oldest = _segments[0];
            var lost = oldest.Records - oldest.RecordsRead;
            Remove(oldest);
            return lost;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            try
            {
                WriteOut();
                (_active as FileStream)?.Flush(flushToDisk: true);
            }
            catch (IOException exception)
            {
                LogNotClosed(_directory, exception);
            }

            _active?.Dispose();
            _active = null;
            _lockFile.Dispose();
        }
    }

    private long MakeRoom()
    {
        if (_buffered >= BufferSize)
        {
            WriteOut();
        }

        long dropped = 0;
        while (_segments.Count > 0 && SizeOnDisk() + _buffered >= _limit)
        {
            var lost = DropOldest();
            dropped += lost;
            LogDropped(_directory, _limit, lost);
        }

        return dropped;
    }

    // Asked for with every record that is appended.
    private long SizeOnDisk()
    {
        long bytes = 0;
        foreach (var segment in _segments)
        {
            bytes += segment.Bytes;
        }

        return bytes;
    }

    private void Added(int bytes)
    {
        _buffered += bytes;
        _bufferedRecords++;
    }

    private void WriteOut()
    {
        if (_buffered == 0)
        {
            return;
        }

        if (_active is null || _segments.Count == 0 || _segments[^1].Bytes >= _segmentSize)
        {
            Begin();
        }

        var segment = _segments[^1];
        try
        {
            _active!.Write(_buffer, 0, _buffered);
        }
        catch (IOException)
        {
            // Some of it may stand in the file: cut back, so that what follows is read again.
            Reset(segment);
            throw;
        }

        segment.Bytes += _buffered;
        segment.Records += _bufferedRecords;
        (_buffered, _bufferedRecords, _isDirty) = (0, 0, true);
    }

    private void Begin()
    {
        Close();
        var segment = new JournalSegment(_next, Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{_next:D12}.journal")));
        var file = _create(segment.Path);
        try
        {
            file.Write(JournalSegment.Magic);
        }
        catch
        {
            file.Dispose();
            File.Delete(segment.Path);
            throw;
        }

        (segment.Bytes, segment.ReadTo) = (JournalSegment.Magic.Length, JournalSegment.Magic.Length);
        _active = file;
        _segments.Add(segment);
        _next++;
    }

    private void Close()
    {
        if (_isDirty)
        {
            (_active as FileStream)?.Flush(flushToDisk: true);
            _isDirty = false;
        }

        _active?.Dispose();
        _active = null;
    }

    private void Reset(JournalSegment segment)
    {
        try
        {
            _active!.SetLength(segment.Bytes);
            _active.Position = segment.Bytes;
        }
        catch (IOException exception)
        {
            // A new file begins; a reader stops at the torn record of this one.
            LogNotClosed(segment.Path, exception);
            _active!.Dispose();
            _active = null;
        }
    }

    private void Remove(JournalSegment segment)
    {
        if (_active is not null && segment == _segments[^1])
        {
            _active.Dispose();
            _active = null;
            _isDirty = false;
        }

        _segments.Remove(segment);
        File.Delete(segment.Path);
    }

    private void ReadBuffer(FlushBatch batch)
    {
        for (int at = 0, length; at < _buffered; at += length)
        {
            length = JournalRecord.Measure(_buffer.AsSpan(at, _buffered - at));
            JournalRecord.Read(_buffer.AsSpan(at, length), batch);
        }

        (_buffered, _bufferedRecords) = (0, 0);
    }

    private int Read(JournalSegment segment, FlushBatch batch, int records)
    {
        using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var (read, filled) = (0, 0);
        file.Position = segment.ReadTo;
        while (read < records && !segment.IsRead)
        {
            var got = file.ReadAtLeast(_chunk.AsSpan(filled), 1, throwOnEndOfStream: false);
            filled += got;
            var at = 0;
            int length;
            while (read < records && segment.ReadTo + at < segment.Bytes && (length = JournalRecord.Measure(_chunk.AsSpan(at, filled - at))) > 0)
            {
                JournalRecord.Read(_chunk.AsSpan(at, length), batch);
                at += length;
                read++;
            }

            segment.ReadTo += at;
            if (at == 0)
            {
                // Harmed on the disk since it was checked. What follows in this file cannot be found.
                LogHarmed(segment.Path, segment.ReadTo, segment.Records - segment.RecordsRead - read);
                segment.ReadTo = segment.Bytes;
                break;
            }

            _chunk.AsSpan(at, filled - at).CopyTo(_chunk);
            filled -= at;
        }

        segment.RecordsRead += read;
        return read;
    }

    private void Recover()
    {
        foreach (var path in Directory.EnumerateFiles(_directory, Pattern).Order(StringComparer.Ordinal))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                continue;
            }

            _next = Math.Max(_next, number + 1);
            var segment = new JournalSegment(number, path) { ReadTo = JournalSegment.Magic.Length };
            if (Scan(segment))
            {
                _segments.Add(segment);
            }
            else
            {
                File.Delete(path);
            }
        }

        if (_segments.Count > 0)
        {
            LogRecovered(_directory, _segments.Sum(segment => segment.Records));
        }
    }

    private bool Scan(JournalSegment segment)
    {
        using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Span<byte> magic = stackalloc byte[JournalSegment.Magic.Length];
        if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual(JournalSegment.Magic))
        {
            LogTorn(segment.Path, 0, file.Length);
            return false;
        }

        segment.Bytes = magic.Length;
        var filled = 0;
        int got;
        while ((got = file.Read(_chunk.AsSpan(filled))) > 0)
        {
            filled += got;
            var at = 0;
            int length;
            while ((length = JournalRecord.Measure(_chunk.AsSpan(at, filled - at))) > 0)
            {
                at += length;
                segment.Records++;
            }

            segment.Bytes += at;
            if (at == 0 && filled == _chunk.Length)
            {
                break;
            }

            _chunk.AsSpan(at, filled - at).CopyTo(_chunk);
            filled -= at;
        }

        if (segment.Bytes < file.Length)
        {
            LogTorn(segment.Path, segment.Records, file.Length - segment.Bytes);
            file.SetLength(segment.Bytes);
        }

        return segment.Records > 0;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal {Directory} holds {Records} records that an earlier run could not store; they are stored now")]
    private partial void LogRecovered(string directory, long records);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path}: kept up to record {Records}; {Bytes} bytes behind it are no whole record and were cut off")]
    private partial void LogTorn(string path, long records, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path}: harmed at byte {At}; {Records} records behind it are lost here and stay a gap")]
    private partial void LogHarmed(string path, long at, long records);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal {Directory} has reached its limit of {Limit} bytes: the {Records} oldest records are dropped and stay a gap, which fill-gaps closes")]
    private partial void LogDropped(string directory, long limit, long records);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} could not be written")]
    private partial void LogNotClosed(string path, Exception exception);
}
