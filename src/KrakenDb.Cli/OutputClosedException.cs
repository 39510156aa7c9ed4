namespace KrakenDb.Cli;

/// <summary>The reader of standard output has what it wanted (<c>| head</c>): the command is done.</summary>
internal sealed class OutputClosedException() : IOException("Standard output was closed.");
