using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using KrakenDb.DuckDb.Native;
using KrakenDb.Tests.Docs;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Packages;

/// <summary>What a user gets from <c>dotnet pack</c>. Slow: it packs, installs, builds and runs.</summary>
[Trait("Speed", "Slow")]
public sealed class PackageTests(PackedRepository packed) : IClassFixture<PackedRepository>
{
    private static readonly string[] Libraries = ["KrakenDb", "KrakenDb.Client", "KrakenDb.Core", "KrakenDb.DuckDb", "KrakenDb.Kraken", "KrakenDb.Timescale"];

    [Fact]
    public async Task The_libraries_the_native_library_and_the_tool_are_packed()
    {
        PackedRepository.Require();

        var files = Directory.GetFiles(await packed.Packages).Select(Path.GetFileName).ToList();

        files.Count(file => file!.StartsWith("KrakenDb.DuckDb.Native.", StringComparison.Ordinal)).ShouldBe(1);
        files.Where(file => !file!.StartsWith("KrakenDb.DuckDb.Native.", StringComparison.Ordinal))
            .ShouldBe([.. Libraries.Append("kraken-db").Select(FileName)], ignoreOrder: true);
        foreach (var file in files)
        {
            var metadata = await NuspecAsync(file!);
            Value(metadata, "version").ShouldBe(PackedRepository.Version);
            Value(metadata, "license").ShouldBe("MIT");
            Value(metadata, "readme").ShouldBe("README.md");
            Value(metadata, "description").Length.ShouldBeGreaterThan(20);
        }
    }

    [Fact]
    public async Task The_engine_brings_the_library_of_this_platform_in_a_package_of_its_own()
    {
        PackedRepository.Require();
        var native = Directory.GetFiles(await packed.Packages, "KrakenDb.DuckDb.Native.*.nupkg").Select(path => Path.GetFileName(path)!).Single();
        var rid = native["KrakenDb.DuckDb.Native.".Length..^$".{PackedRepository.Version}.nupkg".Length];

        Dependencies(await NuspecAsync(FileName("KrakenDb.DuckDb"))).ShouldContain($"KrakenDb.DuckDb.Native.{rid} {PackedRepository.Version}");
        (await EntriesAsync(native)).ShouldContain($"runtimes/{rid}/native/{DuckDbLibrary.FileName}");
    }

    [Fact]
    public async Task The_tool_holds_all_that_it_needs()
    {
        PackedRepository.Require();

        var entries = await EntriesAsync(FileName("kraken-db"));

        foreach (var file in Libraries.Append("KrakenDb.Server").Append("KrakenDb.Simulator").Select(library => library + ".dll").Append(DuckDbLibrary.FileName))
        {
            entries.ShouldContain($"tools/net10.0/any/{file}");
        }

        Dependencies(await NuspecAsync(FileName("kraken-db"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_tool_installs_from_a_folder_and_runs_the_demo()
    {
        PackedRepository.Require();

        (await packed.Demo).ShouldContain("BTC/USD");

        Directory.EnumerateFiles(packed.Home, "*.duckdb", SearchOption.AllDirectories).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_program_of_the_readme_needs_package_KrakenDb_only()
    {
        PackedRepository.Require();
        await packed.Demo;
        var store = Directory.EnumerateFiles(packed.Home, "*.duckdb", SearchOption.AllDirectories).Single();

        var (run, runtimeConfiguration) = await packed.RunProgramAsync(Readme.Program, $"duckdb:{store}", TestContext.Current.CancellationToken);

        run.ExitCode.ShouldBe(0, run.Story);
        run.Output.ReplaceLineEndings("\n").Split('\n').ShouldBe(Readme.OutputOfProgram.Split('\n'));
        runtimeConfiguration.ShouldContain("Microsoft.NETCore.App");
        runtimeConfiguration.ShouldNotContain("AspNetCore");
    }

    private static string FileName(string id) => $"{id}.{PackedRepository.Version}.nupkg";

    private static string Value(XElement metadata, string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value ?? "";

    private static List<string> Dependencies(XElement metadata) =>
        [.. metadata.Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => $"{element.Attribute("id")?.Value} {element.Attribute("version")?.Value}")];

    private async Task<List<string>> EntriesAsync(string file)
    {
        await using var package = await ZipFile.OpenReadAsync(Path.Combine(await packed.Packages, file), TestContext.Current.CancellationToken);
        return [.. package.Entries.Select(entry => entry.FullName)];
    }

    private async Task<XElement> NuspecAsync(string file)
    {
        await using var package = await ZipFile.OpenReadAsync(Path.Combine(await packed.Packages, file), TestContext.Current.CancellationToken);
        using var text = new StreamReader(await package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).OpenAsync(TestContext.Current.CancellationToken), Encoding.UTF8);
        return XElement.Parse(await text.ReadToEndAsync(TestContext.Current.CancellationToken)).Elements().Single(element => element.Name.LocalName == "metadata");
    }
}
