using System.CommandLine;

namespace KrakenDb.Cli;

internal static class SymbolsCommand
{
    public static Command Create(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("symbols", "The markets of which something is stored.", "kraken-db symbols --format json") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var symbols = await store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(format) == OutputFormat.Table)
                {
                    var output = new Utf8Output(context.Output);
                    foreach (var symbol in symbols)
                    {
                        output.Text($"{symbol}\n");
                    }

                    output.Flush();
                    return;
                }

                var records = new Records("symbol");
                foreach (var symbol in symbols)
                {
                    records.Add(symbol);
                }

                records.PrintAll(context, parsed.GetValue(format));
            }
        });
        return command;
    }
}
