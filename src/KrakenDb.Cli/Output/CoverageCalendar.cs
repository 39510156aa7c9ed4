using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>A character per day, a line per month. Months between wanted data that lack all of it are drawn as missing.</summary>
internal sealed class CoverageCalendar(CommandContext context, IMarketReader store, string symbol)
{
    public async Task PrintAsync(CancellationToken cancellationToken)
    {
        var coverage = await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        var wanted = await store.GetWantedFromAsync(symbol, cancellationToken).ConfigureAwait(false);
        var stored = coverage.Stored();
        if (stored.Count == 0)
        {
            context.Note($"No 1-minute data of {symbol} are covered.");
            return;
        }

        var first = wanted is { } from && from < stored[0].Start ? from : stored[0].Start;
        var output = new Utf8Output(context.Output);
        output.Text($"{symbol}, 1-minute data\n         1        10        20        30\n");
        for (var month = new DateTimeOffset(first.Year, first.Month, 1, 0, 0, 0, TimeSpan.Zero); month <= context.Now; month = month.AddMonths(1))
        {
            var traded = await TradedDaysAsync(month, cancellationToken).ConfigureAwait(false);
            output.Text($"{month.ToString("yyyy-MM", CultureInfo.InvariantCulture)}  ");
            for (var day = month; day < month.AddMonths(1); day = day.AddDays(1))
            {
                var (mark, style) = Mark(coverage, day, first, traded);
                output.Text(TextTable.Paint(context, mark, style));
            }

            output.Text("\n");
        }

        output.Text("# proven  + claimed  ~ covered, no trade  o partly  . missing\n");
        output.Flush();
    }

    private (string Mark, Style Style) Mark(CoverageSet coverage, DateTimeOffset day, DateTimeOffset first, HashSet<DateTimeOffset> traded)
    {
        var now = Interval.Minute.Floor(context.Now);
        var start = day < first ? first : day;
        var end = day.AddDays(1) < now ? day.AddDays(1) : now;
        if (start >= end)
        {
            return (" ", Style.Plain);
        }

        var range = new TimeRange(start, end);
        var within = coverage.Where(covered => covered.Range.Overlaps(range)).ToList();
        if (within.Count == 0)
        {
            return (".", Style.Bad);
        }

        if (coverage.Gaps(range).Count > 0)
        {
            // The newest minutes are always still to come.
            var isToday = end == now && coverage.Gaps(range) is [var tail] && tail.End == end && tail.Duration < TimeSpan.FromMinutes(5);
            if (!isToday)
            {
                return ("o", Style.Warning);
            }
        }

        if (!traded.Contains(day))
        {
            return ("~", Style.Quiet);
        }

        return within.TrueForAll(covered => covered.Grade == CoverageGrade.Proven) ? ("#", Style.Good) : ("+", Style.Plain);
    }

    private async Task<HashSet<DateTimeOffset>> TradedDaysAsync(DateTimeOffset month, CancellationToken cancellationToken)
    {
        using var days = await store.ReadCandlesAsync(symbol, Interval.Minute, Interval.Day, new TimeRange(month, month.AddMonths(1)), cancellationToken).ConfigureAwait(false);
        return [.. days.Rows().Where(row => row.TradeCount > 0).Select(row => UnixTime.ToDateTimeOffset(row.Timestamp))];
    }
}
