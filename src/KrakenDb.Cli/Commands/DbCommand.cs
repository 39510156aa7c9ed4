using System.CommandLine;
using System.Globalization;

namespace KrakenDb.Cli;

internal static class DbCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand("db", "The store itself: init, status, compact.", "kraken-db db status");
        command.Add(CreateInit(context));
        command.Add(CreateStatus(context));
        command.Add(CreateCompact(context));
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
            }
        });
        return command;
    }

    private static Command CreateStatus(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("status", "Engine, versions and size.", "kraken-db db status --format json") { format };
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

                var records = new Records("engine", "engine_version", "location", "schema_version", "size_bytes", "candles", "trades");
                records.Add(status.Engine, status.EngineVersion, status.Location, status.SchemaVersion, status.SizeBytes, status.Candles, status.Trades);
                records.PrintOne(context, parsed.GetValue(format));
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
        table.Finish();
        output.Flush();
    }
}
