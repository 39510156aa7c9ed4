using System.CommandLine;

namespace KrakenDb.Cli;

internal static class CoverageCommand
{
    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var command = new DocumentedCommand(
            "coverage",
            "A calendar of 1-minute data, a line per month: # proven, + claimed, ~ covered without a trade, o partly covered, . missing.",
            "kraken-db coverage BTC/USD")
        {
            symbol,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                var name = (await provider.GetSyncStatusAsync(parsed.GetValue(symbol)!, cancellationToken).ConfigureAwait(false))[0].Symbol;
                await new CoverageCalendar(context, store, name).PrintAsync(cancellationToken).ConfigureAwait(false);
            }
        });
        return command;
    }
}
