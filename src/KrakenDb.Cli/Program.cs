using KrakenDb.Cli;

using var interruption = new Interruption();
CommandContext context;
try
{
    context = CommandContext.OfThisProcess();
}
catch (UsageException exception)
{
    await Console.Error.WriteLineAsync($"kraken-db: {exception.Message}").ConfigureAwait(false);
    return ExitCode.Misused;
}

return await KrakenDbProgram.RunAsync(args, context, interruption.Token).ConfigureAwait(false) is var code && interruption.ExitCode is { } interrupted
    ? interrupted
    : code;
