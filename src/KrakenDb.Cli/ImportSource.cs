namespace KrakenDb.Cli;

/// <summary>What is to be imported. Checked before a store is made for it.</summary>
/// <param name="Path">Full.</param>
/// <param name="IsDirectory">Otherwise a file.</param>
internal sealed record ImportSource(string Path, bool IsDirectory)
{
    /// <exception cref="UsageException">Both are given, or nothing is given and the default is not there.</exception>
    /// <exception cref="IOException">What is given does not exist.</exception>
    public static ImportSource Find(string? directory, string? file, string defaultDirectory)
    {
        if (file is not null)
        {
            if (directory is not null)
            {
                throw new UsageException("give --dir or --file, not both.");
            }

            var path = System.IO.Path.GetFullPath(file);
            return File.Exists(path) ? new ImportSource(path, IsDirectory: false)
                : Directory.Exists(path) ? throw new FileNotFoundException($"{path} is a folder; give it with --dir.")
                : throw new FileNotFoundException($"no such file: {path}. Give one of Kraken's CSV files or ZIP archives.");
        }

        if (directory is null && !Directory.Exists(defaultDirectory))
        {
            throw new UsageException($"nothing to import: give --dir DIR or --file FILE (the default, {defaultDirectory}, does not exist).");
        }

        var folder = System.IO.Path.GetFullPath(directory ?? defaultDirectory);
        return Directory.Exists(folder) ? new ImportSource(folder, IsDirectory: true)
            : File.Exists(folder) ? throw new DirectoryNotFoundException($"{folder} is a file; give it with --file.")
            : throw new DirectoryNotFoundException($"no such directory: {folder}. Give the folder with Kraken's CSV files or ZIP archives.");
    }
}
