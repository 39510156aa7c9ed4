namespace KrakenDb.Cli;

/// <summary>What an exception means to the person at the terminal: one line with the evidence and the next step, and an exit code.</summary>
internal static class Failure
{
    public static int Report(Exception exception, CommandContext context, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case OutputClosedException:
                return ExitCode.Done;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                context.Note("kraken-db: interrupted.");
                return Interruption.CtrlCExitCode;
            case UsageException or UnknownSymbolException or UnknownIntervalException:
                Print(context, exception, Message(exception));
                return ExitCode.Misused;
            case MarketStoreException or MarketSourceException or IncompleteDataException or ImportException or IOException or UnauthorizedAccessException or InvalidDataException:
                Print(context, exception, Message(exception));
                return ExitCode.Failed;
            default:
                Print(context, exception, $"unexpected {exception.GetType().Name}: {Message(exception)} This is a fault of the program; KRAKENDB_DEBUG=1 shows where.");
                return ExitCode.Failed;
        }
    }

    private static void Print(CommandContext context, Exception exception, string message) =>
        context.Note(context.Debug ? $"kraken-db: {message}{Environment.NewLine}{exception}" : $"kraken-db: {message}");

    // ArgumentException appends the parameter's name, which means nothing to a reader of the message.
    private static string Message(Exception exception)
    {
        var message = exception is ArgumentException { ParamName: { } name } argument ? argument.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;
        return message.ReplaceLineEndings(" ").Trim();
    }
}
