using System.CommandLine;
using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>The options that <c>collect</c> and <c>run</c> share.</summary>
internal sealed class CollectOptions(CommandContext context)
{
    private static readonly DatabaseWriterOptions Defaults = new();

    public Option<string[]> Symbols { get; } = Arguments.Symbols($"every symbol with stored trades, or {string.Join(' ', SymbolCatalog.DefaultSymbols)} where there is none");

    public Option<Interval[]> Intervals { get; } = Arguments.List("--intervals", "I", "1-minute candles are built from the trades; of other intervals the exchange's own candles are stored, too.", text => Interval.Parse(text, CultureInfo.InvariantCulture));

    public Option<decimal> FlushInterval { get; } = Seconds("--flush-interval", "Trades are stored at the latest after so many seconds.", Defaults.TradeFlushInterval);

    public Option<decimal> CandleFlushInterval { get; } = Seconds("--candle-flush-interval", "Candles are stored at the latest after so many seconds.", Defaults.CandleFlushInterval);

    public Option<int> TradeBufferSize { get; } = Arguments.WholeNumber(new Option<int>("--trade-buffer-size") { Description = "So many queued trades are stored at once.", HelpName = "N", DefaultValueFactory = _ => Defaults.TradeBufferSize }, 1);

    public Option<string?> Journal { get; } = new("--journal") { Description = "Folder that keeps on disk what the database does not take. Default: journal under KRAKENDB_HOME, one folder per store.", HelpName = "DIR" };

    public Option<int> JournalLimit { get; } = Arguments.WholeNumber(new Option<int>("--journal-limit") { Description = "The journal's size at most, in MiB; beyond it the oldest records are dropped and become gaps that are fetched again.", HelpName = "MIB", DefaultValueFactory = _ => (int)(Defaults.JournalLimitBytes >> 20) }, 1);

    public Option<string?> HeartbeatFile { get; } = new("--heartbeat-file") { Description = "A file that is rewritten every 5 seconds while all is well, for a supervisor.", HelpName = "FILE" };

    public Option<DateTimeOffset?> Since { get; } = Arguments.Time("--since", "From when on trades are wanted of a symbol of which none is stored. Default: now.", context.TimeProvider);

    public Option<decimal> QuietCheck { get; } = Seconds("--quiet-check", "A market without a trade for so many seconds is asked about over REST, which proves the silence.", TimeSpan.FromSeconds(60));

    public Option<decimal> SampleInterval { get; } = Seconds("--sample-interval", "Every so many seconds the newest trades of each market are compared with REST.", TimeSpan.FromMinutes(5));

    public Option<int> Port { get; } = Arguments.WholeNumber(new Option<int>("--port") { Description = "Port on 127.0.0.1 on which other processes read the store meanwhile. Default: any that is free.", HelpName = "N" }, 0);

    public Option<int?> BookDepth { get; } = Arguments.Read(
        new Option<int?>("--book-depth") { Description = "Order books are recorded, too: prices a side, 10, 25, 100, 500 or 1000. Default: none are.", HelpName = "N" }, text => (int?)BookCommand.ParseDepth(text));

    public IEnumerable<Option> All => [Symbols, Intervals, BookDepth, FlushInterval, CandleFlushInterval, TradeBufferSize, Journal, JournalLimit, HeartbeatFile, Since, QuietCheck, SampleInterval, Port];

    public static TimeSpan Time(decimal seconds) => TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));

    private static Option<decimal> Seconds(string name, string description, TimeSpan value) => Arguments.Read(
        new Option<decimal>(name) { Description = description, HelpName = "SECONDS", DefaultValueFactory = _ => (decimal)value.Ticks / TimeSpan.TicksPerSecond },
        text => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.01m and <= 86_400
            ? seconds
            : throw new FormatException($"'{text}' is not a number of seconds between 0.01 and 86400"));
}
