using System.Text.RegularExpressions;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Docs;

public sealed class PagesTests
{
    [Fact]
    public void The_readme_is_read_in_one_go() => new Page("README.md").Text.Split('\n').Length.ShouldBeLessThan(120);

    [Fact]
    public void Every_link_between_the_pages_leads_somewhere()
    {
        var broken = Page.All().Append(new Page("CONTRIBUTING.md")).Append(new Page("CHANGELOG.md")).SelectMany(page =>
            Regex.Matches(page.Text, @"\]\((?<target>[^)#\s]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture)
                .Select(match => match.Groups["target"].Value)
                .Where(target => !target.Contains("://", StringComparison.Ordinal))
                .Where(target => !Path.Exists(Repository.PathOf(Path.Combine(Path.GetDirectoryName(page.Path)!, target))))
                .Select(target => $"{page.Path}: {target}"));

        broken.ShouldBeEmpty();
    }

    [Fact]
    public void Every_decision_is_named_on_the_architecture_page()
    {
        var architecture = new Page("docs/ARCHITECTURE.md").Text;

        Repository.Files("docs/decisions", "*.md").Select(file => Path.GetFileName(file)!).Where(file => !architecture.Contains($"decisions/{file}", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_member_that_the_conformance_page_names_exists()
    {
        var types = new[] { typeof(MarketStore).Assembly, typeof(Candle).Assembly, typeof(BulkCsvImporter).Assembly }
            .SelectMany(assembly => assembly.GetExportedTypes())
            .ToLookup(type => type.Name, StringComparer.Ordinal);

        // The right column of each table; single words there may be options, tables or variables.
        var named = new Page("docs/conformance.md").Text.Split('\n')
            .Where(line => line.StartsWith('|'))
            .SelectMany(line => Regex.Matches(line.TrimEnd('|', ' ').Split(" | ")[^1], "`(?<type>[A-Z][A-Za-z]+)(\\.(?<member>[A-Z][A-Za-z]+))?`", RegexOptions.ExplicitCapture))
            .Select(match => (Type: match.Groups["type"].Value, Member: match.Groups["member"].Value))
            .Where(name => name.Type != nameof(IAsyncDisposable))
            .ToList();

        named.Count.ShouldBeGreaterThan(50);
        named.Where(name => !types[name.Type].Any(type => name.Member.Length == 0 || type.GetMember(name.Member).Length > 0))
            .Select(name => $"{name.Type}.{name.Member}")
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_test_that_the_conformance_page_names_exists()
    {
        var tests = Repository.Files("test", "*.cs")
            .SelectMany(file => Regex.Matches(File.ReadAllText(Repository.PathOf(file)), @"public (async )?(Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture))
            .Select(match => match.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);
        var named = Regex.Matches(new Page("docs/conformance.md").Text, "`(?<name>[A-Z][A-Za-z0-9]*(_[A-Za-z0-9]+){2,})`", RegexOptions.ExplicitCapture)
            .Select(match => match.Groups["name"].Value)
            .Where(name => name.Any(char.IsAsciiLetterLower))
            .ToList();

        named.Count.ShouldBeGreaterThan(10);
        named.Where(name => !tests.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_environment_variable_of_the_program_is_explained()
    {
        var page = new Page("docs/cli.md").Text;
        var used = Repository.Files("src", "*.cs")
            .SelectMany(file => Regex.Matches(File.ReadAllText(Repository.PathOf(file)), "\"(?<name>KRAKENDB_[A-Z_]+|DATABASE_URL)\"", RegexOptions.ExplicitCapture))
            .Select(match => match.Groups["name"].Value)
            .Distinct(StringComparer.Ordinal)
            .ToList();

        used.ShouldContain("DATABASE_URL");
        used.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
