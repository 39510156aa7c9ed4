using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace KrakenDb.Cli;

/// <summary>A command whose help ends with examples to copy.</summary>
internal sealed class DocumentedCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>The option of the root that prints the help of every command.</summary>
    public static HelpOption HelpWithExamples(CommandContext context)
    {
        var option = new HelpOption { Description = "Show this help." };
        option.Action = new PrintHelp((HelpAction)option.Action!, context);
        return option;
    }

    private sealed class PrintHelp(HelpAction help, CommandContext context) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            help.MaxWidth = context.Width;
            var code = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is DocumentedCommand { Examples.Count: > 0 } command)
            {
                var output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (var example in command.Examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            return code;
        }
    }
}
