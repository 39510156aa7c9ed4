using KrakenDb.DuckDb;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Backup;

/// <summary>Backup and restore of the embedded engine.</summary>
public sealed class FileBackupTests : IDisposable
{
    private static readonly DuckDbOptions Options = new() { Threads = 2 };

    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["kraken.duckdb"];

    private string Backup => _folder["backup.duckdb"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backup_of_an_open_store_holds_every_table_and_comes_back_whole()
    {
        string expected;
        await using (var store = await StoreFile.OpenAsync(Store))
        {
            await FilledStore.FillAsync(store);
            expected = await FilledStore.StateAsync(store);
            var report = await DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default);
            report.Rows.ShouldContain(("candles", 650L));
            await store.WriteAsync(0, 10);
        }

        await DuckDbBackup.RestoreAsync(_folder["restored.duckdb"], Backup, overwrites: false, Options, default);

        await using var restored = await StoreFile.OpenAsync(_folder["restored.duckdb"], create: false);
        (await FilledStore.StateAsync(restored)).ShouldBe(expected);
        Directory.GetFiles(_folder.Path).Where(file => file.Contains(".partial", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_backup_while_rows_are_written_is_of_one_commit()
    {
        await using var store = await StoreFile.OpenAsync(Store);
        await store.WriteAsync(0, 50_000);
        var backup = DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default);
        var commits = 0;
        do
        {
            await store.WriteAsync(50_000 + (commits * 1000), 50_000 + ((commits + 1) * 1000));
            commits++;
        }
        while (!backup.IsCompleted);

        var rows = (await backup).Rows.Single(entry => entry.Table == "candles").Rows;
        (rows % 1000).ShouldBe(0);
        rows.ShouldBeInRange(50_000, 50_000 + (commits * 1000));
    }

    [Fact]
    public async Task A_file_of_that_name_is_left_alone_unless_it_is_forced()
    {
        await StoreFile.CreateAsync(Store);
        await File.WriteAllTextAsync(Backup, "letters");

        (await Should.ThrowAsync<MarketStoreException>(() => DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default))).Message.ShouldContain("--force");
        (await File.ReadAllTextAsync(Backup)).ShouldBe("letters");
        (await Should.ThrowAsync<MarketStoreException>(() => DuckDbBackup.CreateAsync(Store, Store, overwrites: true, Options, default))).Message.ShouldContain("the store itself");
        (await DuckDbBackup.CreateAsync(Store, Backup, overwrites: true, Options, default)).Rows.ShouldContain(("candles", 100L));
    }

    [Fact]
    public async Task A_backup_that_fails_leaves_nothing_and_the_next_one_works()
    {
        await StoreFile.CreateAsync(Store);
        StoreFile.Execute(Store, "CREATE TABLE mine (x INTEGER)");
        await using (var store = await StoreFile.OpenAsync(Store, create: false))
        {
            (await Should.ThrowAsync<MarketStoreException>(() => DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default))).Message.ShouldContain("main.mine");
            Directory.GetFiles(_folder.Path, "backup*").ShouldBeEmpty();
        }

        StoreFile.Execute(Store, "DROP TABLE mine");
        await DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default);
    }

    [Fact]
    public async Task A_store_is_replaced_only_when_that_is_forced_and_its_log_goes_with_it()
    {
        await StoreFile.CreateAsync(Store, 7);
        await DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default);
        await StoreFile.CreateAsync(_folder["other.duckdb"], 50);
        await File.WriteAllTextAsync(_folder["other.duckdb.wal"], "of the store that was");

        (await Should.ThrowAsync<MarketStoreException>(() => DuckDbBackup.RestoreAsync(_folder["other.duckdb"], Backup, overwrites: false, Options, default))).Message.ShouldContain("--force");
        File.Exists(_folder["other.duckdb.wal"]).ShouldBeTrue();
        await DuckDbBackup.RestoreAsync(_folder["other.duckdb"], Backup, overwrites: true, Options, default);

        await using var store = await StoreFile.OpenAsync(_folder["other.duckdb"], create: false);
        (await store.CountAsync()).ShouldBe(7);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("letters")]
    [InlineData("ledger")]
    public async Task A_damaged_backup_is_refused_and_the_store_stays(string damage)
    {
        await StoreFile.CreateAsync(Store, 7);
        await DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default);
        switch (damage)
        {
            case "cut":
                await using (var file = new FileStream(Backup, FileMode.Open))
                {
                    file.SetLength(file.Length / 2);
                }

                break;
            case "letters":
                await File.WriteAllTextAsync(Backup, "not a store");
                break;
            default:
                StoreFile.Execute(Backup, "DELETE FROM candles WHERE timestamp = TIMESTAMP '2024-01-01 00:03:00'");
                break;
        }

        var refusal = await Should.ThrowAsync<MarketStoreException>(() => DuckDbBackup.RestoreAsync(Store, Backup, overwrites: true, Options, default));

        if (damage == "ledger")
        {
            refusal.Message.ShouldContain("BTC/USD candles_1m: the ledger says 7 rows, there are 6");
        }

        await using var store = await StoreFile.OpenAsync(Store, create: false);
        (await store.CountAsync()).ShouldBe(7);
        Directory.GetFiles(_folder.Path, "*.partial*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_in_use_is_not_replaced()
    {
        await StoreFile.CreateAsync(Store, 7);
        await DuckDbBackup.CreateAsync(Store, Backup, overwrites: false, Options, default);
        await using var store = await StoreFile.OpenAsync(Store, create: false);

        await Should.ThrowAsync<StoreInUseException>(() => DuckDbBackup.RestoreAsync(Store, Backup, overwrites: true, Options, default));

        (await store.CountAsync()).ShouldBe(7);
    }

    [Fact]
    public async Task The_commands_say_what_they_did()
    {
        await StoreFile.CreateAsync(Store, 7);

        var backup = await ProgramRun.OnAsync(store: null, clock: null, "db", "backup", Backup, "--db-url", Store);
        var restore = await ProgramRun.OnAsync(store: null, clock: null, "db", "restore", Backup, "--db-url", _folder["new/kraken.duckdb"], "--format", "json");
        var copy = await ProgramRun.OnAsync(store: null, clock: null, "copy", "--from", Store, "--to", _folder["new/kraken.duckdb"], "--format", "csv");
        var nowhere = await ProgramRun.OnAsync(store: null, clock: null, "copy", "--from", _folder["none.duckdb"], "--to", Store);
        var misused = await ProgramRun.OnAsync(store: null, clock: null, "copy", "--from", Store);

        backup.Error.ShouldContain("7 candles, 0 trades");
        restore.ExitCode.ShouldBe(0, restore.Error);
        restore.Output.ShouldContain("\"size_bytes\"");
        copy.ExitCode.ShouldBe(0, copy.Error);
        copy.Error.ShouldContain("Nothing to copy: the stores are equal");
        copy.Lines.ShouldContain(line => line.StartsWith("candles,BTC/USD 1m,7,7,7,7,", StringComparison.Ordinal) && line.EndsWith(",same,", StringComparison.Ordinal));
        nowhere.ExitCode.ShouldBe(1);
        misused.ExitCode.ShouldBe(2);
    }
}
