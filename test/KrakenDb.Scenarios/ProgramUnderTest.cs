using System.Diagnostics;
using System.Text;
using KrakenDb.Cli;
using KrakenDb.Tests.Packages;

namespace KrakenDb.Scenarios;

/// <summary>kraken-db in a process of its own, with an environment; killed with the test.</summary>
internal sealed class ProgramUnderTest : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private ProgramUnderTest(Process process) => _process = process;

    public bool HasEnded => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Everything that is known about the run, for a failing assertion.</summary>
    public string Story
    {
        get
        {
            lock (_error)
            {
                return $"kraken-db {string.Join(' ', _process.StartInfo.ArgumentList.Skip(1))}: {(HasEnded ? $"exit code {ExitCode}" : "still runs")}{Environment.NewLine}{Output}{_error}";
            }
        }
    }

    public static ProgramUnderTest Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(ChildProcess.Dotnet, [typeof(KrakenDbProgram).Assembly.Location, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var program = new ProgramUnderTest(Process.Start(start)!);
        program._process.OutputDataReceived += (_, line) => Keep(program._output, line.Data);
        program._process.ErrorDataReceived += (_, line) => Keep(program._error, line.Data);
        program._process.BeginOutputReadLine();
        program._process.BeginErrorReadLine();
        return program;
    }

    public static async Task<ProgramUnderTest> RunAsync(IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken, params string[] arguments)
    {
        var program = Start(environment, arguments);
        await program._process.WaitForExitAsync(cancellationToken);
        return program;
    }

    /// <summary>What it holds in memory now.</summary>
    public long Megabytes
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? 0 : _process.WorkingSet64 >> 20;
        }
    }

    /// <summary>SIGTERM: the program ends by itself.</summary>
    public async Task TerminateAsync(CancellationToken cancellationToken)
    {
        using var kill = Process.Start("/bin/kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>SIGKILL: nothing of the program runs after it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
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

    private static void Keep(StringBuilder text, string? line)
    {
        lock (text)
        {
            _ = line is null ? text : text.AppendLine(line);
        }
    }
}
