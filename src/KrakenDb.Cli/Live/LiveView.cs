using System.Globalization;
using System.Text;

namespace KrakenDb.Cli;

/// <summary>How the recording stands: on a terminal a line per symbol that is drawn again each second, elsewhere plain lines once a minute.</summary>
internal sealed class LiveView(CommandContext context)
{
    private static readonly TimeSpan BetweenPlainLines = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _counted = new(StringComparer.Ordinal);
    private string[] _shown = [];
    private long _countedAt;
    private long _printedAt;

    /// <summary>A log line, above what is drawn.</summary>
    public void Log(string line)
    {
        lock (_lock)
        {
            Clear();
            context.Error.WriteLine(line);
            Draw(_shown);
        }
    }

    /// <summary>To be called about once a second.</summary>
    public void Show(IReadOnlyList<LiveSymbolStatus> symbols, DatabaseWriterStats stats)
    {
        lock (_lock)
        {
            var now = context.TimeProvider.GetTimestamp();
            var isFirst = _countedAt == 0;
            if (!context.ErrorIsTerminal && !isFirst && context.TimeProvider.GetElapsedTime(_printedAt, now) < BetweenPlainLines)
            {
                return;
            }

            var elapsed = isFirst ? TimeSpan.Zero : context.TimeProvider.GetElapsedTime(_countedAt, now);
            string[] lines = [.. symbols.Select(symbol => Line(symbol, elapsed)), Total(stats)];
            (_countedAt, _printedAt) = (now, now);
            if (context.ErrorIsTerminal)
            {
                Clear();
                Draw(lines);
                _shown = lines;
            }
            else if (!isFirst)
            {
                Array.ForEach(lines, context.Error.WriteLine);
            }
        }
    }

    /// <summary>Leaves the last state standing.</summary>
    public void End()
    {
        lock (_lock)
        {
            _shown = [];
        }
    }

    private static string Total(DatabaseWriterStats stats) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Readable.Count(stats.TradesWritten)} stored, {Readable.Count(stats.TradeBufferSize)} buffered, {Readable.Count(stats.Duplicates)} known already, {Readable.Count(stats.Rejected)} rejected, {Readable.Count(stats.Dropped)} dropped, journal {Readable.Bytes(stats.JournalBytes)}")
        + (stats.LastError is { } error ? $"; the store is away: {error}" : "");

    private string Line(LiveSymbolStatus symbol, TimeSpan elapsed)
    {
        var received = symbol.TradesReceived - _counted.GetValueOrDefault(symbol.Symbol);
        _counted[symbol.Symbol] = symbol.TradesReceived;
        if (symbol.Refused is { } refused)
        {
            return $"{symbol.Symbol,-12} refused by the exchange: {refused}";
        }

        var pace = elapsed > TimeSpan.Zero ? received * 1000m / Math.Max(1, (long)elapsed.TotalMilliseconds) : 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{symbol.Symbol,-12} {(symbol.IsSubscribed ? "live" : "away"),-5} last {symbol.LastPrice?.ToString(CultureInfo.InvariantCulture) ?? "-",-14} {pace,7:0.0}/s  lag {(symbol.Lag is { } lag ? $"{lag.TotalMilliseconds:0} ms" : "-"),-9} gaps {symbol.Gaps}  proven to {(symbol.ProvenTo is { } to ? to.ToString("HH:mm:ss", CultureInfo.InvariantCulture) : "-")}");
    }

    private void Clear()
    {
        if (_shown.Length > 0)
        {
            // Up to the first line that was drawn, and everything below it away.
            context.Error.Write($"\u001b[{_shown.Length.ToString(CultureInfo.InvariantCulture)}A\u001b[J");
        }
    }

    private void Draw(string[] lines)
    {
        if (lines.Length == 0)
        {
            return;
        }

        // A line that wraps would not be counted right.
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(line.Length < context.Width ? line : line[..(context.Width - 1)]).Append('\n');
        }

        context.Error.Write(text.ToString());
    }
}
