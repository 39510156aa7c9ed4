namespace KrakenDb.Tests.Docs;

/// <summary>The README's program and what it says that it prints.</summary>
internal static class Readme
{
    private static readonly (string Language, string Text)[] Blocks = [.. new Page("README.md").Blocks()];

    public static string Program { get; } = Blocks.Single(block => block.Language == "csharp").Text;

    public static string OutputOfProgram { get; } = Blocks.SkipWhile(block => block.Language != "csharp").ElementAt(1).Text;
}
