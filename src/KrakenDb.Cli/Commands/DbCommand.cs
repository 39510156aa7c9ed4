using System.CommandLine;
using System.Globalization;

namespace KrakenDb.Cli;

internal static class DbCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand("db", "The store itself: init, status, compact, backup, restore, retention; on TimescaleDB also refresh, compress, compression.", "kraken-db db status");
        command.Add(CreateInit(context));
        command.Add(CreateStatus(context));
        command.Add(CreateCompact(context));
        command.Add(CreateRefresh(context));
        command.Add(CreateCompress(context));
        command.Add(CreateCompression(context));
        command.Add(BackupCommands.CreateBackup(context));
        command.Add(BackupCommands.CreateRestore(context));
        command.Add(RetentionCommand.Create(context));
        return command;
    }

    private static Command CreateInit(CommandContext context)
    {
        var command = new DocumentedCommand("init", "Creates the store, or brings the one that is there up to date.", "kraken-db db init --db-url ./market.duckdb");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var status = await store.GetStatusAsync(cancellationToken).ConfigureAwait(false);
                context.Note(string.Create(CultureInfo.InvariantCulture, $"Ready: {status.Location} ({status.Engine} {status.EngineVersion}, schema {status.SchemaVersion})."));
                foreach (var missing in status.Features.Where(feature => !feature.IsOn))
                {
                    context.Note($"{missing.Name}: off: {missing.Note}");
                }
            }
        });
        return command;
    }

    private static Command CreateStatus(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("status", "Engine, versions and size; of a server also what it has and lacks, and what that means.", "kraken-db db status --format json") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var status = await store.GetStatusAsync(cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(format) == OutputFormat.Table)
                {
                    PrintTable(context, status);
                    return;
                }

                StoreRecords.WithFeatures(status).PrintOne(context, parsed.GetValue(format));
            }
        });
        return command;
    }

    private static Command CreateCompact(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("compact", "Rewrites the store without its dead space.", "kraken-db db compact") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var report = await store.CompactAsync(cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(format) == OutputFormat.Table)
                {
                    context.Note($"Compacted from {Readable.Bytes(report.BytesBefore)} to {Readable.Bytes(report.BytesAfter)}.");
                    return;
                }

                var records = new Records("bytes_before", "bytes_after");
                records.Add(report.BytesBefore, report.BytesAfter);
                records.PrintOne(context, parsed.GetValue(format));
            }
        });
        return command;
    }

    private static Command CreateRefresh(CommandContext context)
    {
        var start = Arguments.Time("--start", "From here on, whether pending or not. Default: only what is pending.", context.TimeProvider);
        var end = Arguments.Time("--end", "Up to here. Default: now.", context.TimeProvider);
        var command = new DocumentedCommand(
            "refresh",
            "Brings kept rollups up to date. Every import does so by itself; after an interrupted one this makes it good.",
            "kraken-db db refresh",
            "kraken-db db refresh --start 2024-01-01 --end 2024-02-01")
        {
            start, end,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            TimeRange? range = null;
            if (parsed.GetValue(start) is { } from)
            {
                var to = parsed.GetValue(end) ?? context.Now;
                Arguments.CheckRange(from, to);
                range = new TimeRange(from, to);
            }
            else if (parsed.GetValue(end) is not null)
            {
                throw new UsageException("--end needs a --start.");
            }

            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var minutes = await store.RefreshRollupsAsync(range, cancellationToken).ConfigureAwait(false);
                context.Note(minutes > 0 ? $"Refreshed the rollups of {Readable.Count(minutes, "minute")}." : "Nothing to refresh: the rollups are up to date, or computed when they are read.");
            }
        });
        return command;
    }

    private static Command CreateCompress(CommandContext context)
    {
        var olderThan = Arguments.Read(new Option<Interval?>("--older-than") { Description = "Age of the youngest data to compress: 7d, 4w. Default: the policies' ages, 7 days for trades and 30 for candles.", HelpName = "AGE" }, text => (Interval?)Interval.Parse(text));
        var command = new DocumentedCommand("compress", "Compresses old chunks now, without waiting for the server's policy (TimescaleDB Community).", "kraken-db db compress --older-than 7d") { olderThan };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var chunks = await store.CompressAsync(parsed.GetValue(olderThan)?.Duration, cancellationToken).ConfigureAwait(false);
                context.Note(chunks > 0 ? $"Compressed {Readable.Count(chunks, "chunk")}. How well: kraken-db db compression" : "No chunk is that old, or this store does not compress by chunk; see: kraken-db db status");
            }
        });
        return command;
    }

    private static Command CreateCompression(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("compression", "Per table: chunks, compressed ones, their bytes before and after (TimescaleDB Community).", "kraken-db db compression") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var tables = await store.GetCompressionAsync(cancellationToken).ConfigureAwait(false);
                if (tables.Count == 0)
                {
                    context.Note("This store does not compress by chunk; see: kraken-db db status");
                }

                if (parsed.GetValue(format) != OutputFormat.Table)
                {
                    var records = new Records("table", "chunks", "compressed_chunks", "bytes_before", "bytes_after");
                    foreach (var table in tables)
                    {
                        records.Add(table.Table, table.Chunks, table.CompressedChunks, table.BytesBefore, table.BytesAfter);
                    }

                    records.PrintAll(context, parsed.GetValue(format));
                    return;
                }

                PrintCompression(context, tables);
            }
        });
        return command;
    }

    private static void PrintCompression(CommandContext context, IReadOnlyList<TableCompression> tables)
    {
        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new("table"), new("chunks"), new("compressed"), new("before"), new("after"), new("saved"));
        foreach (var row in tables)
        {
            table.Add(
                (row.Table, Style.Plain),
                (Readable.Count(row.Chunks), Style.Plain),
                (Readable.Count(row.CompressedChunks), Style.Plain),
                (Readable.Bytes(row.BytesBefore), Style.Plain),
                (Readable.Bytes(row.BytesAfter), Style.Plain),
                (row.BytesBefore > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100 - (row.BytesAfter * 100m / row.BytesBefore):0.0} %") : "", Style.Plain));
        }

        table.Finish();
        output.Flush();
    }

    private static void PrintTable(CommandContext context, StoreStatus status)
    {
        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new(""), new(""));
        table.Add(("location", Style.Quiet), (status.Location, Style.Plain));
        table.Add(("engine", Style.Quiet), ($"{status.Engine} {status.EngineVersion}", Style.Plain));
        table.Add(("schema", Style.Quiet), (status.SchemaVersion.ToString(CultureInfo.InvariantCulture), Style.Plain));
        table.Add(("size", Style.Quiet), (Readable.Bytes(status.SizeBytes), Style.Plain));
        table.Add(("candles", Style.Quiet), (Readable.Count(status.Candles), Style.Plain));
        table.Add(("trades", Style.Quiet), (Readable.Count(status.Trades), Style.Plain));
        foreach (var feature in status.Features)
        {
            table.Add((feature.Name, Style.Quiet), ($"{(feature.IsOn ? "on" : "off")}: {feature.Note}", feature.IsOn ? Style.Plain : Style.Bad));
        }

        table.Finish();
        output.Flush();
    }
}
