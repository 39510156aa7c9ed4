using System.Runtime.InteropServices;

namespace KrakenDb.Cli;

/// <summary>Ctrl-C and SIGTERM as a cancellation token. The first lets the command finish what it holds; the second ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    public const int CtrlCExitCode = 130;

    private const int TerminatedExitCode = 143;

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Handle(signal, CtrlCExitCode)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Handle(signal, TerminatedExitCode)),
    ];

    public CancellationToken Token => _source.Token;

    /// <summary>128 + the signal's number; null while none came.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext signal, int exitCode)
    {
        signal.Cancel = ExitCode is null;
        ExitCode ??= exitCode;
        _source.Cancel();
    }
}
