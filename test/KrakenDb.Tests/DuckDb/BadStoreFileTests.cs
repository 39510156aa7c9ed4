using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

/// <summary>A file that cannot be a store gets a clear error and stays as it is, byte for byte.</summary>
public sealed class BadStoreFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["kraken.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("DUCK")]
    [InlineData("timestamp,open,high,low,close,volume,trades\n")]
    public async Task A_file_of_something_else_is_refused(string content)
    {
        await File.WriteAllTextAsync(Store, content);

        await RefusedUntouchedAsync("not a DuckDB file");

        // Nor is anything put beside it.
        Directory.GetFileSystemEntries(_folder.Path).ShouldBe([Store]);
    }

    [Fact]
    public async Task A_folder_is_refused()
    {
        Directory.CreateDirectory(Store);

        (await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(Store))).Message.ShouldContain("is a folder");
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(12_288)]
    [InlineData(12_289)]
    [InlineData(100_000)]
    [InlineData(500_000)]
    public async Task A_truncated_store_is_refused(int length)
    {
        await StoreFile.CreateAsync(Store, 50_000);
        await using (var file = File.OpenWrite(Store))
        {
            file.Length.ShouldBeGreaterThan(length);
            file.SetLength(length);
        }

        await RefusedUntouchedAsync("cannot be opened");
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_refused()
    {
        await StoreFile.CreateAsync(Store);
        StoreFile.Execute(Store, "INSERT INTO schema_version VALUES (999, TIMESTAMP '2030-01-01')");

        await RefusedUntouchedAsync("schema version 999");
    }

    [Fact]
    public async Task A_DuckDB_database_of_something_else_is_refused()
    {
        StoreFile.Execute(Store, "CREATE TABLE accounts (id INTEGER); INSERT INTO accounts VALUES (1)");

        await RefusedUntouchedAsync("kraken-db did not make");
    }

    [Fact]
    public async Task A_missing_store_is_created_only_when_asked_for()
    {
        (await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(Store, create: false))).Message.ShouldContain("no store at");
        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();

        await StoreFile.CreateAsync(_folder["new/folder/kraken.duckdb"]);
        File.Exists(_folder["new/folder/kraken.duckdb"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_log_without_its_store_is_not_thrown_away()
    {
        await File.WriteAllTextAsync(Store + ".wal", "committed rows of a store that was moved");

        (await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(Store))).Message.ShouldContain($"{Store}.wal");
        File.Exists(Store + ".wal").ShouldBeTrue();
        File.Exists(Store).ShouldBeFalse();
    }

    [Fact]
    public async Task Leftovers_of_killed_processes_are_in_nobodys_way()
    {
        foreach (var name in new[] { ".new", ".new.wal", ".compact", ".compact.wal" })
        {
            await File.WriteAllTextAsync(Store + name, "half of something");
        }

        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 10);
        await store.CompactAsync();

        (await store.CountAsync()).ShouldBe(10);
        Directory.GetFiles(_folder.Path).Select(Path.GetFileName).ShouldBe(["kraken.duckdb", "kraken.duckdb.owner"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Read-only folders are made the Linux way.");
            return;
        }

        var store = Store;
        if (Environment.IsPrivilegedProcess)
        {
            // Permissions do not bind root; this file system does.
            store = "/sys/kraken.duckdb";
        }
        else
        {
            await StoreFile.CreateAsync(Store);
            File.Delete(Store + ".owner");
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        try
        {
            var refused = await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(store));
            refused.ShouldNotBeOfType<StoreInUseException>();
            refused.Message.ShouldContain(store);
        }
        finally
        {
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task RefusedUntouchedAsync(string reason)
    {
        var before = await File.ReadAllBytesAsync(Store);

        var refused = await Should.ThrowAsync<MarketStoreException>(() => StoreFile.OpenAsync(Store));

        refused.Message.ShouldContain(reason);
        refused.Message.ShouldContain(Store);
        (await File.ReadAllBytesAsync(Store)).AsSpan().SequenceEqual(before).ShouldBeTrue();
        File.Exists(Store + ".wal").ShouldBeFalse();
    }
}
