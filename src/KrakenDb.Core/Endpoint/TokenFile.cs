using System.Security.Cryptography;
using System.Text;

namespace KrakenDb;

/// <summary>The secret that an endpoint's clients show, in a file that only the user can read. A new one each time an endpoint starts.</summary>
internal static class TokenFile
{
    /// <summary>Gives the token to both ends where a file cannot: in a container, over a tunnel.</summary>
    public const string Variable = "KRAKENDB_TOKEN";

    private const int LengthMax = 512;

    /// <summary>Beside the store's file.</summary>
    public static string Beside(string storePath) => storePath + ".token";

    /// <summary>For an endpoint that is named by its address: the file tells nobody else's processes which store it belongs to.</summary>
    public static string ForPort(string folder, int port) => Path.Combine(folder, "endpoints", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{port}.token"));

    public static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Whole or not at all, and never readable by others, not even for a moment.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string token)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = $"{path}.{Environment.ProcessId}";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(unfinished, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(token + "\n"));
        }

        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Null where there is none that can be read.</summary>
    public static string? Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= LengthMax } && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Takes the file away when it still holds this token and not a later owner's.</summary>
    public static void Remove(string path, string token)
    {
        try
        {
            if (Read(path) == token)
            {
                File.Delete(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A token that nobody asks for any more.
        }
    }
}
