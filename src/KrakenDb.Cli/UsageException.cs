namespace KrakenDb.Cli;

/// <summary>A command line that can be read but not meant: ends with <see cref="ExitCode.Misused"/>.</summary>
internal sealed class UsageException(string message) : Exception(message);
