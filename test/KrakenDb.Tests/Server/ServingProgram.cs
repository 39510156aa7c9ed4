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

    public static async Task<ServingProgram> StartAsync(string store, params string[] arguments)
    {
        var start = new ProcessStartInfo(ChildProcess.Dotnet, [typeof(KrakenDbProgram).Assembly.Location, "serve", "--db-url", store, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Tokens by port lie beside the store, not in the data folder of whoever runs the tests.
        start.Environment["KRAKENDB_HOME"] = Path.GetDirectoryName(store);
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
