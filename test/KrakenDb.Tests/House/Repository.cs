using System.Runtime.CompilerServices;

namespace KrakenDb.Tests.House;

/// <summary>The working copy that these tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = [".git", ".vs", ".idea", ".vscode", "artifacts", "bin", "node_modules", "obj", "TestResults"];

    /// <summary>The folder with KrakenDb.slnx, absolute.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Absolute path of a file or folder given from the root with slashes.</summary>
    public static string PathOf(string relative) => Path.GetFullPath(Path.Combine(Root, relative));

    /// <summary>Every file below the folder that a person or a commit could have put there, as paths from the root with slashes.</summary>
    public static IEnumerable<string> Files(string folder = ".", string pattern = "*")
    {
        string absolute = PathOf(folder);
        if (!Directory.Exists(absolute))
            yield break;

        foreach (string file in Directory.EnumerateFiles(absolute, pattern).Order(StringComparer.Ordinal))
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');

        foreach (string child in Directory.EnumerateDirectories(absolute).Order(StringComparer.Ordinal))
        {
            if (NotOurs.Contains(Path.GetFileName(child), StringComparer.Ordinal))
                continue;
            foreach (string file in Files(Path.GetRelativePath(Root, child), pattern))
                yield return file;
        }
    }

    // The sources' own path comes second: a build into another artifacts folder is not below the root.
    private static string FindRoot([CallerFilePath] string thisFile = "") =>
        WalkUp(AppContext.BaseDirectory) ?? WalkUp(Path.GetDirectoryName(thisFile))
        ?? throw new DirectoryNotFoundException($"No KrakenDb.slnx above {AppContext.BaseDirectory} or {thisFile}.");

    private static string? WalkUp(string? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder, "KrakenDb.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder;
    }
}
