using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KrakenDb.Tests.House;
using KrakenDb.Timescale;

namespace KrakenDb.Tests.Timescale;

/// <summary>
/// A PostgreSQL server of this test run's own: a temporary cluster on loopback with a free port, started on first use and stopped with the process. As root it
/// runs under the user <c>postgres</c>, because PostgreSQL refuses root. KRAKENDB_TEST_POSTGRES_BIN names the folder of another version's programs.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private const string Missing = "PostgreSQL 15 or newer is missing: apt-get install postgresql.";
    private static readonly Lazy<PostgresServer?> LazyShared = new(StartShared);

    private readonly string _binaries;
    private readonly string _folder;
    private readonly string _options;
    private int _isDisposed;

    private PostgresServer(string binaries, string options)
    {
        _binaries = binaries;
        _options = options;
        _folder = Directory.CreateTempSubdirectory("krakendb-pg-").FullName;
        Port = FreePort();
    }

    public int Port { get; }

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>The run's server; skips or fails (part <c>postgres</c>) the running test where PostgreSQL is missing.</summary>
    public static PostgresServer Shared()
    {
        var server = LazyShared.Value;
        Required.Part("postgres", server is not null, Missing);
        return server!;
    }

    /// <summary>After the last test.</summary>
    public static void StopShared()
    {
        if (LazyShared.IsValueCreated)
        {
            LazyShared.Value?.Dispose();
        }
    }

    /// <summary>A server of one test's own, which may be killed.</summary>
    /// <param name="options">Of <c>postgres</c>.</param>
    /// <param name="prepare">Changes the cluster's folder before the first start.</param>
    public static PostgresServer StartOwn(string options = "", Action<string>? prepare = null)
    {
        var binaries = FindBinaries();
        Required.Part("postgres", binaries is not null, Missing);
        var server = new PostgresServer(binaries!, options);
        server.Initialize();
        if (prepare is not null)
        {
            prepare(server.Data);
            server.GiveFolder();
        }

        server.Start();
        return server;
    }

    /// <summary>The URL of a database, with the password that the cluster asks for.</summary>
    public string Url(string database = "postgres", string user = "kraken", string? password = "secret") =>
        string.Create(CultureInfo.InvariantCulture, $"postgresql://{user}{(password is null ? "" : $":{password}")}@127.0.0.1:{Port}/{database}?sslmode=disable");

    /// <summary>An empty database.</summary>
    public async Task<string> CreateDatabaseAsync(string purpose)
    {
        var name = $"{purpose}_{Guid.NewGuid():n}"[..Math.Min(60, purpose.Length + 20)].ToLowerInvariant();
        await TestDatabase.ExecuteAsync(PostgresUrl.Parse(Url(), _ => null), $"CREATE DATABASE {name}");
        return Url(name);
    }

    public void Start() => Run("pg_ctl", "-D", Data, "-w", "-t", "60", "-l", Path.Combine(_folder, "log"), "-o", $"-p {Port} -k {_folder} {_options}", "start");

    /// <summary>Stops as if the machine had lost power.</summary>
    public void Kill() => Run("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        try
        {
            Kill();
        }
        catch (InvalidOperationException)
        {
            // It does not run.
        }

        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // The server's last process may still hold a file; the system's temp folder is cleaned anyway.
        }
    }

    private string Data => Path.Combine(_folder, "data");

    private static PostgresServer? StartShared()
    {
        if (FindBinaries() is not { } binaries)
        {
            return null;
        }

        // Tests survive a lost machine by being run again: no need to wait for the disk.
        var server = new PostgresServer(binaries, "-c fsync=off -c synchronous_commit=off -c max_connections=200");
        server.Initialize();
        server.Start();

        // For a run that is interrupted. Otherwise PostgresServerEnd was here before: xUnit grants an ending process ten seconds.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();
        return server;
    }

    private static string? FindBinaries()
    {
        if (Environment.GetEnvironmentVariable("KRAKENDB_TEST_POSTGRES_BIN") is { Length: > 0 } named)
        {
            return named;
        }

        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(Version).Select(folder => Path.Combine(folder, "bin")) : [];
        return debian.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "initdb.exe" : "initdb")));

        static int Version(string folder) => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Initialize()
    {
        var password = Path.Combine(_folder, "password");
        File.WriteAllText(password, "secret");
        GiveFolder();
        Run("initdb", "-D", Data, "-U", "kraken", "-A", "scram-sha-256", $"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync");
    }

    private void GiveFolder()
    {
        if (IsRoot)
        {
            Execute("chown", "-R", "postgres", _folder);
        }
    }

    private void Run(string program, params string[] arguments)
    {
        var path = Path.Combine(_binaries, program);
        if (IsRoot)
        {
            Execute("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments]);
        }
        else
        {
            Execute(path, arguments);
        }
    }

    private void Execute(string program, params string[] arguments)
    {
        // Not redirected: the server would inherit the pipes and keep them open.
        var output = Path.Combine(_folder, $"{Path.GetFileName(program)}.out");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", output, program, .. arguments]) { WorkingDirectory = _folder };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {(File.Exists(output) ? File.ReadAllText(output) : "")}");
        }
    }
}
