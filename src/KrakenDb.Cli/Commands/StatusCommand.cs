using System.CommandLine;
using System.Globalization;

namespace KrakenDb.Cli;

internal static class StatusCommand
{
    private const int GapsShownOfAll = 3;
    private const int GapsShownOfOne = 20;

    public static Command Create(CommandContext context)
    {
        var symbol = new Argument<string?>("SYMBOL") { Description = "The market, in any spelling. Default: all.", Arity = ArgumentArity.ZeroOrOne };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "status",
            "What is stored, how well it is known, and what is missing. In proven ranges a minute without a row had no trade; in claimed ones the source had no row.",
            "kraken-db status",
            "kraken-db status BTC/USD --format json")
        {
            symbol, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var name = parsed.GetValue(symbol);
                var rows = await ReadAsync(new HistoricalDataProvider(store, context.TimeProvider), name, cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(format) == OutputFormat.Table)
                {
                    PrintTable(context, rows, name is null ? GapsShownOfAll : GapsShownOfOne);
                }
                else
                {
                    StoreRecords.Of(rows).PrintAll(context, parsed.GetValue(format));
                }
            }
        });
        return command;
    }

    public static async Task<List<CoverageStatus>> ReadAsync(HistoricalDataProvider provider, string? symbol, CancellationToken cancellationToken)
    {
        var rows = new List<CoverageStatus>();
        foreach (var name in symbol is null ? await provider.GetSymbolsAsync(cancellationToken).ConfigureAwait(false) : [symbol])
        {
            var status = await provider.GetCoverageStatusAsync(name, cancellationToken).ConfigureAwait(false);
            rows.AddRange(status.OrderBy(row => DataType.CandleInterval(row.DataType)?.Minutes ?? 0));
        }

        return rows;
    }

    public static void PrintTable(CommandContext context, IReadOnlyList<CoverageStatus> rows, int gapsShown)
    {
        if (rows.Count == 0)
        {
            context.Note("The store is empty. Import Kraken's CSV files: kraken-db import --dir DIR");
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new("symbol"), new("data"), new("rows", Numeric: true), new("oldest"), new("newest"), new("known"), new("gaps"));
        string? above = null;
        foreach (var row in rows)
        {
            table.Add(
                (row.Symbol == above ? "" : row.Symbol, Style.Heading),
                (DataType.CandleInterval(row.DataType)?.ToString() ?? row.DataType, Style.Plain),
                (Readable.Count(row.TotalRecords), Style.Plain),
                (Readable.Time(row.OldestTimestamp), Style.Plain),
                (Readable.Time(row.NewestTimestamp), Style.Plain),
                (Grades(row.Coverage), row.Coverage.Any(range => range.Grade == CoverageGrade.Claimed) ? Style.Warning : Style.Good),
                row.Gaps.Count == 0 ? ("none", Style.Good) : (Readable.Count(row.Gaps.Count), Style.Warning));
            above = row.Symbol;
            foreach (var gap in row.Gaps.Take(gapsShown))
            {
                table.Add(("", Style.Plain), ("", Style.Plain), ("", Style.Plain), (Readable.Time(gap.StartTime), Style.Quiet), (Readable.Time(gap.EndTime), Style.Quiet), ("missing", Style.Quiet), (Readable.Duration(gap.Duration), Style.Quiet));
            }

            if (row.Gaps.Count > gapsShown)
            {
                table.Add(("", Style.Plain), ("", Style.Plain), ("", Style.Plain), ($"and {Readable.Count(row.Gaps.Count - gapsShown)} more", Style.Quiet), ("", Style.Plain), ("", Style.Plain), ("", Style.Plain));
            }
        }

        table.Finish();
        output.Flush();
    }

    // Shares by time: "claimed", or "proven 98 %, claimed 2 %".
    private static string Grades(CoverageSet coverage)
    {
        var total = coverage.Sum(range => range.Range.Duration.Ticks);
        var grades = coverage
            .GroupBy(range => range.Grade)
            .OrderByDescending(group => group.Key)
            .Select(group => (Name: CoverageNames.Of(group.Key), Share: group.Sum(range => range.Range.Duration.Ticks) * 100m / total))
            .ToList();
        return grades switch
        {
            [] => "nothing",
            [var only] => only.Name,
            _ => string.Join(", ", grades.Select(grade => string.Create(CultureInfo.InvariantCulture, $"{grade.Name} {grade.Share:0.#} %"))),
        };
    }
}
