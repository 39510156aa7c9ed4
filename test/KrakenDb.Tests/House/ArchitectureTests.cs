using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.House;

/// <summary>What must never break in the shape of the repository (docs/ARCHITECTURE.md).</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["src/KrakenDb"] = ["KrakenDb.Client", "KrakenDb.Core", "KrakenDb.DuckDb", "KrakenDb.Kraken", "KrakenDb.Timescale"],
        ["src/KrakenDb.Cli"] = ["KrakenDb", "KrakenDb.Server", "KrakenDb.Simulator"],
        ["src/KrakenDb.Client"] = ["KrakenDb.Core"],
        ["src/KrakenDb.Core"] = [],
        ["src/KrakenDb.DuckDb"] = ["KrakenDb.Core"],
        ["src/KrakenDb.Kraken"] = ["KrakenDb.Core"],
        ["src/KrakenDb.Server"] = ["KrakenDb.Core"],
        ["src/KrakenDb.Simulator"] = ["KrakenDb.Core"],
        ["src/KrakenDb.Timescale"] = ["KrakenDb.Core"],
        ["test/KrakenDb.Scenarios"] = ["KrakenDb", "KrakenDb.Cli", "KrakenDb.Simulator"],
        ["test/KrakenDb.Tests"] = ["KrakenDb", "KrakenDb.Cli", "KrakenDb.Server", "KrakenDb.Simulator"],
        ["bench/KrakenDb.Benchmarks"] = ["KrakenDb", "KrakenDb.Server", "KrakenDb.Simulator"],
    };

    [Fact]
    public void Projects_see_only_what_the_architecture_allows()
    {
        var projects = Repository.Files(pattern: "*.csproj").ToDictionary(
            file => Path.GetDirectoryName(file)!.Replace('\\', '/'),
            file => Included(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))).Order(StringComparer.Ordinal).ToArray(),
            StringComparer.Ordinal);

        projects.Keys.Order(StringComparer.Ordinal).ShouldBe(Arrows.Keys.Order(StringComparer.Ordinal));
        foreach ((string project, string[] allowed) in Arrows)
            projects[project].ShouldBe(allowed, customMessage: project);
    }

    [Fact]
    public void Every_project_is_in_the_solution() =>
        XDocument.Load(Repository.PathOf("KrakenDb.slnx")).Descendants("Project").Select(project => project.Attribute("Path")!.Value)
            .ShouldBe(Repository.Files(pattern: "*.csproj"), ignoreOrder: true);

    [Fact]
    public void The_domain_needs_two_packages_at_most() =>
        Included("src/KrakenDb.Core/KrakenDb.Core.csproj", "PackageReference")
            .Except(["Microsoft.Extensions.Logging.Abstractions", "System.Threading.RateLimiting"], StringComparer.Ordinal)
            .ShouldBeEmpty();

    [Fact]
    public void Folders_are_named_after_what_they_hold()
    {
        string[] forbidden = ["Common", "Helpers", "Interfaces", "Models", "Utils"];
        Repository.Files()
            .Where(file => file.Split('/').SkipLast(1).Any(folder => forbidden.Contains(folder, StringComparer.OrdinalIgnoreCase)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Time_and_chance_are_passed_in() =>
        Uses("src", @"\b(DateTime|DateTimeOffset)\s*\.\s*(UtcNow|Now|Today)\b|\bRandom\s*\.\s*Shared\b|\bnew\s+Random\s*\(\s*\)").ShouldBeEmpty();

    [Theory]
    [InlineData("src/KrakenDb.Core/Market")]
    [InlineData("src/KrakenDb.Core/Candles")]
    [InlineData("src/KrakenDb.Core/Coverage")]
    [InlineData("src/KrakenDb.Core/Ingestion")]
    [InlineData("src/KrakenDb.Kraken/Csv")]
    [InlineData("src/KrakenDb.Kraken/Rest")]
    [InlineData("src/KrakenDb.Kraken/WebSocket")]
    public void Prices_and_volumes_never_become_floating_point(string folder)
    {
        Repository.Files(folder, "*.cs").ShouldNotBeEmpty();
        Uses(folder, @"\b(double|float|Half|Double|Single)\b").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Market", "Candles", "Coverage", "Storage", "History", "Ingestion")]
    [InlineData("Candles", "Storage", "History", "Ingestion")]
    [InlineData("Coverage", "Storage", "History", "Ingestion")]
    [InlineData("Storage", "Ingestion")]
    public void Folders_of_the_domain_look_one_way(string folder, params string[] hidden)
    {
        string[] types = [.. hidden.SelectMany(TypesOf)];
        if (types.Length > 0)
            Uses($"src/KrakenDb.Core/{folder}", $@"(?<![.\w])({string.Join('|', types)})\b(?!\s*[({{;,=]|\s*=>)").ShouldBeEmpty();
    }

    [Fact]
    public void Every_file_is_still_one_idea() =>
        Repository.Files(pattern: "*.cs")
            .Select(file => (file, lines: File.ReadLines(Repository.PathOf(file)).Count()))
            .Where(entry => entry.lines > 500)
            .Select(entry => $"{entry.file} has {entry.lines} lines; 500 are the limit")
            .ShouldBeEmpty();

    [Fact]
    public void No_file_names_the_host_of_a_package_registry()
    {
        // An address of a mirror in a lock file or a script would make it work on one machine only.
        Regex host = new("(https?://[a-z0-9.-]*(npm|nuget|debian|pypi)[a-z0-9.-]*/)|(\"resolved\"\\s*:)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture);
        Repository.Files()
            .Where(file => new FileInfo(Repository.PathOf(file)).Length < 1_000_000 && host.IsMatch(File.ReadAllText(Repository.PathOf(file))))
            .ShouldBeEmpty();
    }

    private static IEnumerable<string> Included(string project, string item) =>
        XDocument.Load(Repository.PathOf(project)).Descendants(item).Select(element => element.Attribute("Include")?.Value).OfType<string>();

    private static IEnumerable<string> TypesOf(string folder) =>
        Repository.Files($"src/KrakenDb.Core/{folder}", "*.cs")
            .SelectMany(file => Regex.Matches(
                CSharpText.Code(File.ReadAllText(Repository.PathOf(file))),
                @"^(public|internal)\s+[\w\s]*\b(class|struct|record|enum|interface|delegate)\s+(?!struct\b|class\b)(?<name>\w+)",
                RegexOptions.Multiline | RegexOptions.ExplicitCapture))
            .Select(match => match.Groups["name"].Value)
            .Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Uses(string folder, string pattern)
    {
        Regex regex = new(pattern);
        foreach (string file in Repository.Files(folder, "*.cs"))
        {
            foreach (Match match in regex.Matches(CSharpText.Code(File.ReadAllText(Repository.PathOf(file)))))
                yield return $"{file}: {match.Value}";
        }
    }
}
