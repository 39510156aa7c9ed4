using System.CommandLine;

namespace KrakenDb.Cli;

/// <summary><c>db backup</c> and <c>db restore</c>.</summary>
internal static class BackupCommands
{
    public static Command CreateBackup(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The backup to write. It appears under this name when it is whole and checked." };
        var force = new Option<bool>("--force") { Description = "Replace a file of this name." };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "backup",
            "Writes a backup of one moment, while the store is used. Of a file: a store of its own, which can be opened. Of a server: pg_dump's custom format and, beside it, FILE.manifest.json, which a restore is compared with; needs PostgreSQL's client programs (PG_BIN names their folder).",
            "kraken-db db backup kraken-backup.duckdb",
            "kraken-db db backup kraken_data.dump --db-url postgresql://trading@localhost/kraken_data")
        {
            file, force, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await StoreBackup.CreateAsync(context.LocationOf(parsed), context.PathOf(parsed.GetValue(file)!), parsed.GetValue(force), Options(context), cancellationToken).ConfigureAwait(false);
            Print(context, report, parsed.GetValue(format), "Backed up to");
        });
        return command;
    }

    public static Command CreateRestore(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "What db backup wrote." };
        var force = new Option<bool>("--force") { Description = "Replace the store's file. A server's database must be empty in any case." };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "restore",
            "Brings a backup back as the store that --db-url names. A file is replaced only when the backup opens and agrees with its ledger. A server's database must be empty; TimescaleDB's steps before and after are taken, and rows, primary keys, hypertables, continuous aggregates and policies are compared with the manifest. Exit code 1 with what differs.",
            "kraken-db db restore kraken-backup.duckdb --db-url ./kraken.duckdb",
            "kraken-db db restore kraken_data.dump --db-url postgresql://postgres@localhost/kraken_restored")
        {
            file, force, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await StoreBackup.RestoreAsync(parsed.GetValue(context.DbUrl), parsed.GetValue(file)!, parsed.GetValue(force), Options(context), cancellationToken).ConfigureAwait(false);
            Print(context, report, parsed.GetValue(format), "Restored and compared:");
        });
        return command;
    }

    private static MarketStoreOptions Options(CommandContext context) => MarketStoreOptions.Default with { TimeProvider = context.TimeProvider };

    private static void Print(CommandContext context, BackupReport report, OutputFormat format, string done)
    {
        var tables = new Records("table", "rows");
        foreach (var (table, rows) in report.Rows)
        {
            tables.Add(table, rows);
        }

        if (format == OutputFormat.Table)
        {
            var named = report.Rows.Where(entry => entry.Table is "candles" or "trades").Select(entry => Readable.Count(entry.Rows, entry.Table.TrimEnd('s')));
            context.Note($"{done} {report.File} ({Readable.Bytes(report.SizeBytes)}), {string.Join(", ", named)}.");
            return;
        }

        var records = new Records("file", "size_bytes", "tables");
        records.Add(report.File, report.SizeBytes, tables);
        records.PrintOne(context, format);
    }
}
