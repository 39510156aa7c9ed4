using System.Diagnostics;
using KrakenDb.Cli;
using KrakenDb.DuckDb;
using KrakenDb.Tests.Packages;
using Shouldly;

namespace KrakenDb.Tests.DuckDb;

/// <summary>kraken-db in a process of its own while it runs; killed with the test.</summary>
internal sealed class RunningProgram : IDisposable
{
    private readonly Process _process;

    private RunningProgram(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public static RunningProgram Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(ChildProcess.Dotnet, [typeof(KrakenDbProgram).Assembly.Location, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;

        // Read, so that it never waits for a full pipe.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new RunningProgram(process);
    }

    /// <summary>kraken-db until it ends, on a store file.</summary>
    public static Task<ChildProcess> RunAsync(string store, params string[] arguments) =>
        ChildProcess.RunAsync(ChildProcess.Dotnet, [typeof(KrakenDbProgram).Assembly.Location, .. arguments, "--db-url", store], Path.GetDirectoryName(store)!, environment: null, CancellationToken.None);

    /// <summary>Returns when the process holds the store.</summary>
    public async Task OwnsAsync(string store)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (FileOwner.Read(store + ".owner")?.Pid != Id || !HasOpen(store))
        {
            HasEnded.ShouldBeFalse($"kraken-db ended with exit code {(HasEnded ? ExitCode : 0)} before it opened {store}.");
            await Task.Delay(20, patience.Token);
        }
    }

    // The record is written a moment before the lock is held; the store is opened after it.
    private bool HasOpen(string store)
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep(TimeSpan.FromSeconds(1));
            return true;
        }

        try
        {
            return Directory.EnumerateFiles($"/proc/{Id}/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget == store);
        }
        catch (IOException)
        {
            // The process, or one of its files, is gone.
            return false;
        }
    }

    /// <summary>SIGKILL: nothing of the program runs after it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public Task WaitAsync() => _process.WaitForExitAsync();

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
