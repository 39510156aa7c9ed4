using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>Options and arguments that several commands have. Values that cannot be read become errors with the option's name.</summary>
internal static class Arguments
{
    private static readonly char[] ListSeparators = [',', ' '];

    public static Argument<string> Symbol() => new("SYMBOL") { Description = "The market, in any spelling: BTC/USD, XBT/USD, XBTUSD, XXBTZUSD." };

    public static Option<string[]> Symbols(string whenMissing) =>
        List("--symbols", "SYMBOL", $"Markets, in any spelling, separated by spaces or commas. Default: {whenMissing}.", text => text);

    public static Option<int?> MaxRetries() =>
        WholeNumber(new Option<int?>("--max-retries") { Description = $"How often a call that failed for a passing reason is made again. Default: {KrakenExchangeOptions.DefaultMaxRetries}.", HelpName = "N" }, 0);

    public static Option<bool> AllowExpiring() =>
        new("--allow-expiring") { Description = "Also rows that an active retention policy would drop at its next run. Otherwise they are refused." };

    public static Option<Interval> RequiredInterval() =>
        Read(new Option<Interval>("--interval", "-i") { Description = "Length of a candle: minutes (60) or 5m, 4h, 1d, 1w.", HelpName = "I", Required = true }, Interval.Parse);

    public static Option<Interval> OptionalInterval(Interval value)
    {
        var option = RequiredInterval();
        option.Required = false;
        option.DefaultValueFactory = _ => value;
        return option;
    }

    public static Option<DateTimeOffset?> Time(string name, string description, TimeProvider timeProvider) =>
        Read(new Option<DateTimeOffset?>(name) { Description = description, HelpName = "T" }, text => TimeArgument.Parse(text, timeProvider.GetUtcNow()));

    public static Option<DateTimeOffset?> Start(TimeProvider timeProvider) =>
        Time("--start", "First open time, included. Default: where the data begin.", timeProvider);

    public static Option<DateTimeOffset?> End(TimeProvider timeProvider) =>
        Time("--end", "Last open time, excluded. Default: now.", timeProvider);

    public static Option<DateTimeOffset?> AsOf(TimeProvider timeProvider) =>
        Time("--as-of", "Only what had closed by this time. Default: now.", timeProvider);

    public static Option<int> Count(string description, int value) => WholeNumber(new Option<int>("--count", "-n") { Description = description, HelpName = "N", DefaultValueFactory = _ => value }, 1);

    public static Option<int?> Limit() => WholeNumber(new Option<int?>("--limit") { Description = "At most this many candles, the oldest.", HelpName = "N" }, 0);

    public static Option<OutputFormat> Format() =>
        Choice(
            new Option<OutputFormat>("--format", "-f") { Description = "table for people (default), csv or json for programs.", HelpName = "table|csv|json" },
            ("table", OutputFormat.Table),
            ("csv", OutputFormat.Csv),
            ("json", OutputFormat.Json));

    public static Option<Holes> Holes() =>
        Choice(
            new Option<Holes>("--holes") { Description = "Candles that the stored data do not cover wholly: include them, marked (default), skip them, or fail.", HelpName = "include|skip|fail" },
            ("include", KrakenDb.Holes.Include),
            ("skip", KrakenDb.Holes.Skip),
            ("fail", KrakenDb.Holes.Fail));

    /// <summary>Several values, separated by spaces or commas.</summary>
    public static Option<T[]> List<T>(string name, string helpName, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            var values = new List<T>();
            foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
            {
                if (TryRead(result, name, text, parse, out var value))
                {
                    values.Add(value);
                }
            }

            return [.. values];
        },
    };

    public static Option<T> Read<T>(Option<T> option, Func<string, T> parse)
    {
        option.CustomParser = result => TryRead(result, option.Name, result.Tokens[^1].Value, parse, out var value) ? value : default;
        return option;
    }

    public static Option<int> WholeNumber(Option<int> option, int least) => Read(option, text => ParseWholeNumber(text, least));

    public static Option<int?> WholeNumber(Option<int?> option, int least) => Read(option, text => (int?)ParseWholeNumber(text, least));

    public static Option<decimal> Speed()
    {
        var option = new Option<decimal>("--speed") { Description = "1 = as it happened, 60 = a minute a second, 0 = as fast as the output takes it.", HelpName = "S", DefaultValueFactory = _ => 0m };
        return Read(option, text => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed)
            ? speed
            : throw new FormatException($"'{text}' is not a speed. Give 0 or a positive number such as 1 or 60."));
    }

    /// <exception cref="UsageException">The start lies after the end.</exception>
    public static void CheckRange(DateTimeOffset start, DateTimeOffset end)
    {
        if (start > end)
        {
            throw new UsageException($"the start {Readable.Time(start)} lies after the end {Readable.Time(end)}; give a --start before --end.");
        }
    }

    private static Option<T> Choice<T>(Option<T> option, params (string Name, T Value)[] choices) => Read(option, text =>
    {
        foreach (var (name, value) in choices)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw new FormatException($"'{text}' is none of {string.Join(", ", choices.Select(choice => choice.Name))}");
    });

    private static int ParseWholeNumber(string text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"'{text}' is not a whole number of at least {least}");

    private static bool TryRead<T>(ArgumentResult result, string name, string text, Func<string, T> parse, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = parse(text);
            return true;
        }
        catch (FormatException exception)
        {
            result.AddError($"{name}: {exception.Message}");
            value = default;
            return false;
        }
    }
}
