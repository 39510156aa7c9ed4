using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>PostgreSQL's own programs. The connection goes by the environment, which other users cannot read as they can a command line.</summary>
internal static class PostgresTool
{
    private const int LinesKept = 20;

    /// <exception cref="MarketStoreException">Not installed, or older than the server.</exception>
    public static async Task<string> FindAsync(string name, int serverMajor, CancellationToken cancellationToken)
    {
        var file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        var tooOld = "";
        foreach (var path in Candidates(file, serverMajor).Where(File.Exists))
        {
            // One that does not say its version is left to speak for itself.
            if (await MajorAsync(path, cancellationToken).ConfigureAwait(false) is not { } major || major >= serverMajor)
            {
                return path;
            }

            tooOld = string.Create(CultureInfo.InvariantCulture, $"{path} is of version {major}, and the server is PostgreSQL {serverMajor}, which it does not understand");
        }

        throw new MarketStoreException(string.Create(
            CultureInfo.InvariantCulture,
            $"{(tooOld.Length > 0 ? tooOld : $"{name} is not there")}: PostgreSQL's client programs of version {serverMajor} or newer are missing. Install them (Debian, Ubuntu: apt-get install postgresql-client-{serverMajor}; Fedora: dnf install postgresql; macOS: brew install libpq; Windows: the installer's \"Command Line Tools\"), or name their folder with PG_BIN."));
    }

    /// <exception cref="MarketStoreException">The program ended with an error; its last lines are in the message.</exception>
    public static async Task RunAsync(string program, NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var (name, value) in Variables(settings))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new MarketStoreException($"{program} could not be started.");
        process.StandardInput.Close();
        var output = DrainAsync(process.StandardOutput, cancellationToken);
        var errors = DrainAsync(process.StandardError, cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            await output.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        var lines = await errors.ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new MarketStoreException($"{PostgresUrl.Describe(settings)}: {Path.GetFileName(program)} failed: {lines}");
        }
    }

    /// <summary>A connection string that names the database alone: the rest is in the environment.</summary>
    public static string DatabaseArgument(NpgsqlConnectionStringBuilder settings) =>
        $"--dbname=dbname='{settings.Database!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    /// <summary>libpq's name.</summary>
    public static string NameOf(SslMode mode) => mode switch
    {
        SslMode.Disable => "disable",
        SslMode.Allow => "allow",
        SslMode.Require => "require",
        SslMode.VerifyCA => "verify-ca",
        SslMode.VerifyFull => "verify-full",
        _ => "prefer",
    };

    private static IEnumerable<(string Name, string? Value)> Variables(NpgsqlConnectionStringBuilder settings)
    {
        yield return ("PGHOST", settings.Host);
        yield return ("PGPORT", settings.Port.ToString(CultureInfo.InvariantCulture));
        yield return ("PGUSER", settings.Username);
        yield return ("PGCONNECT_TIMEOUT", settings.Timeout.ToString(CultureInfo.InvariantCulture));
        yield return ("PGAPPNAME", settings.ApplicationName);
        yield return ("PGSSLMODE", NameOf(settings.SslMode));
        foreach (var (name, value) in new[] { ("PGPASSWORD", settings.Password), ("PGPASSFILE", settings.Passfile), ("PGSSLROOTCERT", settings.RootCertificate), ("PGSSLCERT", settings.SslCertificate), ("PGSSLKEY", settings.SslKey) })
        {
            if (!string.IsNullOrEmpty(value))
            {
                yield return (name, value);
            }
        }
    }

    private static IEnumerable<string> Candidates(string file, int serverMajor)
    {
        if (Environment.GetEnvironmentVariable("PG_BIN") is { Length: > 0 } named)
        {
            return [Path.Combine(named, file)];
        }

        // Debian's wrapper in the path picks the version of a local cluster, not of the server: the real ones come first, the server's own version before newer ones.
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .Select(folder => (Major: int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0, Path: Path.Combine(folder, "bin", file)))
                .Where(found => found.Major >= serverMajor)
                .OrderBy(found => found.Major)
                .Select(found => found.Path)
            : [];
        return versions.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, file)));
    }

    // "pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"
    private static async Task<int?> MajorAsync(string program, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, ["--version"]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new MarketStoreException($"{program} could not be started.");
        var errors = DrainAsync(process.StandardError, cancellationToken);
        var line = await DrainAsync(process.StandardOutput, cancellationToken).ConfigureAwait(false);
        await errors.ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        var version = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => char.IsAsciiDigit(word[0])) ?? "";
        return int.TryParse(string.Concat(version.TakeWhile(char.IsAsciiDigit)), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;
    }

    // Read to the end, so that the program never waits for a full pipe; kept are the last lines, which say what failed.
    private static async Task<string> DrainAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var last = new Queue<string>();
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            last.Enqueue(line);
            if (last.Count > LinesKept)
            {
                last.Dequeue();
            }
        }

        return new StringBuilder().AppendJoin(' ', last).ToString();
    }
}
