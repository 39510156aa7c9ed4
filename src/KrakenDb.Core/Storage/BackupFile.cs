namespace KrakenDb;

/// <summary>A file that appears under its name when it is whole and on the disk, or not at all.</summary>
internal static class BackupFile
{
    /// <summary>Where the file is written to before it is whole.</summary>
    public static string Partial(string path) => path + ".partial";

    /// <exception cref="MarketStoreException">Something is there, or its folder is not.</exception>
    public static string Target(string path, bool overwrites)
    {
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new MarketStoreException($"{full} is a folder. Name a file in it.");
        }

        if (File.Exists(full) && !overwrites)
        {
            throw new MarketStoreException($"{full} exists and was left as it is. Name another file, or give --force.");
        }

        return Directory.Exists(Path.GetDirectoryName(full)) ? full : throw new MarketStoreException($"There is no folder {Path.GetDirectoryName(full)}. Create it, or name another file.");
    }

    /// <summary>Puts the finished partial file in its place.</summary>
    public static void Finish(string path)
    {
        Flush(Partial(path));
        File.Move(Partial(path), path, overwrite: true);
    }

    /// <summary>To the disk: a rename may be remembered where what was written before it is not.</summary>
    public static void Flush(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }
}
