using System.Collections.Concurrent;
using System.Globalization;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>
/// The one class that opens DuckDB files. A second open of the same path in this process shares the first; another process is refused before DuckDB
/// touches the file.
/// </summary>
internal sealed class DuckDbFile : IDisposable
{
    private static readonly Lock OpenFilesLock = new();
    private static readonly Dictionary<string, DuckDbFile> OpenFiles = new(StringComparer.Ordinal);

    private readonly DuckDbOptions _options;
    private readonly FileOwner _owner;

    // Taken for reading by every job, for writing while the file is exchanged.
    private readonly ReaderWriterLockSlim _exchange = new();
    private readonly ConcurrentDictionary<int, DuckDbSession> _sessions = [];
    private DuckDbDatabase _database;
    private int _leases = 1;

    private DuckDbFile(string path, DuckDbOptions options, FileOwner owner)
    {
        Path = path;
        _options = options;
        _owner = owner;
        _database = OpenDatabase();
        Writer = new DuckDbThread(this, "DuckDB writer", 1, interruptsJobs: false);
        Readers = new DuckDbThread(this, "DuckDB reader", Math.Clamp(options.Threads, 2, 4), interruptsJobs: true);
    }

    public string Path { get; }

    /// <summary>The one thread that writes.</summary>
    public DuckDbThread Writer { get; }

    public DuckDbThread Readers { get; }

    /// <summary>What is known of each symbol; replaced by the writer after each commit.</summary>
    public SymbolLedgers Ledgers { get; } = new();

    /// <summary>Opens the file or shares it. Blocks.</summary>
    /// <exception cref="MarketStoreException">In use, missing, no DuckDB file, or of a newer version.</exception>
    public static DuckDbFile Acquire(string path, DuckDbOptions options)
    {
        lock (OpenFilesLock)
        {
            // The folder first: the real path of a file that does not exist yet is that of its folder.
            var full = RealPath(path);
            if (OpenFiles.TryGetValue(full, out var open))
            {
                open._leases++;
                return open;
            }

            if (Directory.Exists(full))
            {
                throw new MarketStoreException($"{full} is a folder. Name a file in it, such as {System.IO.Path.Combine(full, "kraken.duckdb")}.");
            }

            if (!File.Exists(full))
            {
                if (!options.CreateIfMissing)
                {
                    throw new MarketStoreException($"There is no store at {full}. Import first: kraken-db import --dir DIR");
                }

                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            }

            var owner = FileOwner.Take(full);
            try
            {
                CheckHeader(full);
                open = new DuckDbFile(full, options, owner);
            }
            catch (DuckDbException exception)
            {
                owner.Dispose();
                throw new MarketStoreException($"{full} cannot be opened: {FirstLine(exception.Message)}", exception);
            }
            catch
            {
                owner.Dispose();
                throw;
            }

            OpenFiles.Add(full, open);
            return open;
        }
    }

    /// <summary>Gives a lease back; the last one closes the file. Blocks until running jobs are done.</summary>
    public void Dispose()
    {
        lock (OpenFilesLock)
        {
            if (--_leases > 0)
            {
                return;
            }

            OpenFiles.Remove(Path);
            Writer.Dispose();
            Readers.Dispose();
            CloseDatabase();
            _exchange.Dispose();
            _owner.Dispose();
        }
    }

    /// <summary>Runs a job with this thread's connection, which is made anew after the file was exchanged.</summary>
    public void WithSession(Action<DuckDbSession> job)
    {
        _exchange.EnterReadLock();
        try
        {
            job(_sessions.GetOrAdd(Environment.CurrentManagedThreadId, _ => new DuckDbSession(_database.Connect())));
        }
        finally
        {
            _exchange.ExitReadLock();
        }
    }

    /// <summary>Writes a copy without dead space beside the file and puts it in the file's place. Must not run on the engine's threads.</summary>
    public CompactReport Compact()
    {
        _exchange.EnterWriteLock();
        try
        {
            var before = SizeOnDisk();
            var copy = Path + ".compact";
            File.Delete(copy);
            using (var session = new DuckDbSession(_database.Connect()))
            {
                StoreCopy.Write(session, copy, _options.TimeProvider.GetUtcNow());
            }

            CloseDatabase();

            // A crash before the move leaves the old file whole, a crash after it the new one: the checkpoint of the close emptied the log.
            File.Move(copy, Path, overwrite: true);
            _database = OpenDatabase();
            return new CompactReport(before, SizeOnDisk());
        }
        finally
        {
            _exchange.ExitWriteLock();
        }
    }

    /// <summary>The file and its write-ahead log.</summary>
    public long SizeOnDisk() => Length(Path) + Length(Path + ".wal");

    public MarketStoreException Explain(DuckDbException exception)
    {
        var message = FirstLine(exception.Message);
        var next = message.Contains("No space left", StringComparison.OrdinalIgnoreCase) || message.Contains("Could not write", StringComparison.OrdinalIgnoreCase)
            ? " Free some space on its disk and run the same command again; what was committed is kept."
            : "";
        return new MarketStoreException($"{Path}: {message}{next}", exception) { IsTransient = next.Length > 0 };
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static string FirstLine(string message) => message.AsSpan().Trim() is var text && text.IndexOf('\n') is var end and > 0 ? text[..end].ToString() : text.ToString();

    private static string RealPath(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    // Read by us and before DuckDB opens the file: later, closing this handle would drop DuckDB's lock.
    private static void CheckHeader(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        Span<byte> header = stackalloc byte[12];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header[8..].SequenceEqual("DUCK"u8))
        {
            throw new MarketStoreException($"{path} is not a DuckDB file and was left as it is. Name another file with --db-url, or move this one away.");
        }
    }

    private DuckDbDatabase OpenDatabase()
    {
        var database = DuckDbDatabase.Open(Path, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["threads"] = _options.Threads.ToString(CultureInfo.InvariantCulture),
            ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{_options.MemoryLimitMegabytes}MiB"),
            ["temp_directory"] = Path + ".tmp",
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
        });
        try
        {
            using var connection = database.Connect();
            SchemaMigrations.Apply(connection, Path, _options.TimeProvider.GetUtcNow());
            connection.Execute("SET lock_configuration = true");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private void CloseDatabase()
    {
        foreach (var session in _sessions.Values)
        {
            session.Dispose();
        }

        _sessions.Clear();
        _database.Dispose();
    }
}
