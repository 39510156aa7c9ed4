using System.CommandLine;
using System.Globalization;

namespace KrakenDb.Cli;

internal static class HealthCommand
{
    public static Command Create(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("health", "Whether the store answers, and what is in it. Ends with 1 when it does not.", "kraken-db health --format json") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await CheckAsync(context, parsed, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(format) == OutputFormat.Table)
            {
                PrintTable(context, report);
            }
            else
            {
                StoreRecords.Of(report).PrintOne(context, parsed.GetValue(format));
            }

            return report.Connected ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    // A store that cannot be opened is an answer here, not a failure of the command.
    private static async Task<HealthReport> CheckAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var started = context.TimeProvider.GetTimestamp();
        try
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                return await new HistoricalDataProvider(store, context.TimeProvider).HealthCheckAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (MarketStoreException exception)
        {
            return new HealthReport { Connected = false, Error = exception.Message, ResponseTime = context.TimeProvider.GetElapsedTime(started) };
        }
    }

    private static void PrintTable(CommandContext context, HealthReport report)
    {
        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new(""), new(""));
        table.Add(("store", Style.Quiet), report.Connected ? ("answers", Style.Good) : ("does not answer", Style.Bad));
        if (report.Error is { } error)
        {
            table.Add(("error", Style.Quiet), (error, Style.Plain));
        }

        if (report.Store is { } store)
        {
            table.Add(("location", Style.Quiet), (store.Location, Style.Plain));
            table.Add(("engine", Style.Quiet), (string.Create(CultureInfo.InvariantCulture, $"{store.Engine} {store.EngineVersion}, schema {store.SchemaVersion}"), Style.Plain));
            table.Add(("size", Style.Quiet), (Readable.Bytes(store.SizeBytes), Style.Plain));
            table.Add(("symbols", Style.Quiet), (Readable.Count(report.Symbols.Count), Style.Plain));
            table.Add(("1m candles", Style.Quiet), (Readable.Count(report.TotalCandles), Style.Plain));
        }

        if (report is { OldestData: { } oldest, NewestData: { } newest })
        {
            table.Add(("data", Style.Quiet), ($"{Readable.Time(oldest)} to {Readable.Time(newest)} UTC", Style.Plain));
        }

        table.Add(("answered in", Style.Quiet), (string.Create(CultureInfo.InvariantCulture, $"{report.ResponseTime.TotalMilliseconds:0} ms"), Style.Plain));
        table.Finish();
        output.Flush();
    }
}
