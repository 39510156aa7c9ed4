namespace KrakenDb.Server;

/// <summary>Carries out a command of the program in this process.</summary>
/// <param name="request">The command.</param>
/// <param name="output">Gets its data, UTF-8.</param>
/// <param name="error">Gets progress, notes and errors.</param>
/// <param name="cancellationToken">Cancelled when the sender interrupts it or goes away, or the owner ends.</param>
/// <returns>The exit code.</returns>
internal delegate Task<int> CommandRunner(CommandRequest request, Stream output, TextWriter error, CancellationToken cancellationToken);
