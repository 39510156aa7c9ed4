using System.Reflection;
using System.Runtime.InteropServices;

namespace KrakenDb.DuckDb.Native;

/// <summary>Finds <c>libduckdb</c>: <c>KRAKENDB_DUCKDB_PATH</c>, then beside the program, then <c>runtimes/&lt;rid&gt;/native</c> below it.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The name in every <c>LibraryImport</c>.</summary>
    public const string Name = "duckdb";

    /// <summary>The file, or the folder with the file, to load instead of the one that was built with the program.</summary>
    public const string PathVariable = "KRAKENDB_DUCKDB_PATH";

    private static readonly Lazy<nint> Loaded = new(
        () => Load(Environment.GetEnvironmentVariable(PathVariable), AppContext.BaseDirectory));

    /// <summary>DuckDB's version, for example <c>v1.5.5</c>.</summary>
    /// <exception cref="DllNotFoundException">The library is nowhere; the message lists where it was looked for.</exception>
    public static string Version
    {
        get
        {
            EnsureLoaded();
            return Marshal.PtrToStringUTF8(NativeMethods.LibraryVersion()) ?? "unknown";
        }
    }

    public static string FileName =>
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    /// <exception cref="DllNotFoundException">The library is nowhere; the message lists where it was looked for.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);

    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath) =>
        string.Equals(libraryName, Name, StringComparison.Ordinal) ? Loaded.Value : 0;

    /// <summary>A path given by the user is the only one tried: a typing error must not load another library silently.</summary>
    internal static nint Load(string? givenPath, string baseDirectory)
    {
        var tried = new List<string>();
        foreach (var candidate in Candidates(givenPath, baseDirectory))
        {
            if (!File.Exists(candidate))
            {
                tried.Add($"  {candidate}: no such file");
                continue;
            }

            try
            {
                return NativeLibrary.Load(candidate);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"  {candidate}: {exception.Message.ReplaceLineEndings(" ").Trim()}");
            }
        }

        var nextStep = string.IsNullOrEmpty(givenPath)
            ? $"Add package KrakenDb.DuckDb.Native.{PortableRuntimeIdentifier}, or build KrakenDb again where it is built from its sources (the build fetches the library with npm), or set {PathVariable} to a {FileName} of DuckDB 1.5."
            : $"Correct {PathVariable}, or unset it to use the library that was built with the program.";
        throw new DllNotFoundException(
            $"DuckDB's library for {RuntimeInformation.RuntimeIdentifier} could not be loaded. Tried:{Environment.NewLine}"
            + string.Join(Environment.NewLine, tried) + Environment.NewLine + nextStep);
    }

    private static IEnumerable<string> Candidates(string? givenPath, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(givenPath))
        {
            // The loader would search the system's folders for a bare name, so the path is made absolute.
            var path = Path.GetFullPath(givenPath);
            yield return Directory.Exists(path) ? Path.Combine(path, FileName) : path;
            yield break;
        }

        yield return Path.Combine(baseDirectory, FileName);
        yield return Path.Combine(baseDirectory, "runtimes", PortableRuntimeIdentifier, "native", FileName);
        if (!string.Equals(RuntimeInformation.RuntimeIdentifier, PortableRuntimeIdentifier, StringComparison.Ordinal))
        {
            yield return Path.Combine(baseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", FileName);
        }
    }

    /// <summary>Runtimes built by a Linux distribution name themselves after it (<c>debian.12-x64</c>); packages use the portable name.</summary>
    private static string PortableRuntimeIdentifier
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
                    || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal) ? "linux-musl"
                : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }
}
