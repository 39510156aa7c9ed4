using KrakenDb.Cli;

using var interruption = new Interruption();
return await KrakenDbProgram.RunAsync(args, CommandContext.OfThisProcess(), interruption.Token).ConfigureAwait(false) is var code && interruption.ExitCode is { } interrupted
    ? interrupted
    : code;
