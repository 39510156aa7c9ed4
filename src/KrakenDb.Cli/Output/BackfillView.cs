using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>A backfill as a person sees it: the plan, how far it is, what it came to.</summary>
internal sealed class BackfillView(CommandContext context, KrakenTradesBackfill backfill, KrakenExchange exchange)
{
    public static void Print(CommandContext context, IReadOnlyList<BackfillResult> results, OutputFormat format)
    {
        if (format != OutputFormat.Table)
        {
            var records = new Records("symbol", "trades", "inserted", "unchanged", "conflicting", "candles_inserted", "not_stored", "missing_ids", "calls", "error");
            foreach (var result in results)
            {
                records.Add(
                    result.Symbol, result.Trades, result.TradesInserted, result.TradesUnchanged, result.TradesConflicting, result.CandlesInserted, result.NotStored, result.MissingIds, result.Calls, result.Error);
            }

            records.PrintAll(context, format);
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(
            context,
            output,
            new("symbol"),
            new("trades", Numeric: true),
            new("inserted", Numeric: true),
            new("unchanged", Numeric: true),
            new("conflicting", Numeric: true),
            new("candles", Numeric: true),
            new("missing ids", Numeric: true),
            new("calls", Numeric: true));
        foreach (var result in results)
        {
            table.Add(
                (result.Symbol, Style.Heading),
                (Readable.Count(result.Trades), Style.Plain),
                (Readable.Count(result.TradesInserted), result.TradesInserted > 0 ? Style.Good : Style.Quiet),
                (Readable.Count(result.TradesUnchanged), Style.Quiet),
                (Readable.Count(result.TradesConflicting), result.TradesConflicting > 0 ? Style.Warning : Style.Quiet),
                (Readable.Count(result.CandlesInserted), Style.Plain),
                (Readable.Count(result.MissingIds), result.MissingIds > 0 ? Style.Warning : Style.Quiet),
                (Readable.Count(result.Calls), Style.Quiet));
        }

        table.Finish();
        output.Flush();
        foreach (var result in results)
        {
            if (result.Error is { } error)
            {
                context.Note($"Failed: {result.Symbol}: {error}");
            }

            if (result.MissingIds + result.NotStored > 0)
            {
                context.Note($"{result.Symbol}: {Readable.Count(result.MissingIds, "trade id")} not shown by the exchange, {Readable.Count(result.NotStored, "row")} unusable: their ranges stay gaps. The same command a minute later looks again.");
            }
        }
    }

    public async Task<IReadOnlyList<BackfillResult>> RunAsync(IReadOnlyList<string> symbols, CancellationToken cancellationToken)
    {
        var plans = new List<(string Symbol, BackfillPlan? Plan, string? Error)>();
        foreach (var symbol in symbols)
        {
            plans.Add(await PlanAsync(symbol, cancellationToken).ConfigureAwait(false));
        }

        var calls = plans.Sum(entry => entry.Plan?.EstimatedCalls ?? 0);
        if (calls > 0)
        {
            context.Note($"Plan: at least {Readable.Count(calls, "call")}, {Readable.Duration(calls * exchange.CallInterval)} at {Pace(exchange.CallInterval)}. Ctrl-C at any time; the same command goes on from there.");
        }

        var lines = new ProgressLines(context);
        await using (lines.ConfigureAwait(false))
        {
            try
            {
                return await Task.WhenAll(plans.Select(entry => RunAsync(entry, lines, cancellationToken))).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                context.Note("What was committed stays; the same command goes on from there.");
                throw;
            }
        }
    }

    private static string Pace(TimeSpan interval) => interval <= TimeSpan.Zero
        ? "full speed"
        : string.Create(CultureInfo.InvariantCulture, $"{(decimal)TimeSpan.TicksPerSecond / interval.Ticks:0.##} calls/s");

    private static string When(DateTimeOffset? time) => time is { } at ? Readable.Time(at) : "the first trade of all";

    private async Task<(string Symbol, BackfillPlan? Plan, string? Error)> PlanAsync(string symbol, CancellationToken cancellationToken)
    {
        try
        {
            var plan = await backfill.PlanAsync(symbol, cancellationToken).ConfigureAwait(false);
            Note(plan);
            return (symbol, plan, null);
        }
        catch (MarketSourceException exception)
        {
            return (symbol, null, exception.Message);
        }
    }

    private void Note(BackfillPlan plan)
    {
        var ranges = plan.Ranges.Count == 0
            ? "nothing to fetch"
            : $"{(plan.EstimatedTrades is { } trades ? $"about {Readable.Count(trades, "trade")}" : "trades")} from {When(plan.Ranges[0].Start)} to {Readable.Time(plan.Ranges[^1].End)}"
                + (plan.Ranges.Count > 1 ? $" in {plan.Ranges.Count} ranges" : "");
        context.Note($"{plan.Symbol}: {ranges}; {Readable.Count(plan.StoredTrades, "trade")} stored.");
        if (plan.ClaimedCandles.Count > 0)
        {
            var more = plan.ClaimedCandles.Count > 1 ? $" in {plan.ClaimedCandles.Count} ranges" : "";
            context.Note($"{plan.Symbol}: candles of files or OHLC cover {Readable.Time(plan.ClaimedCandles[0].Start)} to {Readable.Time(plan.ClaimedCandles[^1].End)}{more}; trades will prove what they overlap.");
        }

        if (plan.ClockOffset.Duration() >= TimeSpan.FromMinutes(1))
        {
            context.Note($"Warning: this machine's clock is {Readable.Duration(plan.ClockOffset.Duration())} {(plan.ClockOffset < TimeSpan.Zero ? "ahead of" : "behind")} the exchange's. Set it right; until then nothing is claimed beyond the earlier of the two.");
        }
    }

    private async Task<BackfillResult> RunAsync((string Symbol, BackfillPlan? Plan, string? Error) entry, ProgressLines lines, CancellationToken cancellationToken)
    {
        if (entry.Plan is not { } plan)
        {
            return new BackfillResult
            {
                Symbol = entry.Symbol,
                Trades = 0,
                TradesInserted = 0,
                TradesUnchanged = 0,
                TradesConflicting = 0,
                CandlesInserted = 0,
                NotStored = 0,
                MissingIds = 0,
                Calls = 0,
                Error = entry.Error,
            };
        }

        var started = context.TimeProvider.GetTimestamp();
        var progress = new Reported(value => lines.Set(value.Symbol, Describe(value, context.TimeProvider.GetElapsedTime(started))));
        return await backfill.BackfillSymbolAsync(plan.Symbol, plan, progress, cancellationToken).ConfigureAwait(false);
    }

    private static string Describe(BackfillProgress progress, TimeSpan elapsed)
    {
        var text = progress.TradesTotal is { } total && !progress.IsLive ? $"{Readable.Count(progress.Trades)} of {Readable.Count(total)} trades" : Readable.Count(progress.Trades, "trade");
        text += progress.At is { } at ? $", {Readable.Time(at)}" : "";
        if (elapsed < TimeSpan.FromSeconds(1) || progress.Trades == 0)
        {
            return text;
        }

        text += $", {Readable.Count(progress.Trades * TimeSpan.TicksPerSecond / elapsed.Ticks)} trades/s";
        if (progress.IsLive)
        {
            return $"{text}, live";
        }

        return progress.TradesTotal is { } planned && planned > progress.Trades
            ? $"{text}, {Readable.Duration(TimeSpan.FromTicks((long)((decimal)elapsed.Ticks * (planned - progress.Trades) / progress.Trades)))} left"
            : text;
    }

    private sealed class Reported(Action<BackfillProgress> report) : IProgress<BackfillProgress>
    {
        public void Report(BackfillProgress value) => report(value);
    }
}
