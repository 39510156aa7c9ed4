using System.CommandLine;

namespace KrakenDb.Cli;

internal static class CandlesCommand
{
    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var interval = Arguments.RequiredInterval();
        var start = Arguments.Start(context.TimeProvider);
        var end = Arguments.End(context.TimeProvider);
        var limit = Arguments.Limit();
        var asOf = Arguments.AsOf(context.TimeProvider);
        var holes = Arguments.Holes();
        var includeOpen = new Option<bool>("--include-open") { Description = "Also the candle that is still open, from what is known of it." };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "candles",
            "Candles of a range, oldest first. Any interval of whole minutes is made from what is stored.",
            "kraken-db candles BTC/USD --interval 1h --start 2024-01-01 --end 2024-02-01",
            "kraken-db candles XBTUSD --interval 5m --start -7d --format csv > week.csv")
        {
            symbol, interval, start, end, limit, asOf, holes, includeOpen, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var now = context.Now;
            var query = new CandleQuery { AsOf = parsed.GetValue(asOf) ?? now, Holes = parsed.GetValue(holes), IncludeOpen = parsed.GetValue(includeOpen) };
            var range = new CandleRange(parsed.GetRequiredValue(symbol), parsed.GetValue(interval), parsed.GetValue(start), parsed.GetValue(end) ?? now);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                var candles = await range.ReadAsync(provider, query, cancellationToken).ConfigureAwait(false);
                var count = await CandleOutput.PrintAsync(context, parsed.GetValue(format), candles.Take(parsed.GetValue(limit) ?? int.MaxValue)).ConfigureAwait(false);
                if (count == 0)
                {
                    await range.NoteNothingAsync(context, provider, cancellationToken).ConfigureAwait(false);
                }
            }
        });
        return command;
    }
}
