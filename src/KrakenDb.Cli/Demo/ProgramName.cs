namespace KrakenDb.Cli;

/// <summary>How a person starts this program: commands to copy must work where they are printed.</summary>
internal static class ProgramName
{
    private const string Name = "kraken-db";

    /// <summary>The launcher's path from the current folder where the program runs out of the launcher's builds, else the plain name.</summary>
    public static string ToType()
    {
        // <root>/artifacts/launcher/<build>/
        var build = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        if (build.Parent is not { Name: "launcher", Parent: { Name: "artifacts", Parent: { } root } } || !File.Exists(Path.Combine(root.FullName, Name)))
        {
            return Name;
        }

        var path = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(root.FullName, Name));
        return path == Name ? Path.Combine(".", Name) : path;
    }
}
