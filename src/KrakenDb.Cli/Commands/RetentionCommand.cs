using System.CommandLine;
using System.Globalization;
using KrakenDb.Kraken;

namespace KrakenDb.Cli;

internal static class RetentionCommand
{
    private const string Scheduled = "scheduled retention";

    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand("retention", "How long rows are kept. Off until it is asked for: show, set, off, run.", "kraken-db db retention show");
        command.Add(CreateShow(context));
        command.Add(CreateSet(context));
        command.Add(CreateOff(context));
        command.Add(CreateRun(context));
        return command;
    }

    private static Command CreateShow(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand("show", "Policies, what the documents suggest, the edge before which rows go, and who applies them.", "kraken-db db retention show --format json") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                await ShowAsync(context, store, parsed.GetValue(format), cancellationToken).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static Command CreateSet(CommandContext context)
    {
        var data = Data("What is kept so long: trades, candles (the 1-minute ones), candles_5m to candles_1w or any stored interval, books (all recorded order books). Without it, --suggested.");
        var age = new Argument<int?>("AGE") { Description = "For how long: 90d, 52w, 2y.", Arity = ArgumentArity.ZeroOrOne };
        age.CustomParser = result => Days(result.Tokens[^1].Value, result.AddError);
        var suggested = new Option<bool>("--suggested") { Description = "All of the documents' values: trades 90 days, 1-minute candles 365, 5m to 30m 2 years, 1h and 4h 5 years." };
        var command = new DocumentedCommand(
            "set",
            "Sets how long rows are kept. Drops nothing by itself: the next run does. Larger candles of 1-minute candles that go are stored first, as long as their own policy keeps them. Order books go in whole recordings, by the last message of each.",
            "kraken-db db retention set trades 90d",
            "kraken-db db retention set candles 365d",
            "kraken-db db retention set books 180d",
            "kraken-db db retention set --suggested")
        {
            data, age, suggested,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (name, days) = (parsed.GetValue(data), parsed.GetValue(age));
            if (parsed.GetValue(suggested) == (name is not null) || (name is not null && days is null))
            {
                throw new UsageException("give what is kept and for how long (trades 90d), or --suggested alone.");
            }

            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                foreach (var (dataType, keep) in name is null ? RetentionPolicy.Suggested : [(name, days)])
                {
                    if (keep is not null)
                    {
                        await store.SetRetentionAsync(dataType, keep, cancellationToken).ConfigureAwait(false);
                    }
                }

                context.Note("Set. Nothing was dropped yet; what will be: kraken-db db retention show");
            }
        });
        return command;
    }

    private static Command CreateOff(CommandContext context)
    {
        var data = Data("Which policy ends; without it, all.");
        var command = new DocumentedCommand("off", "Ends policies. What was dropped stays dropped.", "kraken-db db retention off trades", "kraken-db db retention off") { data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetValue(data);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                var ended = (await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false)).Where(policy => name is null || policy.DataType == name).ToList();
                foreach (var policy in ended)
                {
                    await store.SetRetentionAsync(policy.DataType, keepDays: null, cancellationToken).ConfigureAwait(false);
                }

                context.Note(ended.Count > 0 ? $"Ended: {string.Join(", ", ended)}." : "No such policy is set.");
            }
        });
        return command;
    }

    private static Command CreateRun(CommandContext context)
    {
        var format = Arguments.Format();
        var command = new DocumentedCommand(
            "run",
            "Applies the policies now: a week of one symbol, or a recording of order books, per transaction, oldest first. May be interrupted and repeated.",
            "kraken-db db retention run") { format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                if ((await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false)).Count == 0)
                {
                    context.Note("No policy is set: nothing is dropped. See: kraken-db db retention show");
                }

                var lines = await RetentionRun.RunAsync(store, context.Now, () => new KrakenBookWire(), cancellationToken).ConfigureAwait(false);
                if (parsed.GetValue(format) != OutputFormat.Table)
                {
                    var records = new Records("symbol", "data_type", "edge", "dropped", "rollups_kept");
                    foreach (var line in lines)
                    {
                        records.Add(line.Symbol, line.DataType, line.Edge, line.Rows.Dropped, line.Rows.Kept);
                    }

                    records.PrintAll(context, parsed.GetValue(format));
                    return;
                }

                Print(context, lines);
            }
        });
        return command;
    }

    private static void Print(CommandContext context, IReadOnlyList<RetentionRun.Line> lines)
    {
        if (lines.Count == 0)
        {
            context.Note("Nothing is older than its policy.");
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, new("symbol"), new("data"), new("before"), new("dropped", Numeric: true), new("rollups kept", Numeric: true));
        foreach (var line in lines)
        {
            table.Add(
                (line.Symbol.Length > 0 ? line.Symbol : "(connections)", Style.Heading),
                (line.DataType, Style.Plain),
                (Readable.Time(line.Edge), Style.Plain),
                (Readable.Count(line.Rows.Dropped), Style.Plain),
                (Readable.Count(line.Rows.Kept), Style.Plain));
        }

        table.Finish();
        output.Flush();
    }

    private static async Task ShowAsync(CommandContext context, IMarketStore store, OutputFormat format, CancellationToken cancellationToken)
    {
        var policies = await store.GetRetentionAsync(cancellationToken).ConfigureAwait(false);
        var stored = await store.GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false);
        var features = (await store.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Features;
        var isScheduled = features.Any(feature => feature is { Name: Scheduled, IsOn: true });
        var sessions = store is IBookArchive archive ? await BookFrames.SessionsAsync(archive, cancellationToken).ConfigureAwait(false) : [];
        var suggested = RetentionPolicy.Suggested.ToDictionary(row => row.DataType, row => row.KeepDays, StringComparer.Ordinal);
        var types = suggested.Keys.Append(DataType.Books).Concat(policies.Select(policy => policy.DataType)).Concat(stored.Select(row => row.DataType)).Distinct(StringComparer.Ordinal)
            .OrderBy(dataType => DataType.CandleInterval(dataType)?.Minutes ?? 0);

        var output = new Utf8Output(context.Output);
        var records = new Records("data_type", "keep_days", "edge", "suggested_days", "oldest_timestamp", "applied_by");
        var table = new TextTable(context, output, new("data"), new("kept"), new("rows go before"), new("oldest"), new("suggested"));
        foreach (var dataType in types)
        {
            var policy = RetentionRules.Find(policies, dataType);
            var edge = policy is null ? (DateTimeOffset?)null : UnixTime.ToDateTimeOffset(policy.Edge(context.Now));
            var isBooks = dataType == DataType.Books;
            var oldest = isBooks
                ? sessions.Min(session => (DateTimeOffset?)session.Min(row => row.StartTime))
                : stored.Where(row => row.DataType == dataType).Min(row => (DateTimeOffset?)row.OldestTimestamp);
            var isDue = isBooks ? edge is { } end && sessions.Any(session => BookExpiry.IsDue(session, end)) : oldest < edge;
            var suggestion = suggested.GetValueOrDefault(dataType);
            records.Add(dataType, policy?.KeepDays, edge, suggestion, oldest, policy is null ? null : isScheduled ? "server, daily" : "db retention run");
            table.Add(
                (dataType, Style.Plain),
                (policy is null ? "for ever" : Readable.Count(policy.KeepDays, "day"), policy is null ? Style.Quiet : Style.Plain),
                (edge is { } before ? Readable.Time(before) : "", isDue ? Style.Warning : Style.Plain),
                (oldest is { } first ? Readable.Time(first) : "", Style.Quiet),
                (suggestion is { } keep ? Readable.Count(keep, "day") : isBooks ? "" : "for ever", Style.Quiet));
        }

        if (format != OutputFormat.Table)
        {
            records.PrintAll(context, format);
            return;
        }

        table.Finish();
        output.Flush();
        context.Note(policies.Count == 0
            ? "No policy is set: nothing is dropped. Set one: kraken-db db retention set trades 90d"
            : isScheduled ? "The server applies the policies once a day; now: kraken-db db retention run" : "This store drops nothing by itself: policies are applied by kraken-db db retention run alone.");
    }

    private static Argument<string?> Data(string description)
    {
        var argument = new Argument<string?>("DATA") { Description = description, Arity = ArgumentArity.ZeroOrOne };
        argument.CustomParser = result => Find(result.Tokens[^1].Value, result.AddError);
        return argument;
    }

    // The tables' names and the ledger's: candles_1h and candles_60m are the same.
    private static string? Find(string text, Action<string> refuse)
    {
        var name = text.ToLowerInvariant();
        if (name is "trades" or "candles" or "books")
        {
            return name is "trades" ? DataType.Trades : name is "books" ? DataType.Books : DataType.Candles(Interval.Minute);
        }

        if (name.StartsWith("candles_", StringComparison.Ordinal) && Interval.TryParse(name["candles_".Length..], CultureInfo.InvariantCulture, out var interval))
        {
            return DataType.Candles(interval);
        }

        refuse(DataType.IsBook(name)
            ? $"'{text}' has no policy of its own: a recording goes as a whole, whatever its depth. Give books, for all order books."
            : $"'{text}' is nothing that has a policy. Give trades, candles, or candles_5m, candles_1h, and so on, or books.");
        return null;
    }

    private static int? Days(string text, Action<string> refuse)
    {
        var days = text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= RetentionPolicy.MaxDays
            ? count * char.ToLowerInvariant(text[^1]) switch { 'd' => 1L, 'w' => 7, 'y' => 365, _ => 0 }
            : 0;
        if (days is > 0 and <= RetentionPolicy.MaxDays)
        {
            return (int)days;
        }

        refuse($"AGE: '{text}' is no age. Give days, weeks or years of 365 days: 90d, 52w, 2y.");
        return null;
    }
}
