using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text;

namespace KrakenDb.Cli;

/// <summary>The whole program but for the process around it: parses, runs, and turns every outcome into an exit code.</summary>
internal static class KrakenDbProgram
{
    public static string Version { get; } =
        typeof(KrakenDbProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var parsed = Parse(arguments, context);
            if (parsed.Errors.Count > 0 && parsed.Action is null or System.CommandLine.Invocation.ParseErrorAction)
            {
                return Misused(context, parsed, arguments);
            }

            if (await OwnerCommands.SendAsync(parsed, arguments, context, cancellationToken).ConfigureAwait(false) is { } exitCode)
            {
                return exitCode;
            }

            var output = new StreamWriter(context.Output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
            await using (output.ConfigureAwait(false))
            {
                var configuration = new InvocationConfiguration
                {
                    Output = output,
                    Error = context.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                };
                return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            return Failure.Report(exception, context, cancellationToken);
        }
    }

    public static ParseResult Parse(IReadOnlyList<string> arguments, CommandContext context) =>
        CreateRoot(context).Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    public static Command CreateRoot(CommandContext context)
    {
        // Not a RootCommand: that is named after the file that runs, which in help and tests is not always kraken-db.
        var root = new Command("kraken-db", "Kraken's market history in a file of your own: import it, prove it complete, read it at full speed.")
        {
            ImportCommand.Create(context),
            BackfillCommand.Create(context),
            FillGapsCommand.Create(context),
            CandlesCommand.Create(context),
            LatestCommand.Create(context),
            MultiCommand.Create(context),
            ReplayCommand.Create(context),
            ChartCommand.Create(context),
            ExportCommand.Create(context),
            RangeCommand.Create(context),
            SymbolsCommand.Create(context),
            StatusCommand.Create(context),
            CoverageCommand.Create(context),
            VerifyCommand.Create(context),
            HealthCommand.Create(context),
            BookCommand.Create(context),
            IndicatorsCommand.Create(context),
            DbCommand.Create(context),
            CollectCommand.Create(context),
            RunCommand.Create(context),
            CopyCommand.Create(context),
            ServeCommand.Create(context),
            ServeReplayCommand.Create(context),
            DemoCommand.Create(context),
            SimulateCommand.Create(context),
        };
        root.Options.Add(context.DbUrl);
        root.Options.Add(context.PoolMaxSize);
        root.Options.Add(new VersionOption { Description = "Show the version.", Action = new PrintVersion() });
        root.Options.Add(DocumentedCommand.HelpWithExamples(context));
        return root;
    }

    private static int Misused(CommandContext context, ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var path = string.Join(' ', Ancestors(parsed.CommandResult).Reverse());
        if (arguments.Count == 0)
        {
            context.Note($"kraken-db {Version}. A first look: kraken-db demo. All commands: kraken-db --help");
            return ExitCode.Misused;
        }

        if (parsed.CommandResult.Command is { Subcommands.Count: > 0 } group)
        {
            var asked = parsed.UnmatchedTokens is [var unknown, ..] ? $"no command or option '{unknown}'" : "which command?";
            context.Note($"{path}: {asked}; there are {string.Join(", ", group.Subcommands.Select(command => command.Name))}. See: {path} --help");
            return ExitCode.Misused;
        }

        foreach (var message in parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
        {
            context.Note($"{path}: {message.TrimEnd('.')}. See: {path} --help");
        }

        return ExitCode.Misused;

        static IEnumerable<string> Ancestors(CommandResult result)
        {
            for (SymbolResult? at = result; at is CommandResult command; at = at.Parent)
            {
                yield return command.Command.Name;
            }
        }
    }

    private sealed class PrintVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"kraken-db {Version}");
            return ExitCode.Done;
        }
    }
}
