using System.CommandLine;

namespace KrakenDb.Cli;

internal static class IndicatorsCommand
{
    public static Command Create(CommandContext context) => new("indicators", "External indicators: figures of the market that Kraken does not publish.")
    {
        CreateImport(context),
        CreateFetch(context),
        CreateShow(context),
    };

    private static DocumentedCommand CreateImport(CommandContext context)
    {
        var file = new Argument<string>("FILE") { Description = "A CSV file whose first line names the columns: timestamp, value, indicator_name, source." };
        var name = new Option<string?>("--name") { Description = "What the values are, for files without the column indicator_name.", HelpName = "NAME" };
        var source = new Option<string?>("--source") { Description = "Who published them, for files without the column source. Default: the file's name.", HelpName = "NAME" };
        var command = new DocumentedCommand("import", "Imports a CSV file. Values of the same name, time and source are replaced.", "kraken-db indicators import fear_greed.csv --name fear_greed --source alternative.me")
        {
            file, name, source,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var values = await IndicatorFile.ReadAsync(context.PathOf(parsed.GetValue(file)!), parsed.GetValue(name), parsed.GetValue(source), cancellationToken).ConfigureAwait(false);
            await StoreAsync(context, parsed, values, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static DocumentedCommand CreateFetch(CommandContext context)
    {
        var name = new Argument<string>("NAME") { Description = $"{IndicatorFeed.FearGreed} (alternative.me, all of its history) or {IndicatorFeed.BtcDominance} (CoinGecko, now)." };
        name.AcceptOnlyFromAmong([.. IndicatorFeed.Names]);
        var command = new DocumentedCommand("fetch", "Fetches an indicator from its publisher. ALTERNATIVE_ME_URL and COINGECKO_URL change the address.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var feed = new IndicatorFeed(context.IndicatorFeedOptions());
            var values = await feed.FetchAsync(parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            await StoreAsync(context, parsed, values, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static DocumentedCommand CreateShow(CommandContext context)
    {
        var name = new Argument<string>("NAME") { Description = "Such as fear_greed." };
        var start = Arguments.Time("--start", "First time, included. Default: only the newest value.", context.TimeProvider);
        var end = Arguments.Time("--end", "Last time, excluded. Default: now.", context.TimeProvider);
        var asOf = Arguments.Time("--as-of", "Only what was known by this time. Default: now.", context.TimeProvider);
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "show",
            "The newest stored value of an indicator as of a time, or its values in a range.",
            "kraken-db indicators show fear_greed",
            "kraken-db indicators show fear_greed --start 2024-01-01 --format csv")
        {
            name, start, end, asOf, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var known = parsed.GetValue(asOf) ?? context.Now;
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                IReadOnlyList<ExternalIndicator> values;
                if (parsed.GetValue(start) is { } from)
                {
                    var to = parsed.GetValue(end) ?? context.Now;
                    Arguments.CheckRange(from, to);
                    values = await provider.GetExternalIndicatorsAsync(parsed.GetValue(name)!, from, to, known, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    values = await provider.GetLatestExternalIndicatorAsync(parsed.GetValue(name)!, known, cancellationToken).ConfigureAwait(false) is { } latest ? [latest] : [];
                }

                Print(context, values, parsed.GetValue(format));
                if (values.Count == 0)
                {
                    context.Note($"No value of {parsed.GetValue(name)} is stored there. Get some: kraken-db indicators fetch {IndicatorFeed.FearGreed}");
                }
            }
        });
        return command;
    }

    private static async Task StoreAsync(CommandContext context, ParseResult parsed, IReadOnlyList<ExternalIndicator> values, CancellationToken cancellationToken)
    {
        var store = await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await store.WriteIndicatorsAsync(values, cancellationToken).ConfigureAwait(false);
        }

        context.Note(values.Count == 0
            ? "No values."
            : $"{Readable.Count(values.Count, "value")} stored, {Readable.Time(values.Min(value => value.Timestamp))} to {Readable.Time(values.Max(value => value.Timestamp))}.");
    }

    private static void Print(CommandContext context, IReadOnlyList<ExternalIndicator> values, OutputFormat format)
    {
        if (format != OutputFormat.Table)
        {
            StoreRecords.Of(values).PrintAll(context, format);
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new("time"), new("indicator"), new("value", Numeric: true), new("source"));
        foreach (var value in values)
        {
            table.Add((Readable.Time(value.Timestamp), Style.Plain), (value.IndicatorName, Style.Heading), (value.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), Style.Plain), (value.Source, Style.Quiet));
        }

        table.Finish();
        output.Flush();
    }
}
