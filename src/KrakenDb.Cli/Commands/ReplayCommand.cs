using System.CommandLine;

namespace KrakenDb.Cli;

internal static class ReplayCommand
{
    public static Command Create(CommandContext context)
    {
        var symbols = new Argument<string[]>("SYMBOL") { Description = "One or more markets, merged in the order of closing.", Arity = ArgumentArity.OneOrMore };
        var interval = Arguments.RequiredInterval();
        var start = Arguments.Start(context.TimeProvider);
        var end = Arguments.End(context.TimeProvider);
        var speed = Arguments.Speed();
        var holes = Arguments.Holes();
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "replay",
            "Candles in the order in which they closed, at any speed; each comes when the replay's clock reaches its close.",
            "kraken-db replay BTC/USD ETH/USD --interval 1m --start 2024-01-31 --end 2024-02-01 --speed 600",
            "kraken-db replay BTC/USD --interval 1m --speed 0 --format csv | my-strategy")
        {
            symbols, interval, start, end, speed, holes, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var names = parsed.GetRequiredValue(symbols);
            var last = parsed.GetValue(end) ?? context.Now;
            Arguments.CheckRange(parsed.GetValue(start) ?? DateTimeOffset.MinValue, last);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                var first = last;
                foreach (var name in names)
                {
                    await StoredIntervals.CheckAsync(provider, name, parsed.GetValue(interval), cancellationToken).ConfigureAwait(false);
                    var oldest = (await provider.GetDataRangeAsync(name, cancellationToken).ConfigureAwait(false)).Oldest;
                    first = oldest < first ? oldest : first;
                }

                first = parsed.GetValue(start) ?? parsed.GetValue(interval).Floor(first);
                var query = new CandleQuery { Holes = parsed.GetValue(holes) };
                var rate = parsed.GetValue(speed);
                var candles = names is [var only]
                    ? provider.ReplayCandlesAsync(only, parsed.GetValue(interval), first, last, rate, query, cancellationToken)
                    : provider.ReplayCandlesAsync([.. names.Select(name => new ReplayStream(name, parsed.GetValue(interval)))], first, last, rate, query, cancellationToken);
                var started = context.TimeProvider.GetTimestamp();
                var count = await CandleOutput.PrintAsync(context, parsed.GetValue(format), candles, showSymbol: names.Length > 1, live: rate > 0).ConfigureAwait(false);
                context.Note($"Replayed {Readable.Count(count, "candle")} in {Readable.Duration(context.TimeProvider.GetElapsedTime(started))}.");
            }
        });
        return command;
    }
}
