using System.CommandLine;

namespace KrakenDb.Cli;

internal static class LatestCommand
{
    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var interval = Arguments.RequiredInterval();
        var count = Arguments.Count("How many candles.", 20);
        var asOf = Arguments.AsOf(context.TimeProvider);
        var holes = Arguments.Holes();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "latest",
            "The newest closed candles, oldest first.",
            "kraken-db latest BTC/USD --interval 4h --count 10",
            "kraken-db latest BTC/USD --interval 1d --count 200 --as-of 2024-06-30 --format json")
        {
            symbol, interval, count, asOf, holes, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(symbol);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                await StoredIntervals.CheckAsync(provider, name, parsed.GetValue(interval), cancellationToken).ConfigureAwait(false);
                var query = new CandleQuery { AsOf = parsed.GetValue(asOf), Holes = parsed.GetValue(holes) };
                var candles = await provider.GetLatestCandlesAsync(name, parsed.GetValue(interval), parsed.GetValue(count), query, cancellationToken).ConfigureAwait(false);
                await CandleOutput.PrintAsync(context, parsed.GetValue(format), candles.ToAsyncEnumerable()).ConfigureAwait(false);
                if (candles.Count < parsed.GetValue(count))
                {
                    context.Note($"{Readable.Count(candles.Count, "candle")}, not {Readable.Count(parsed.GetValue(count))}: no more are stored{(parsed.GetValue(asOf) is null ? "" : " as of that time")}.");
                }
            }
        });
        return command;
    }
}
