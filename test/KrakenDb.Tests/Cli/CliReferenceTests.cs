using System.CommandLine;
using System.Text;
using KrakenDb.Cli;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class CliReferenceTests
{
    private const string GeneratedFrom = "<!-- From here to the end of the commands this page is what --help prints; UPDATE_DOCS=1 dotnet test --filter CliReferenceTests writes it. -->";
    private const string GeneratedTo = "<!-- End of the commands. -->";

    private static readonly string Page = Repository.PathOf("docs/cli.md");

    [Fact]
    public async Task The_reference_page_is_what_the_program_says_of_itself()
    {
        var page = (await File.ReadAllTextAsync(Page)).ReplaceLineEndings("\n");
        var from = page.IndexOf(GeneratedFrom, StringComparison.Ordinal) + GeneratedFrom.Length;
        var to = page.IndexOf(GeneratedTo, StringComparison.Ordinal);
        var help = await HelpAsync();

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Page, page[..from] + help + page[to..]);
            return;
        }

        const string Stale = "docs/cli.md is out of date: UPDATE_DOCS=1 dotnet test --filter CliReferenceTests writes it.";
        var (written, said) = (page[from..to].Split('\n'), help.Split('\n'));
        said.Except(written, StringComparer.Ordinal).ShouldBeEmpty(Stale);
        written.Except(said, StringComparer.Ordinal).ShouldBeEmpty(Stale);
        written.SequenceEqual(said, StringComparer.Ordinal).ShouldBeTrue(Stale);
    }

    [Fact]
    public void Every_command_and_option_is_described()
    {
        foreach (var command in Commands(KrakenDbProgram.CreateRoot(new CommandContext(Stream.Null, TextWriter.Null))))
        {
            command.Description.ShouldNotBeNullOrWhiteSpace(command.Name);
            command.Options.ShouldAllBe(option => !string.IsNullOrWhiteSpace(option.Description));
            command.Arguments.ShouldAllBe(argument => !string.IsNullOrWhiteSpace(argument.Description));
        }
    }

    [Fact]
    public async Task Every_example_is_a_command_line_that_can_be_read()
    {
        var context = new CommandContext(Stream.Null, TextWriter.Null);
        foreach (var example in Commands(KrakenDbProgram.CreateRoot(context)).OfType<DocumentedCommand>().SelectMany(command => command.Examples))
        {
            var words = example.Split('|', '>')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);

            words[0].ShouldBe("kraken-db");
            KrakenDbProgram.CreateRoot(context).Parse(words[1..]).Errors.ShouldBeEmpty(example);
        }

        (await ProgramRun.OnAsync(store: null, clock: null, "--version")).Output.Trim().ShouldBe($"kraken-db {KrakenDbProgram.Version}");
    }

    private static async Task<string> HelpAsync()
    {
        var text = new StringBuilder("\n");
        await AppendAsync(text, []);
        return text.ToString();
    }

    private static async Task AppendAsync(StringBuilder text, string[] path)
    {
        var run = await ProgramRun.OnAsync(store: null, clock: null, [.. path, "--help"]);
        run.ExitCode.ShouldBe(0);
        text.Append($"\n### {string.Join(' ', path.Prepend("kraken-db"))}\n\n```text\n");
        text.Append(string.Join('\n', run.Output.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).Trim()).Append("\n```\n");
        var command = path.Aggregate(KrakenDbProgram.CreateRoot(new CommandContext(Stream.Null, TextWriter.Null)), (above, name) => above.Subcommands.Single(below => below.Name == name));
        foreach (var below in command.Subcommands)
        {
            await AppendAsync(text, [.. path, below.Name]);
        }

        if (path.Length == 0)
        {
            text.Append('\n');
        }
    }

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);
}
