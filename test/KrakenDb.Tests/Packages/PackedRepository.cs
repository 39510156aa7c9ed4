using System.Reflection;
using System.Xml.Linq;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Packages;

/// <summary>The packages of this build in a folder, the tool installed from there, and a home where its demo has run. Each is made once, when first asked for.</summary>
public sealed class PackedRepository : IDisposable
{
    // Not the version of the repository: what other packages of that version a machine has must not be taken for these.
    public const string Version = "0.1.0-packed";

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<Task<string>> _packages;
    private readonly Lazy<Task<string>> _tool;
    private readonly Lazy<Task<string>> _demo;

    public PackedRepository()
    {
        _packages = new(PackAsync);
        _tool = new(InstallAsync);
        _demo = new(RunDemoAsync);
    }

    /// <summary>The folder with the packages.</summary>
    public Task<string> Packages => _packages.Value;

    /// <summary>The installed program.</summary>
    public Task<string> Tool => _tool.Value;

    /// <summary>What the demo printed.</summary>
    public Task<string> Demo => _demo.Value;

    /// <summary>The demo's KRAKENDB_HOME.</summary>
    public string Home => _folder["home"];

    public void Dispose() => _folder.Dispose();

    /// <summary>Builds and runs a console program that references only package KrakenDb.</summary>
    internal async Task<(ChildProcess Run, string RuntimeConfiguration)> RunProgramAsync(string source, string databaseUrl, CancellationToken cancellationToken)
    {
        await Packages;
        var folder = Directory.CreateDirectory(_folder["program"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), source, cancellationToken);
        new XElement(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement("PropertyGroup", new XElement("OutputType", "Exe"), new XElement("TargetFramework", "net10.0"), new XElement("Nullable", "enable"), new XElement("ImplicitUsings", "enable")),
            new XElement("ItemGroup", new XElement("PackageReference", new XAttribute("Include", "KrakenDb"), new XAttribute("Version", Version))))
            .Save(Path.Combine(folder, "program.csproj"));
        WriteSources(folder);

        var built = await ChildProcess.RunAsync(
            ChildProcess.Dotnet, ["build", "-o", "out", "-nr:false", "-p:UseAppHost=false"], folder, new Dictionary<string, string?> { ["NUGET_PACKAGES"] = _folder["restored"] }, cancellationToken);
        built.ExitCode.ShouldBe(0, built.Story);
        var run = await ChildProcess.RunAsync(ChildProcess.Dotnet, [Path.Combine("out", "program.dll")], folder, new Dictionary<string, string?> { ["DATABASE_URL"] = databaseUrl }, cancellationToken);
        return (run, await File.ReadAllTextAsync(Path.Combine(folder, "out", "program.runtimeconfig.json"), cancellationToken));
    }

    /// <summary>Skips or fails where packages of this build cannot be made.</summary>
    internal static void Require()
    {
        Required.Part("tool", Configuration is not null, "Packages are made of what `dotnet test` has built: run it in the repository, without an output folder of its own.");
        Required.Part(
            "tool",
            Directory.Exists(Path.Combine(RestoredPackages, "microsoft.extensions.logging.abstractions")),
            $"A program that references package KrakenDb needs the packages that this build has restored, and they are not in {RestoredPackages}: name their folder in NUGET_PACKAGES.");
    }

    // The tests run from <artifacts>/bin/KrakenDb.Tests/<configuration>.
    private static string? Configuration =>
        typeof(PackedRepository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration is { } configuration
        && string.Equals(Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), configuration, StringComparison.OrdinalIgnoreCase)
            ? configuration
            : null;

    private static string Artifacts => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", ".."));

    private static string RestoredPackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private async Task<string> PackAsync()
    {
        var packed = await ChildProcess.RunAsync(
            ChildProcess.Dotnet,
            ["pack", "--no-build", "-c", Configuration!, "-o", _folder["packages"], "-nr:false", $"-p:ArtifactsPath={Artifacts}", $"-p:PackageVersion={Version}"],
            Repository.Root,
            environment: null,
            TestContext.Current.CancellationToken);
        packed.ExitCode.ShouldBe(0, packed.Story);
        return _folder["packages"];
    }

    private async Task<string> InstallAsync()
    {
        await Packages;
        var installed = await ChildProcess.RunAsync(
            ChildProcess.Dotnet,
            ["tool", "install", "kraken-db", "--version", Version, "--tool-path", _folder["tools"], "--configfile", WriteSources(_folder.Path)],
            _folder.Path,
            environment: null,
            TestContext.Current.CancellationToken);
        installed.ExitCode.ShouldBe(0, installed.Story);
        return Path.Combine(_folder["tools"], OperatingSystem.IsWindows() ? "kraken-db.exe" : "kraken-db");
    }

    private async Task<string> RunDemoAsync()
    {
        var environment = new Dictionary<string, string?>
        {
            ["KRAKENDB_HOME"] = Home,
            ["DATABASE_URL"] = null,
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
        };
        var demo = await ChildProcess.RunAsync(await Tool, ["demo"], _folder.Path, environment, TestContext.Current.CancellationToken);
        demo.ExitCode.ShouldBe(0, demo.Story);
        return demo.Output + demo.Error;
    }

    // Nothing is fetched: our packages come from the folder, all others from what this build has restored.
    private string WriteSources(string folder)
    {
        var path = Path.Combine(folder, "nuget.config");
        new XElement(
            "configuration",
            new XElement("packageSources", new XElement("clear"), new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", _folder["packages"]))),
            new XElement("fallbackPackageFolders", new XElement("add", new XAttribute("key", "restored"), new XAttribute("value", RestoredPackages))))
            .Save(path);
        return path;
    }
}
