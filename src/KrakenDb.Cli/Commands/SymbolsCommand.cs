using System.CommandLine;

namespace KrakenDb.Cli;

internal static class SymbolsCommand
{
    public static Command Create(CommandContext context)
    {
        var refresh = new Option<bool>("--refresh") { Description = "Load Kraken's list of pairs into the store; every command then accepts each of them in any spelling." };
        var listed = new Option<bool>("--listed") { Description = "The pairs of that list instead of the markets of which something is stored." };
        var changes = new Option<bool>("--changes") { Description = "What was found changed in that list, oldest first." };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "symbols",
            "The markets of which something is stored.",
            "kraken-db symbols --format json",
            "kraken-db symbols --refresh",
            "kraken-db symbols --changes")
        {
            refresh, listed, changes, format,
        };
        command.Validators.Add(result =>
        {
            if (new[] { refresh, listed, changes }.Count(result.GetValue) > 1)
            {
                result.AddError("Give one of --refresh, --listed and --changes");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = parsed.GetValue(refresh)
                ? await context.OpenOrCreateStoreAsync(parsed, cancellationToken).ConfigureAwait(false)
                : await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                if (parsed.GetValue(refresh))
                {
                    await RefreshAsync(context, store, cancellationToken).ConfigureAwait(false);
                }
                else if (parsed.GetValue(changes))
                {
                    PrintChanges(context, await store.GetInstrumentChangesAsync(cancellationToken).ConfigureAwait(false), parsed.GetValue(format));
                }
                else if (parsed.GetValue(listed))
                {
                    PrintListed(context, await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false), parsed.GetValue(format));
                }
                else
                {
                    PrintSymbols(context, await store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false), parsed.GetValue(format));
                }
            }
        });
        return command;
    }

    private static async Task RefreshAsync(CommandContext context, IMarketStore store, CancellationToken cancellationToken)
    {
        using var exchange = await context.ConnectAsync(store, maxRetries: null, cancellationToken).ConfigureAwait(false);
        var before = (await store.GetInstrumentChangesAsync(cancellationToken).ConfigureAwait(false)).Count;
        var pairs = await exchange.GetAssetPairsAsync(cancellationToken).ConfigureAwait(false);
        await store.AddInstrumentsAsync(pairs, cancellationToken).ConfigureAwait(false);
        var changes = (await store.GetInstrumentChangesAsync(cancellationToken).ConfigureAwait(false)).Skip(before).ToList();
        var added = changes.Count(change => change.Field == "listed");
        context.Note($"{Readable.Count(pairs.Count, "pair")} listed: {Readable.Count(added)} new to this store, {Readable.Count(changes.Count - added, "change")}. See: kraken-db symbols --changes");
    }

    private static void PrintSymbols(CommandContext context, IReadOnlyList<string> symbols, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            var output = new Utf8Output(context.Output);
            foreach (var symbol in symbols)
            {
                output.Text($"{symbol}\n");
            }

            output.Flush();
            return;
        }

        StoreRecords.Symbols(symbols).PrintAll(context, format);
    }

    private static void PrintListed(CommandContext context, IReadOnlyList<Instrument> instruments, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            var output = new Utf8Output(context.Output);
            var table = new TextTable(context, output, new("symbol"), new("altname"), new("rest key"), new("wsname"), new("price decimals", Numeric: true), new("volume decimals", Numeric: true), new("status"));
            foreach (var instrument in instruments)
            {
                table.Add(
                    (instrument.Symbol, Style.Heading),
                    (instrument.Altname, Style.Plain),
                    (instrument.RestKey ?? "", Style.Plain),
                    (instrument.WsName ?? "", Style.Plain),
                    ($"{instrument.PairDecimals}", Style.Plain),
                    ($"{instrument.LotDecimals}", Style.Plain),
                    (instrument.Status ?? "", instrument.Status is null or "online" ? Style.Quiet : Style.Warning));
            }

            table.Finish();
            output.Flush();
            return;
        }

        StoreRecords.Of(instruments).PrintAll(context, format);
    }

    private static void PrintChanges(CommandContext context, IReadOnlyList<InstrumentChange> changes, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            var output = new Utf8Output(context.Output);
            var table = new TextTable(context, output, new("noticed"), new("symbol"), new("field"), new("old"), new("new"));
            foreach (var change in changes)
            {
                table.Add((Readable.Time(change.ChangedAt), Style.Quiet), (change.Symbol, Style.Heading), (change.Field, Style.Plain), (change.OldValue ?? "", Style.Plain), (change.NewValue ?? "", Style.Plain));
            }

            table.Finish();
            output.Flush();
            return;
        }

        StoreRecords.Of(changes).PrintAll(context, format);
    }
}
