using System.CommandLine;

namespace KrakenDb.Cli;

internal static class VerifyCommand
{
    private const int Listed = 20;

    public static Command Create(CommandContext context)
    {
        var symbols = Arguments.Symbols("everything stored");
        var repair = new Option<bool>("--repair") { Description = "Fetch trades that are missing, build candles that are missing or differ, and check again." };
        var offline = new Option<bool>("--offline") { Description = "Do not compare with a fresh OHLC reply of the exchange." };
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "verify",
            "Checks what is stored: ids of trades, 1-minute candles against trades, rollups against minutes, coverage against rows, and the newest candles against the exchange. Gives each market a verdict: proven, claimed or damaged; exit code 1 when one is damaged.",
            "kraken-db verify",
            "kraken-db verify --symbols BTC/USD --repair",
            "kraken-db verify --offline --format json")
        {
            symbols, repair, offline, format,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(repair) && result.GetValue(offline))
            {
                result.AddError("Give --repair or --offline, not both");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                using var exchange = await context.ConnectAsync(store, maxRetries: null, cancellationToken).ConfigureAwait(false);
                var names = parsed.GetValue(symbols) is { Length: > 0 } asked
                    ? [.. asked.Select(exchange.Catalog.Resolve).Distinct(StringComparer.Ordinal)]
                    : await store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false);
                var verifier = new StoreVerifier(store, parsed.GetValue(offline) ? null : exchange, context.TimeProvider);
                var reports = new List<VerificationReport>();
                foreach (var name in names)
                {
                    var report = await verifier.VerifyAsync(name, cancellationToken).ConfigureAwait(false);
                    if (parsed.GetValue(repair) && report.Verdict == Verdict.Damaged)
                    {
                        var (trades, candles) = await verifier.RepairAsync(report, exchange, cancellationToken).ConfigureAwait(false);
                        context.Note($"{name}: repaired, {Readable.Count(trades, "trade")} and {Readable.Count(candles, "candle")} added.");
                        report = await verifier.VerifyAsync(name, cancellationToken).ConfigureAwait(false);
                    }

                    reports.Add(report);
                }

                Print(context, reports, parsed.GetValue(format));
                return reports.TrueForAll(report => report.Verdict != Verdict.Damaged) ? ExitCode.Done : ExitCode.Failed;
            }
        });
        return command;
    }

    private static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Proven => "proven",
        Verdict.Claimed => "claimed",
        _ => "damaged",
    };

    private static void Print(CommandContext context, List<VerificationReport> reports, OutputFormat format)
    {
        if (format == OutputFormat.Table)
        {
            PrintTable(context, reports);
            return;
        }

        var records = new Records("symbol", "verdict", "trades", "candles", "missing_ids", "absent_ids", "findings", "gaps", "ohlc_error");
        foreach (var report in reports)
        {
            var findings = new Records("check", "time", "message");
            foreach (var finding in report.Findings)
            {
                findings.Add(finding.Check, finding.Time, finding.Message);
            }

            var gaps = new Records("start_time", "end_time");
            foreach (var gap in report.Gaps)
            {
                gaps.Add(gap.StartTime, gap.EndTime);
            }

            records.Add(report.Symbol, Name(report.Verdict), report.Trades, report.Candles, Ids(report.MissingIds), Ids(report.AbsentIds), findings, gaps, report.OhlcError);
        }

        records.PrintAll(context, format);
    }

    private static Records Ids(IReadOnlyList<TradeIdRange> ranges)
    {
        var ids = new Records("first_id", "last_id");
        foreach (var range in ranges)
        {
            ids.Add(range.First, range.Last);
        }

        return ids;
    }

    private static void PrintTable(CommandContext context, List<VerificationReport> reports)
    {
        if (reports.Count == 0)
        {
            context.Note("The store is empty: nothing to verify.");
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(
            context, output, new("symbol"), new("verdict"), new("trades", Numeric: true), new("candles", Numeric: true), new("missing ids", Numeric: true), new("absent ids", Numeric: true), new("findings", Numeric: true), new("gaps", Numeric: true));
        foreach (var report in reports)
        {
            table.Add(
                (report.Symbol, Style.Heading),
                (Name(report.Verdict), report.Verdict switch { Verdict.Proven => Style.Good, Verdict.Claimed => Style.Plain, _ => Style.Bad }),
                (Readable.Count(report.Trades), Style.Plain),
                (Readable.Count(report.Candles), Style.Plain),
                (Readable.Count(report.MissingIds.Sum(ids => ids.Last - ids.First + 1)), report.MissingIds.Count > 0 ? Style.Bad : Style.Quiet),
                (Readable.Count(report.AbsentIds.Sum(ids => ids.Last - ids.First + 1)), Style.Quiet),
                (Readable.Count(report.Findings.Count), report.Findings.Count > 0 ? Style.Bad : Style.Quiet),
                (Readable.Count(report.Gaps.Count), report.Gaps.Count > 0 ? Style.Warning : Style.Quiet));
        }

        table.Finish();
        output.Flush();
        foreach (var report in reports)
        {
            if (report.OhlcError is { } error)
            {
                context.Note($"{report.Symbol}: not compared with the exchange: {error}");
            }

            foreach (var finding in report.Findings.Take(Listed))
            {
                context.Note($"{report.Symbol} {finding.Check} {Readable.Time(finding.Time)}: {finding.Message}");
            }

            if (report.Findings.Count > Listed)
            {
                context.Note($"{report.Symbol}: and {Readable.Count(report.Findings.Count - Listed)} more");
            }
        }
    }
}
