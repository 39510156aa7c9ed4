using KrakenDb.Tests.House;
using KrakenDb.Tests.Packages;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Deployment;

/// <summary>scripts/backup.sh with a stand-in for the program.</summary>
public sealed class BackupScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BackupScriptTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell script.");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Seven_days_are_kept_and_what_is_not_a_backup_is_left_alone()
    {
        Age("kraken_data_20240101_030000.dump", days: 8);
        Age("kraken_data_20240101_030000.dump.manifest.json", days: 8);
        Age("kraken_data_20240102_030000.dump", days: 7.01);
        Age("kraken_data_20240103_030000.dump", days: 6.99);
        Age("notes.txt", days: 400);
        Age("other.dump", days: 400);

        var run = await RunAsync("echo whole >\"$3\"; echo '{}' >\"$3.manifest.json\"");

        run.ExitCode.ShouldBe(0, run.Story);
        var files = Files();
        files.ShouldContain("kraken_data_20240103_030000.dump");
        files.ShouldContain("notes.txt");
        files.ShouldContain("other.dump");
        files.Where(file => file.StartsWith("kraken_data_2024", StringComparison.Ordinal)).Count().ShouldBe(1);
        files.Count(file => file.StartsWith("kraken_data_", StringComparison.Ordinal)).ShouldBe(3);
        run.Output.ShouldContain("Backup created: ");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(Directory.GetFiles(Backups, "kraken_data_2*.dump").OrderByDescending(File.GetLastWriteTimeUtc).First()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task A_backup_that_fails_removes_nothing()
    {
        Age("kraken_data_20240101_030000.dump", days: 30);

        var run = await RunAsync("echo no server >&2; exit 1");

        run.ExitCode.ShouldBe(1, run.Story);
        Files().ShouldBe(["kraken_data_20240101_030000.dump"]);
        run.Output.ShouldNotContain("Backup created");
    }

    [Fact]
    public async Task Other_days_can_be_kept()
    {
        Age("kraken_data_20240101_030000.dump", days: 30);
        (await RunAsync("echo whole >\"$3\"", ("KEEP_DAYS", "31"))).ExitCode.ShouldBe(0);
        Files().ShouldContain("kraken_data_20240101_030000.dump");
        (await RunAsync("exit 0", ("KEEP_DAYS", "-1"))).ExitCode.ShouldBe(2);
    }

    private string Backups => _folder["backups"];

    private List<string> Files() => [.. Directory.GetFiles(Backups).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    private void Age(string name, double days)
    {
        Directory.CreateDirectory(Backups);
        File.WriteAllText(Path.Combine(Backups, name), "old");
        File.SetLastWriteTimeUtc(Path.Combine(Backups, name), DateTime.UtcNow.AddDays(-days));
    }

    // The stand-in is given: db backup FILE.
    private async Task<ChildProcess> RunAsync(string standIn, params (string Name, string Value)[] more)
    {
        await File.WriteAllTextAsync(_folder["stand-in"], $"[ \"$1 $2\" = 'db backup' ] || exit 9\n{standIn}\n");
        var environment = new Dictionary<string, string?> { ["BACKUP_DIR"] = Backups, ["KRAKEN_DB"] = $"sh {_folder["stand-in"]}", ["KEEP_DAYS"] = null };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return await ChildProcess.RunAsync("sh", [Repository.PathOf("scripts/backup.sh")], _folder.Path, environment, CancellationToken.None);
    }
}
