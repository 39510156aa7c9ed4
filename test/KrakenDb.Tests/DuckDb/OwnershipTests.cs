using KrakenDb.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

public sealed class OwnershipTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["kraken.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_open_in_the_process_shares_the_file_and_loses_nothing()
    {
        await using var first = await StoreFile.OpenAsync(Store);
        await first.WriteAsync(0, 1000);

        await using (var second = await StoreFile.OpenAsync(Store))
        {
            await second.WriteAsync(1000, 2000);
            (await first.CountAsync()).ShouldBe(2000);
        }

        await first.WriteAsync(2000, 3000);
        await first.DisposeAsync();
        await using var again = await StoreFile.OpenAsync(Store, create: false);
        (await again.CountAsync()).ShouldBe(3000);
        (await again.GetCoverageAsync(StoreFile.Symbol, "candles_1m")).ShouldBe([Rows.Covered(0, 3000)]);
    }

    [Theory]
    [InlineData("link.duckdb")]
    [InlineData("folder-link/kraken.duckdb")]
    [InlineData("./sub/../kraken.duckdb")]
    public async Task One_file_is_shared_whatever_it_is_called(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege on Windows.");
        File.CreateSymbolicLink(_folder["link.duckdb"], Store);
        Directory.CreateSymbolicLink(_folder["folder-link"], _folder.Path);
        await using var first = await StoreFile.OpenAsync(Store);
        await first.WriteAsync(0, 10);

        await using var second = await StoreFile.OpenAsync(Path.Combine(_folder.Path, name));

        await second.WriteAsync(10, 20);
        (await first.CountAsync()).ShouldBe(20);
    }

    [Fact]
    public async Task A_folder_that_is_a_link_to_itself_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege on Windows.");
        Directory.CreateSymbolicLink(_folder["loop"], _folder["loop/below"]);

        await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(_folder["loop/below/kraken.duckdb"]));
    }

    [Fact]
    public async Task Reading_the_file_while_it_is_open_lets_nobody_else_in()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 1000);

        // On POSIX systems the end of this read drops every lock that DuckDB took on the file.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let the file be read while it is open.");
        (await File.ReadAllBytesAsync(Store)).Length.ShouldBeGreaterThan(12);

        var other = await RunningProgram.RunAsync(Store, "db", "status");
        other.ExitCode.ShouldBe(1, other.Story);
        other.Error.ShouldContain($"in use by process {Environment.ProcessId}");
        await store.WriteAsync(1000, 2000);
        await store.DisposeAsync();
        await using var again = await StoreFile.OpenAsync(Store);
        (await again.CountAsync()).ShouldBe(2000);
    }

    [Fact]
    public async Task A_second_process_is_refused_with_the_owners_id_and_let_in_after_kill_9()
    {
        await StoreFile.CreateAsync(Store);
        using var owner = RunningProgram.Start("replay", StoreFile.Symbol, "--interval", "1m", "--speed", "0.001", "--db-url", Store);
        await owner.OwnsAsync(Store);

        var refused = await Should.ThrowAsync<StoreInUseException>(() => StoreFile.OpenAsync(Store));

        refused.OwnerProcessId.ShouldBe(owner.Id);
        refused.Message.ShouldContain($"process {owner.Id}");
        owner.HasEnded.ShouldBeFalse();
        await owner.KillAsync();
        new FileInfo(Store + ".owner").Length.ShouldBeGreaterThan(0);
        await using var store = await StoreFile.OpenAsync(Store);
        (await store.CountAsync()).ShouldBe(100);
        await store.WriteAsync(100, 200);
    }

    [Fact]
    public async Task Of_processes_that_start_at_once_each_works_or_is_refused()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunningProgram.RunAsync(Store, "db", "init")));

        runs.ShouldContain(run => run.ExitCode == 0);
        foreach (var run in runs.Where(run => run.ExitCode != 0))
        {
            run.ExitCode.ShouldBe(1, run.Story);
            run.Error.ShouldContain("in use by");
        }

        await using var store = await StoreFile.OpenAsync(Store, create: false);
        await store.WriteAsync(0, 10);
        (await store.CountAsync()).ShouldBe(10);
    }

    [Fact]
    public async Task A_closed_store_names_no_owner()
    {
        await StoreFile.CreateAsync(Store);

        FileOwner.Read(Store + ".owner").ShouldBeNull();
    }

    [Fact]
    public async Task A_broken_owner_file_of_nobody_is_taken_over()
    {
        await File.WriteAllTextAsync(Store + ".owner", "{ not json");

        await StoreFile.CreateAsync(Store);

        await using var store = await StoreFile.OpenAsync(Store);
        (await store.CountAsync()).ShouldBe(100);
    }
}
