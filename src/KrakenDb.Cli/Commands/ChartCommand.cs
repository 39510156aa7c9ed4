using System.CommandLine;

namespace KrakenDb.Cli;

internal static class ChartCommand
{
    private const int MostCandles = 1000;

    public static Command Create(CommandContext context)
    {
        var symbol = Arguments.Symbol();
        var interval = Arguments.OptionalInterval(Interval.Hour);
        var count = Arguments.WholeNumber(new Option<int?>("--count", "-n") { Description = "How many candles. Default: what fits.", HelpName = "N" }, 1);
        var height = Arguments.WholeNumber(new Option<int>("--height") { Description = "Lines of the price part.", HelpName = "N", DefaultValueFactory = _ => 17 }, 2);
        var asOf = Arguments.AsOf(context.TimeProvider);
        var command = new DocumentedCommand("chart", "Candlesticks in the terminal.", "kraken-db chart BTC/USD --interval 1d", "kraken-db chart ETH/USD --interval 4h --count 30 --as-of 2024-06-30")
        {
            symbol, interval, count, height, asOf,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(symbol);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var provider = new HistoricalDataProvider(store, context.TimeProvider);
                await StoredIntervals.CheckAsync(provider, name, parsed.GetValue(interval), cancellationToken).ConfigureAwait(false);
                await PrintAsync(context, provider, name, parsed.GetValue(interval), parsed.GetValue(count), parsed.GetValue(asOf), parsed.GetValue(height), cancellationToken).ConfigureAwait(false);
            }
        });
        return command;
    }

    public static async Task PrintAsync(
        CommandContext context, HistoricalDataProvider provider, string symbol, Interval interval, int? count, DateTimeOffset? asOf, int height, CancellationToken cancellationToken)
    {
        var candles = await provider.GetLatestCandlesAsync(symbol, interval, Math.Min(count ?? context.Width, MostCandles), new CandleQuery { AsOf = asOf }, cancellationToken).ConfigureAwait(false);
        if (candles.Count == 0)
        {
            context.Note("No candles had closed by then.");
            return;
        }

        var columns = CandleChart.ColumnsFor(context.Width, candles);
        var shown = Math.Min(candles.Count, count is null ? columns / 2 : columns);
        if (count is not null && shown < candles.Count)
        {
            context.Note($"{shown} of {candles.Count} candles fit; a wider terminal shows more.");
        }

        new CandleChart(context, [.. candles.Skip(candles.Count - shown)], Math.Min(height, 200)).Print();
    }
}
