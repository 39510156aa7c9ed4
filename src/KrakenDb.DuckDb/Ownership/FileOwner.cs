using System.Text.Json;

namespace KrakenDb.DuckDb;

/// <summary>
/// The right to open a DuckDB file. DuckDB's own lock does not give it: a second open in one process lost committed rows, and closing any handle on the
/// file drops the lock. Held as a lock on <c>&lt;file&gt;.owner</c>, which the system drops with the process, however it ends.
/// </summary>
internal sealed class FileOwner : IDisposable
{
    private readonly FileStream _lock;
    private readonly OwnerRecord _record;

    private FileOwner(FileStream heldLock, OwnerRecord record)
    {
        _lock = heldLock;
        _record = record;
    }

    /// <param name="databasePath">The DuckDB file, whether it exists or not.</param>
    /// <exception cref="StoreInUseException">Another process owns the file.</exception>
    public static FileOwner Take(string databasePath)
    {
        var path = databasePath + ".owner";
        var mine = new OwnerRecord(Environment.ProcessId, Endpoint: null, Guid.NewGuid());
        try
        {
            // Exclusive first: nobody holds the file. Then shared, which keeps others from the exclusive lock and lets them read who owns the file.
            using (var exclusive = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            {
                exclusive.SetLength(0);
                JsonSerializer.Serialize(exclusive, mine, OwnerRecordContext.Default.OwnerRecord);
            }

            var shared = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);

            // Between the two locks another process may have taken both steps; the record tells whose it is.
            if (Parse(shared) == mine)
            {
                return new FileOwner(shared, mine);
            }

            shared.Dispose();
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            // Reported below.
        }

        // An owner of this moment may still be writing its record.
        var owner = Read(path);
        for (var tries = 0; owner is null && tries < 10; tries++)
        {
            Thread.Sleep(20);
            owner = Read(path);
        }

        throw InUse(databasePath, owner);
    }

    /// <summary>The record of another process that owns the file at this moment; null when there is none. Takes nothing.</summary>
    public static OwnerRecord? Find(string databasePath)
    {
        var path = databasePath + ".owner";
        if (Read(path) is not { } record || record.Pid == Environment.ProcessId)
        {
            return null;
        }

        try
        {
            // The record of a process that was killed stays; its lock does not.
            using var probe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            return record;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The present owner's record; null when there is none or it cannot be read.</summary>
    public static OwnerRecord? Read(string ownerPath)
    {
        try
        {
            using var stream = new FileStream(ownerPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Parse(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Says where the owner answers; null when it no longer does.</summary>
    public void Publish(Uri? endpoint)
    {
        // Written over, then cut: a reader in between finds text that is no JSON and looks again.
        var bytes = JsonSerializer.SerializeToUtf8Bytes(_record with { Endpoint = endpoint?.ToString() }, OwnerRecordContext.Default.OwnerRecord);
        lock (_lock)
        {
            _lock.Position = 0;
            _lock.Write(bytes);
            _lock.SetLength(bytes.Length);
            _lock.Flush();
        }
    }

    public void Dispose()
    {
        // The file stays, empty: deleting it would let one process lock a name that another has just replaced.
        _lock.SetLength(0);
        _lock.Dispose();
    }

    // The runtime has no type for it: Windows' sharing and lock violations, or the number of EAGAIN. Anything else, such as a full disk, is not an owner.
    private static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 32 or 33
        : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);

    private static OwnerRecord? Parse(FileStream stream)
    {
        try
        {
            stream.Position = 0;
            return stream.Length == 0 ? null : JsonSerializer.Deserialize(stream, OwnerRecordContext.Default.OwnerRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static StoreInUseException InUse(string databasePath, OwnerRecord? owner) => new(
        $"{databasePath} is in use by {(owner is null ? "another process" : $"process {owner.Pid}")}. Wait for it to end, or stop it, then run the same command again.",
        owner?.Pid ?? 0)
    {
        FilePath = databasePath,
        OwnerEndpoint = owner?.EndpointAddress,
    };
}
