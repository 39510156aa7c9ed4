using System.Reflection;
using Xunit;

namespace KrakenDb.Tests.House;

public sealed class PublicSurfaceTests
{
    private static readonly string[] Assemblies = ["KrakenDb", "KrakenDb.Core", "KrakenDb.Kraken", "KrakenDb.DuckDb", "KrakenDb.Timescale"];

    [Fact]
    public void The_public_surface_is_the_one_in_docs_api_txt()
    {
        string path = Repository.PathOf("docs/api.txt");
        string actual = string.Join('\n', Assemblies.Select(name => PublicSurface.Describe(Assembly.Load(name))));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        string expected = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (expected != actual)
        {
            Assert.Fail(
                $"The public surface differs from docs/api.txt (- documented, + built). If that is meant: UPDATE_DOCS=1 dotnet test, and a line in CHANGELOG.md.\n"
                + string.Join('\n', Difference(expected, actual)));
        }
    }

    // A member's line is told apart by its type, so that a member that moves from one type to another shows.
    private static string[] Difference(string expected, string actual)
    {
        string[] documented = [.. WithType(expected)];
        string[] built = [.. WithType(actual)];
        IEnumerable<string> gone = documented.Except(built, StringComparer.Ordinal).Select(line => "- " + line);
        IEnumerable<string> added = built.Except(documented, StringComparer.Ordinal).Select(line => "+ " + line);
        string[] lines = [.. gone.Concat(added)];
        return lines.Length > 0 ? lines : ["only order or blank lines differ"];
    }

    private static IEnumerable<string> WithType(string text)
    {
        string type = "";
        foreach (string line in text.Split('\n').Where(line => line.Length > 0))
        {
            if (!line.StartsWith(' '))
                type = line;
            yield return line.StartsWith(' ') ? $"{type} |{line}" : line;
        }
    }
}
