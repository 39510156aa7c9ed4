using System.Diagnostics;
using KrakenDb.Cli;
using KrakenDb.Tests.Packages;

namespace KrakenDb.Tests.Server;

/// <summary><c>kraken-db serve</c> in a process of its own; killed with the test.</summary>
internal sealed class ServingProgram : IDisposable
{
    private readonly Process _process;

    private ServingProgram(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public int Id => _process.Id;

    /// <param name="store">A file.</param>
    public static Task<ServingProgram> StartAsync(string store) => StartAsync(store, Path.GetDirectoryName(store)!);

    /// <param name="store">A file or a server.</param>
    /// <param name="home">Where tokens are left by port: not in the data folder of whoever runs the tests.</param>
    public static async Task<ServingProgram> StartAsync(string store, string home)
    {
        var start = new ProcessStartInfo(ChildProcess.Dotnet, [typeof(KrakenDbProgram).Assembly.Location, "serve", "--db-url", store])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        start.Environment["KRAKENDB_HOME"] = home;
        start.Environment.Remove(TokenFile.Variable);
        var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var address = await process.StandardOutput.ReadLineAsync();
        if (address is null)
        {
            throw new InvalidOperationException($"kraken-db serve did not start: {await error}");
        }

        return new ServingProgram(process, new Uri(address));
    }

    /// <summary>SIGKILL: nothing of the program runs after it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as a supervisor sends it.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{Id}"]);
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
