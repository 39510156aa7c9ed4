using System.Text.RegularExpressions;

namespace KrakenDb.Tests.House;

/// <summary>C# source as far as a test about words needs to understand it.</summary>
internal static class CSharpText
{
    // In order: raw strings, verbatim strings, strings, characters; then comments. What stands first swallows the other.
    private static readonly Regex TextOrComment = new(
        "(?<text>\"\"\"[\\s\\S]*?\"\"\"|@\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+')|//[^\\n]*|/\\*[\\s\\S]*?\\*/",
        RegexOptions.ExplicitCapture);

    /// <summary>The source without comments and without the content of strings.</summary>
    public static string Code(string source) => TextOrComment.Replace(source, match => match.Groups["text"].Success ? "\"\"" : " ");
}
