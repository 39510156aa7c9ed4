using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace KrakenDb.Cli;

/// <summary>A command whose help ends with examples to copy.</summary>
internal sealed class DocumentedCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Replaces the help of <paramref name="root"/> and everything below it.</summary>
    public static void WriteExamplesInHelp(RootCommand root, int width)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Description = "Show this help.";
        var help = (HelpAction)option.Action!;
        help.MaxWidth = width;
        option.Action = new HelpWithExamples(help);
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
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
