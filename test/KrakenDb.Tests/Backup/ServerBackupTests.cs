using KrakenDb.Cli;
using KrakenDb.Tests.Cli;
using KrakenDb.Tests.Packages;
using KrakenDb.Tests.Storage;
using KrakenDb.Tests.Timescale;
using KrakenDb.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Backup;

/// <summary>Backup and restore of the server engine: pg_dump, pg_restore, and TimescaleDB's steps around it.</summary>
public sealed class ServerBackupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Backup => _folder["kraken.dump"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_backup_of_PostgreSQL_comes_back_whole()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var restored = await TestDatabase.CreatePlainAsync();
        await ThereAndBackAsync(database, restored);
    }

    [Fact]
    public async Task A_backup_of_TimescaleDB_comes_back_with_its_keys_hypertables_and_aggregates()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await using var restored = await TestDatabase.CreateTimescaleAsync();
        await ThereAndBackAsync(database, restored);

        const string Keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid IN ('candles'::regclass, 'trades'::regclass, 'external_indicators'::regclass)";
        (await restored.ScalarAsync<long>(Keys)).ShouldBe(3);
        (await restored.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.continuous_aggregates")).ShouldBe(8);
        (await restored.ScalarAsync<string>("SELECT coalesce(current_setting('timescaledb.restoring', true), 'off')")).ShouldBe("off");

        // Without its key, a row that is there would be a second one.
        await Should.ThrowAsync<Npgsql.PostgresException>(() => restored.ExecuteAsync("INSERT INTO candles SELECT * FROM candles LIMIT 1"));
    }

    [Fact]
    public async Task A_database_that_is_not_empty_is_left_as_it_is()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        (await RunAsync("backup", database)).ExitCode.ShouldBe(0);

        var run = await RunAsync("restore", database, "--force");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("is not empty (tables absent_trade_ids");
    }

    [Fact]
    public async Task What_was_not_restored_is_said()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var restored = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        (await RunAsync("backup", database)).ExitCode.ShouldBe(0);
        var manifest = await File.ReadAllTextAsync(BackupManifest.PathOf(Backup));
        await File.WriteAllTextAsync(BackupManifest.PathOf(Backup), manifest.Replace("\"candles\": 0", "\"candles\": 5", StringComparison.Ordinal).Replace("trades (symbol, timestamp, id)", "trades (id)", StringComparison.Ordinal));

        var run = await RunAsync("restore", restored);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("table candles: 5 rows in the backup, 0 rows restored");
        run.Error.ShouldContain("primary key trades (id): not restored");
    }

    [Fact]
    public async Task A_backup_without_its_manifest_is_refused()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await File.WriteAllTextAsync(Backup, "");

        (await RunAsync("restore", database)).Error.ShouldContain("kraken.dump.manifest.json is missing");
    }

    [Fact]
    public async Task A_backup_of_TimescaleDB_is_refused_where_there_is_none()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await using var plain = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        (await RunAsync("backup", database)).ExitCode.ShouldBe(0);

        var run = await RunAsync("restore", plain);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("The backup was made with TimescaleDB 2.");
    }

    [Fact]
    public async Task The_password_is_not_among_the_arguments_and_a_failed_dump_leaves_no_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for pg_dump is a shell script.");
        await using var database = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        await WriteProgramAsync(
            """
            for argument; do case $argument in --file=*) echo half >"${argument#--file=}" ;; esac; done
            echo "arguments: $*; environment: ${PGPASSWORD:+a password}" >&2
            exit 3
            """);

        var run = await InProcessAsync(database, _folder.Path);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("arguments: --format=custom");
        run.Error.ShouldContain("environment: a password");
        run.Error.ShouldNotContain("secret");
        Directory.GetFiles(_folder.Path, "kraken.dump*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pg_dump_that_is_older_than_the_server_is_named_with_both_versions()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for pg_dump is a shell script.");
        await using var database = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        await WriteProgramAsync("echo 'pg_dump (PostgreSQL) 14.23 (Debian 14.23-1)'");

        var run = await InProcessAsync(database, _folder.Path);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"{_folder["pg_dump"]} is of version 14, and the server is PostgreSQL 1");
        run.Error.ShouldContain("or name their folder with PG_BIN");
        Directory.GetFiles(_folder.Path, "kraken.dump*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_backup_of_a_newer_server_is_refused_before_anything_is_restored()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var restored = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();
        (await RunAsync("backup", database)).ExitCode.ShouldBe(0);
        var manifest = await File.ReadAllTextAsync(BackupManifest.PathOf(Backup));
        await File.WriteAllTextAsync(BackupManifest.PathOf(Backup), System.Text.RegularExpressions.Regex.Replace(manifest, "(\"postgres_version\": )\"[^\"]*\"", "$1\"99.1\""));

        var run = await RunAsync("restore", restored);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("The backup was made of PostgreSQL 99.1");
        (await restored.ScalarAsync<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_missing_pg_dump_is_named_with_the_package_that_brings_it()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await (await database.OpenAsync()).DisposeAsync();

        var run = await InProcessAsync(database, _folder["nowhere"]);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("pg_dump is not there");
        run.Error.ShouldContain("apt-get install postgresql-client-");
        Directory.GetFiles(_folder.Path).ShouldBeEmpty();
    }

    private async Task WriteProgramAsync(string script)
    {
        await File.WriteAllTextAsync(_folder["pg_dump"], "#!/bin/sh\n" + script);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder["pg_dump"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task ThereAndBackAsync(TestDatabase database, TestDatabase restored)
    {
        string expected;
        await using (var store = await database.OpenAsync())
        {
            await FilledStore.FillAsync(store);
            await store.RefreshRollupsAsync(range: null, default);
            await store.CompressAsync(olderThan: null, default);
            expected = await FilledStore.StateAsync(store);
        }

        (await RunAsync("backup", database)).Error.ShouldContain("650 candles, 697 trades");
        var run = await RunAsync("restore", restored);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldContain("Restored and compared");
        await using var again = await restored.OpenAsync();
        (await FilledStore.StateAsync(again)).ShouldBe(expected);
        await FilledStore.FillAsync(again);
        (await again.GetStatusAsync()).Candles.ShouldBe(650);
    }

    private Task<ProgramRun> RunAsync(string command, TestDatabase database, params string[] more) =>
        ProgramRun.OnAsync(store: null, clock: null, ["db", command, Backup, "--db-url", database.Url, .. more]);

    // The variable is the process's: other tests back up at the same time.
    private Task<ChildProcess> InProcessAsync(TestDatabase database, string binaries) => ChildProcess.RunAsync(
        ChildProcess.Dotnet,
        [typeof(KrakenDbProgram).Assembly.Location, "db", "backup", Backup],
        _folder.Path,
        new Dictionary<string, string?> { ["PG_BIN"] = binaries, ["DATABASE_URL"] = database.Url },
        CancellationToken.None);
}
