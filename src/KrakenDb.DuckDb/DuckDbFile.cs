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

    private bool _isClosed;
    private volatile bool _isBroken;

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
            try
            {
                var full = RealPath(System.IO.Path.GetFullPath(path));
                if (OpenFiles.TryGetValue(full, out var open))
                {
                    open._leases++;
                    return open;
                }

                open = Open(full, options);
                OpenFiles.Add(full, open);
                return open;
            }
            catch (DuckDbException exception)
            {
                throw DuckDbFailure.Explain($"{path} cannot be opened", exception);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new MarketStoreException($"{path} cannot be opened: {exception.Message}", exception);
            }
        }
    }

    /// <summary>The other process that owns the file at this moment, and the file's real path; null when none does.</summary>
    public static (OwnerRecord Owner, string Path)? FindOwner(string path)
    {
        try
        {
            var full = RealPath(System.IO.Path.GetFullPath(path));
            return FileOwner.Find(full) is { } owner ? (owner, full) : null;
        }
        catch (IOException)
        {
            // No such folder, or links in a circle: opening will say so.
            return null;
        }
    }

    public void PublishEndpoint(Uri? endpoint) => _owner.Publish(endpoint);

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

            // Not disposed itself: a compaction may still wait for it, and finds the file closed.
            _exchange.EnterWriteLock();
            try
            {
                _isClosed = true;
                CloseDatabase();
            }
            finally
            {
                _exchange.ExitWriteLock();
            }

            _owner.Dispose();
        }
    }

    /// <summary>Runs a job with this thread's connection, which is made anew after the file was exchanged and after an error.</summary>
    public T WithSession<T>(Func<DuckDbSession, T> job)
    {
        if (_isBroken)
        {
            Reopen();
        }

        _exchange.EnterReadLock();
        try
        {
            var thread = Environment.CurrentManagedThreadId;
            var session = _sessions.GetOrAdd(thread, _ => new DuckDbSession(_database.Connect()));
            try
            {
                return job(session);
            }
            catch (DuckDbException exception)
            {
                // With the connection goes whatever the error left open on it.
                _sessions.TryRemove(thread, out _);
                session.Dispose();

                // DuckDB answers nothing more after such an error (a full disk in a checkpoint) until the file is opened again.
                _isBroken |= exception.IsFatal;
                throw;
            }
        }
        finally
        {
            _exchange.ExitReadLock();
        }
    }

    /// <summary>Writes a copy without dead space beside the file and puts it in the file's place. Must not run on the engine's threads.</summary>
    public CompactReport Compact(CancellationToken cancellationToken)
    {
        _exchange.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(IMarketStore));
            var before = SizeOnDisk();
            var copy = Path + ".compact";
            try
            {
                Create(copy, _options);
                using (var session = new DuckDbSession(_database.Connect()))
                using (session.Connection.InterruptWhen(cancellationToken))
                {
                    FileCopy.Write(session, copy);
                }

                cancellationToken.ThrowIfCancellationRequested();
                CloseDatabase();
                ThrowIfLogged(Path);
                ThrowIfLogged(copy);

                // A crash before the move leaves the old file whole, a crash after it the new one: the checkpoint of the close emptied the log.
                File.Move(copy, Path, overwrite: true);
            }
            finally
            {
                // After an error too: it may have been one after which DuckDB answers nothing more.
                _isBroken = true;
                CloseDatabase();
                Delete(copy);
                _database = OpenDatabase();
                _isBroken = false;
            }

            return new CompactReport(before, SizeOnDisk());
        }
        finally
        {
            _exchange.ExitWriteLock();
        }
    }

    /// <summary>Writes a copy of one commit, without dead space. Writes wait meanwhile, reads go on.</summary>
    public Task BackUpAsync(string target, CancellationToken cancellationToken) => Writer.RunAsync(
        session =>
        {
            Create(target, _options);
            using (session.Connection.InterruptWhen(cancellationToken))
            {
                FileCopy.Write(session, target);
            }

            ThrowIfLogged(target);
            return target;
        },
        cancellationToken);

    /// <summary>The file and its write-ahead log.</summary>
    public long SizeOnDisk() => Length(Path) + Length(Path + ".wal");

    private static DuckDbFile Open(string path, DuckDbOptions options)
    {
        if (Directory.Exists(path))
        {
            throw new MarketStoreException($"{path} is a folder. Name a file in it, such as {System.IO.Path.Combine(path, "kraken.duckdb")}.");
        }

        if (!File.Exists(path))
        {
            if (!options.CreateIfMissing)
            {
                throw new MarketStoreException($"There is no store at {path}. Import first: kraken-db import --dir DIR");
            }

            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        }
        else
        {
            // Before anything is put beside a file that is not ours.
            CheckHeader(path);
        }

        var owner = FileOwner.Take(path);
        try
        {
            if (File.Exists(path))
            {
                CheckHeader(path);
            }
            else
            {
                CreateStore(path, options);
            }

            return new DuckDbFile(path, options, owner);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    // Made under another name: a process killed here leaves no half of a store that the next one would have to refuse.
    private static void CreateStore(string path, DuckDbOptions options)
    {
        if (Length(path + ".wal") > 0)
        {
            throw new MarketStoreException($"There is no store at {path}, but its log {path}.wal is there. Put the file that belongs to it back, or move the log away.");
        }

        var unfinished = path + ".new";
        try
        {
            Create(unfinished, options);
            ThrowIfLogged(unfinished);
            File.Move(unfinished, path);
        }
        finally
        {
            Delete(unfinished);
        }
    }

    /// <summary>An empty store, closed again.</summary>
    private static void Create(string path, DuckDbOptions options)
    {
        Delete(path);
        using var database = DuckDbDatabase.Open(path, Settings(path, options));
        using var connection = database.Connect();
        SchemaMigrations.Apply(connection, path, options.TimeProvider.GetUtcNow());
        connection.Execute("CHECKPOINT");
    }

    // DuckDB keeps to itself that the checkpoint of a close failed; a log beside another file of this name would be replayed into that one.
    private static void ThrowIfLogged(string path)
    {
        if (Length(path + ".wal") > 0)
        {
            throw new IOException($"{path} could not be brought up to date. There may be no space left on its disk.");
        }
    }

    private static void Delete(string path)
    {
        File.Delete(path);
        File.Delete(path + ".wal");
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    // Links are followed in the folders too: one file has one lock and one entry, whatever it is called.
    private static string RealPath(string path, int depth = 0)
    {
        if (depth > 100)
        {
            throw new IOException("Too many symbolic links.");
        }

        if (System.IO.Path.GetDirectoryName(path) is not { } folder)
        {
            return path;
        }

        var here = System.IO.Path.Combine(RealPath(folder, depth + 1), System.IO.Path.GetFileName(path));
        return new FileInfo(here).LinkTarget is null ? here : RealPath(File.ResolveLinkTarget(here, returnFinalTarget: true)!.FullName, depth + 1);
    }

    private static Dictionary<string, string> Settings(string path, DuckDbOptions options) => new(StringComparer.Ordinal)
    {
        ["threads"] = options.Threads.ToString(CultureInfo.InvariantCulture),
        ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{options.MemoryLimitMegabytes}MiB"),
        ["temp_directory"] = path + ".tmp",
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
    };

    // Read by us and before DuckDB opens the file: later, closing this handle would drop DuckDB's lock.
    private static void CheckHeader(string path)
    {
        Span<byte> header = stackalloc byte[12];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header[8..].SequenceEqual("DUCK"u8))
        {
            throw new MarketStoreException($"{path} is not a DuckDB file and was left as it is. Name another file with --db-url, or move this one away.");
        }
    }

    private DuckDbDatabase OpenDatabase()
    {
        var database = DuckDbDatabase.Open(Path, Settings(Path, _options));
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

    private void Reopen()
    {
        _exchange.EnterWriteLock();
        try
        {
            if (_isBroken)
            {
                CloseDatabase();
                _database = OpenDatabase();
                Ledgers.Forget();
                _isBroken = false;
            }
        }
        finally
        {
            _exchange.ExitWriteLock();
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
