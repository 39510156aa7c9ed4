namespace KrakenDb.Cli;

internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>The command line itself is wrong: an unknown option, a value that cannot be read, a symbol that is not there, a start after its end.</summary>
    public const int Misused = 2;
}
